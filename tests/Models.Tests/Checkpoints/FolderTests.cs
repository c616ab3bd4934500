namespace Graft.Models.Tests;

/// <summary>One rule says which file of a folder is its checkpoint.</summary>
public sealed class FolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Hugging_Faces_order_decides()
    {
        string[] order = ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];
        foreach (string name in (string[])[.. order, "adapter_model.safetensors", "adapter_model.bin", "other.pth", "optimizer.pt"]) Write(name);
        foreach (string name in order)
        {
            AssertOpens(name);
            File.Delete(folder.At(name));
        }
        // then the only one that looks like a checkpoint, and last an adapter
        AssertOpens("other.pth");
        File.Delete(folder.At("other.pth"));
        AssertOpens("adapter_model.safetensors");
        File.Delete(folder.At("adapter_model.safetensors"));
        AssertOpens("adapter_model.bin");
        File.Delete(folder.At("adapter_model.bin"));
        Hostile.AssertRefused(folder.Path, "a folder without a checkpoint");
    }

    [Theory]
    [InlineData("open_clip_model.safetensors")]
    [InlineData("checkpoint.pth")]
    [InlineData("last.ckpt")]
    [InlineData("weights.PT")]
    [InlineData("resnet20.th")]
    public void The_only_checkpoint_is_opened_whatever_the_trainer_left_beside_it(string name)
    {
        foreach (string other in (string[])["optimizer.pt", "scheduler.pt", "rng_state.pth", "rng_state_0.pth", "training_args.bin", "adapter_model.safetensors", "config.json", ".hidden.pt", "notes.txt"])
            folder.Write(other, "not a checkpoint"u8);
        Write(name);
        AssertOpens(name);
    }

    [Fact]
    public void Several_candidates_are_named_and_refused()
    {
        Write("a.pth");
        Write("b.safetensors");
        Hostile.AssertRefused(folder.Path, "2 checkpoints (a.pth, b.safetensors): give the path of the one to open");
        foreach (int number in Enumerable.Range(1, 7)) Write($"c{number}.pt");
        Hostile.AssertRefused(folder.Path, "9 checkpoints (a.pth, b.safetensors, c1.pt, c2.pt, c3.pt and 4 more)");
    }

    [Fact]
    public void Shards_without_their_index_are_told_from_other_files()
    {
        Write("model-00001-of-00002.safetensors");
        Write("model-00002-of-00002.safetensors");
        Hostile.AssertRefused(folder.Path, "without the index that names their tensors");
    }

    private void Write(string name)
    {
        if (!name.EndsWith(".json", StringComparison.Ordinal))
        {
            File.Copy(GoldenFiles.At("single.pt"), folder.At(name));
            return;
        }
        string shard = name.Contains("bin", StringComparison.Ordinal) ? "shard-1-of-1.bin" : "shard-1-of-1.safetensors";
        File.Copy(GoldenFiles.At("single.pt"), folder.At(shard + ".of"), overwrite: true);
        File.WriteAllText(folder.At(name), $"{{\"weight_map\": {{\"tensor\": \"{shard}.of\"}}}}");
    }

    private void AssertOpens(string name)
    {
        using var checkpoint = Checkpoint.Open(folder.Path);
        Assert.Equal(folder.At(name), checkpoint.Path);
        Assert.Equal([1f, 2f], checkpoint["tensor"].ToSingleArray());
    }
}
