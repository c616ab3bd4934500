
namespace Graft.Models.Tests;

public sealed class ShardedWritingTests : IDisposable
{
    private static readonly string[] ThreeShards =
        ["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors", "model.safetensors.index.json"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Shards_are_filled_in_order_and_named_by_an_index_as_Hugging_Face_writes_it()
    {
        SafetensorsWriter.WriteSharded(folder.At("new"), Entries(3, 2, 9, 1), maximumShardBytes: 20);
        Assert.Equal(ThreeShards, Names("new"));
        Assert.Equal("""
            {
              "metadata": {
                "total_size": 60
              },
              "weight_map": {
                "t0": "model-00001-of-00003.safetensors",
                "t1": "model-00001-of-00003.safetensors",
                "t2": "model-00002-of-00003.safetensors",
                "t3": "model-00003-of-00003.safetensors"
              }
            }

            """.ReplaceLineEndings("\n"), File.ReadAllText(folder.At("new/model.safetensors.index.json")));
        using var checkpoint = Checkpoint.Open(folder.At("new"));
        Assert.Equal("safetensors-sharded", checkpoint.Format);
        for (int tensor = 0; tensor < 4; tensor++) Assert.All(checkpoint[$"t{tensor}"].ToSingleArray(), value => Assert.Equal(tensor, value));
    }

    [Fact]
    public void What_fits_one_shard_is_one_file()
    {
        SafetensorsWriter.WriteSharded(folder.Path, Entries(3, 2), maximumShardBytes: 20, new Dictionary<string, string> { ["format"] = "pt" });
        Assert.Equal(["model.safetensors"], Names(""));
        using var checkpoint = Checkpoint.Open(folder.Path);
        Assert.Equal("pt", checkpoint.Metadata["format"]);
        SafetensorsWriter.WriteSharded(folder.At("nothing"), [], maximumShardBytes: 20);
        Assert.Equal(["model.safetensors"], Names("nothing"));
    }

    [Fact]
    public void What_an_earlier_save_left_is_removed_and_nothing_else()
    {
        folder.Write("model-card.md", "text"u8);
        folder.Write("config.json", "{}"u8);
        SafetensorsWriter.WriteSharded(folder.Path, Entries(5, 5, 5, 5, 5), maximumShardBytes: 20);
        Assert.Equal(8, Names("").Length);
        SafetensorsWriter.WriteSharded(folder.Path, Entries(5, 5, 5), maximumShardBytes: 20);
        Assert.Equal(["config.json", .. ThreeShards[..3], "model-card.md", ThreeShards[3]], Names(""));
        SafetensorsWriter.WriteSharded(folder.Path, Entries(5), maximumShardBytes: 20);
        Assert.Equal(["config.json", "model-card.md", "model.safetensors"], Names(""));
        SafetensorsWriter.WriteSharded(folder.Path, Entries(5, 5, 5), maximumShardBytes: 20);
        Assert.DoesNotContain("model.safetensors", Names(""));
        using var checkpoint = Checkpoint.Open(folder.Path);
        Assert.Equal(3, checkpoint.Tensors.Count);
    }

    [Fact]
    public void A_save_that_fails_leaves_the_folder_as_it_was()
    {
        SafetensorsWriter.WriteSharded(folder.Path, Entries(5, 5, 5), maximumShardBytes: 20);
        byte[] before = File.ReadAllBytes(folder.At(ThreeShards[0]));
        Assert.Throws<InvalidOperationException>(() => SafetensorsWriter.WriteSharded(
            folder.Path, [.. Entries(6, 6), TensorEntry.From("last", [1], _ => throw new InvalidOperationException())], maximumShardBytes: 20));
        Assert.Throws<OperationCanceledException>(() => SafetensorsWriter.WriteSharded(folder.Path, Entries(6, 6), 20, null, new CancellationToken(canceled: true)));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.WriteSharded(folder.Path, [.. Entries(6), .. Entries(6)], 20));
        Assert.Throws<ArgumentOutOfRangeException>(() => SafetensorsWriter.WriteSharded(folder.Path, Entries(6), 0));
        Assert.Equal(ThreeShards, Names(""));
        Assert.Equal(before, File.ReadAllBytes(folder.At(ThreeShards[0])));
    }

    [Fact]
    public void A_folder_that_lost_its_index_says_so()
    {
        SafetensorsWriter.WriteSharded(folder.Path, Entries(5, 5, 5), maximumShardBytes: 20);
        File.Delete(folder.At("model.safetensors.index.json"));
        Assert.Contains("without the index", Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    private static TensorEntry[] Entries(params int[] counts) =>
        [.. counts.Select((count, at) => TensorEntry.From($"t{at}", [count], Enumerable.Repeat((float)at, count).ToArray()))];

    private string[] Names(string name) =>
        [.. Directory.GetFiles(folder.At(name)).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
