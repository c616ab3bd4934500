using Graft.Testing;

namespace Graft.Tools.Tests;

public sealed class ConvertFormatTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("graft-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Keras_layouts_are_kept_or_made_those_of_PyTorch()
    {
        string source = RealData.Require("keras-resnet8/pretrainedResnet.h5"), target = At("out.safetensors");
        Assert.Equal(0, CommandLine.Run("convert", source, "--to", target).ExitCode);
        using (var kept = Checkpoint.Open(target)) Assert.Equal([3, 3, 3, 16], kept["conv2d/conv2d/kernel:0"].Shape.ToArray());
        Assert.Equal(0, CommandLine.Run("convert", source, "--to", target, "--pytorch").ExitCode);
        using (var made = Checkpoint.Open(target))
        {
            Assert.Equal([16, 3, 3, 3], made["conv2d.weight"].Shape.ToArray());
            Assert.True(made.Contains("batch_normalization_6.running_var"));
        }
        var run = CommandLine.Run("inspect", source, "--pytorch");
        Assert.Contains("dense.weight", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void NumPy_archives_are_written_stored_or_packed()
    {
        string source = CommandLine.Golden("module.pt");
        Assert.Equal(0, CommandLine.Run("convert", source, "--to", At("stored.npz")).ExitCode);
        Assert.Equal(0, CommandLine.Run("convert", source, "--to", At("packed.npz"), "--compress").ExitCode);
        using var stored = Checkpoint.Open(At("stored.npz"));
        using var packed = Checkpoint.Open(At("packed.npz"));
        Assert.Equal("npz", packed.Format);
        foreach (var tensor in stored.Tensors) Assert.Equal(tensor.ToSingleArray(), packed[tensor.Key].ToSingleArray());
        CommandLine.Run("convert", source, "--to", At("x.safetensors"), "--compress").AssertFailed(2, "--compress goes with");
    }

    [Theory]
    [InlineData("0", "is no length")]
    [InlineData("-5MB", "is no length")]
    [InlineData("many", "is no length")]
    [InlineData("99999999999TB", "is no length")]
    public void A_size_that_is_none_is_refused(string size, string problem) =>
        CommandLine.Run("convert", CommandLine.Golden("module.pt"), "--to", At("out"), "--max-shard-size", size).AssertFailed(2, problem);

    [Fact]
    public void A_folder_is_asked_for_where_shards_are()
    {
        string source = CommandLine.Golden("module.pt"), file = At("file");
        File.WriteAllText(file, "");
        CommandLine.Run("convert", source, "--to", file, "--max-shard-size", "1KB").AssertFailed(2, "give a folder");
        Assert.Equal(0, CommandLine.Run("convert", source, "--to", At("out/"), "--max-shard-size", "1.5KiB").ExitCode);
        using var written = Checkpoint.Open(At("out"));
        Assert.NotEmpty(written.Tensors);
    }

    private string At(string name) => Path.Combine(folder, name);
}
