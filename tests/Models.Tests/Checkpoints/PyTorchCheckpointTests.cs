namespace Graft.Models.Tests;

public class PyTorchCheckpointTests
{
    [Theory]
    [InlineData("zip-protocol2.pt", "pytorch-zip")]
    [InlineData("zip-protocol4.pt", "pytorch-zip")]
    [InlineData("legacy-protocol2.pth", "pytorch-legacy")]
    [InlineData("legacy-protocol4.pth", "pytorch-legacy")]
    public void Every_type_and_every_kind_of_view_is_read_as_PyTorch_reads_it(string name, string format)
    {
        using var checkpoint = Checkpoint.Open(GoldenFiles.At(name));
        Assert.Equal(format, checkpoint.Format);
        GoldenFiles.AssertHolds(checkpoint, "expected.json");
    }

    [Theory]
    [InlineData("zip-protocol2.pt")]
    [InlineData("legacy-protocol4.pth")]
    public void What_lies_beside_the_tensors_is_metadata_and_the_state_dict_loses_its_name(string name)
    {
        using var checkpoint = Checkpoint.Open(GoldenFiles.At(name));
        Assert.Equal("12", checkpoint.Metadata["epoch"]);
        Assert.Equal("91.75", checkpoint.Metadata["best_prec1"]);
        Assert.Equal("résumé", checkpoint.Metadata["arch"]);
        Assert.Equal("0.125", checkpoint.Metadata["lr"]);
        Assert.Equal("True", checkpoint.Metadata["done"]);
        Assert.Equal("[100, 150]", checkpoint.Metadata["milestones"]);
        Assert.Equal("[3, 4]", checkpoint.Metadata["size"]);
        Assert.Equal("cuda:1", checkpoint.Metadata["device"]);
        Assert.Equal("torch.bfloat16", checkpoint.Metadata["dtype"]);
        Assert.Equal("0.5", checkpoint.Metadata["optimizer.param_groups.0.lr"]);
        Assert.Equal("optimizer.state.0.momentum_buffer", checkpoint.Tensors[^1].Key);
        Assert.Equal([1f, 1f], checkpoint.Tensors[^1].ToSingleArray());
    }

    [Fact]
    public void A_state_dict_saved_alone_keeps_its_keys()
    {
        using var checkpoint = Checkpoint.Open(GoldenFiles.At("module.pt"));
        Assert.Empty(checkpoint.Metadata);
        GoldenFiles.AssertHolds(checkpoint, "expected-module.json");
    }

    [Fact]
    public void A_tensor_saved_alone_is_called_tensor()
    {
        using var checkpoint = Checkpoint.Open(GoldenFiles.At("single.pt"));
        Assert.Equal([1f, 2f], checkpoint["tensor"].ToSingleArray());
    }

    [Fact]
    public void A_TorchScript_archive_gives_the_parameters_of_its_modules()
    {
        using var checkpoint = Checkpoint.Open(GoldenFiles.At("script.pt"));
        Assert.Equal("torchscript", checkpoint.Format);
        GoldenFiles.AssertHolds(checkpoint, "expected-module.json", inOrder: false);
    }

    [Theory]
    [InlineData("hostile-zip.pt")]
    [InlineData("hostile-legacy.pt")]
    public void A_call_of_a_foreign_name_beside_the_weights_is_named_and_not_run(string file)
    {
        using var checkpoint = Checkpoint.Open(GoldenFiles.At(file));
        Assert.Equal(["posix.system"], checkpoint.ForeignNames);
        Assert.Equal("posix.system(touch file-it-ran)", checkpoint.Metadata["run"]);
        Assert.Equal([1f], checkpoint["weight"].ToSingleArray());
        Assert.False(File.Exists("file-it-ran"), "the file was run");
    }

    [Fact]
    public void A_frozen_program_gives_the_constants_that_its_weights_became()
    {
        using var checkpoint = Checkpoint.Open(GoldenFiles.At("frozen.pt"));
        Assert.Equal("torchscript", checkpoint.Format);
        Assert.Equal([6, 2], checkpoint.Tensors.Select(tensor => tensor.ElementCount).OrderDescending());
        foreach (var tensor in checkpoint.Tensors) Assert.All(tensor.ToSingleArray(), value => Assert.InRange(value, -0.6f, 0.6f));
    }

    [Fact]
    public void A_whole_module_gives_the_tensors_that_its_state_dict_would()
    {
        using var checkpoint = Checkpoint.Open(GoldenFiles.At("whole-module.pt"));
        GoldenFiles.AssertHolds(checkpoint, "expected-module.json");
        Assert.Contains("torch.nn.modules.container.Sequential", checkpoint.ForeignNames);
    }

    [Theory]
    [InlineData("hostile.pkl", "posix.system")]
    [InlineData("hostile-protocol0.pkl", "os.system")]
    public void A_pickle_that_holds_no_checkpoint_is_refused_with_the_names_in_it(string file, string name)
    {
        var exception = Assert.Throws<CheckpointException>(() => Checkpoint.Open(GoldenFiles.At(file)));
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
        Assert.Contains("nothing was run", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
        // what the hostile ones would do
        Assert.False(File.Exists("file-it-ran"), "the file was run");
    }

    [Fact]
    public void A_tensor_is_read_only_into_room_of_its_length()
    {
        using var checkpoint = Checkpoint.Open(GoldenFiles.At("single.pt"));
        Assert.Throws<ArgumentException>(() => checkpoint["tensor"].CopyTo(new float[3]));
        Assert.Throws<ArgumentException>(() => checkpoint["tensor"].CopyBytesTo(new byte[7]));
        Assert.Throws<KeyNotFoundException>(() => checkpoint["other"]);
        Assert.False(checkpoint.TryGet("other", out _));
        Assert.True(checkpoint.Contains("tensor"));
    }
}
