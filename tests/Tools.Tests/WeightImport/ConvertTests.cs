using System.Text.Json;

namespace Graft.Tools.Tests;

public sealed class ConvertTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("graft-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("zip-protocol2.pt")]
    [InlineData("legacy-protocol2.pth")]
    [InlineData("script.pt")]
    public void Keys_types_shapes_and_bytes_are_kept(string name)
    {
        string target = At("out.safetensors");
        var run = CommandLine.Run("convert", CommandLine.Golden(name), "--to", target, "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using (var document = JsonDocument.Parse(run.Output))
            Assert.Equal(new FileInfo(target).Length, document.RootElement.GetProperty("writtenBytes").GetInt64());

        using var source = Checkpoint.Open(CommandLine.Golden(name));
        using var written = Checkpoint.Open(target);
        Assert.Equal("safetensors", written.Format);
        Assert.Equal(source.Tensors.Count, written.Tensors.Count);
        foreach (var tensor in source.Tensors)
        {
            var copy = written[tensor.Key];
            Assert.Equal((tensor.ElementType, tensor.Shape), (copy.ElementType, copy.Shape));
            Assert.Equal(Bytes(tensor), Bytes(copy));
        }
        foreach (var (key, text) in source.Metadata) Assert.Equal(text, written.Metadata[key]);
        Assert.Equal("pt", written.Metadata["format"]);
    }

    [Fact]
    public void The_source_is_never_overwritten()
    {
        string source = At("a.safetensors");
        Assert.Equal(0, CommandLine.Run("convert", CommandLine.Golden("module.pt"), "--to", source).ExitCode);
        byte[] before = File.ReadAllBytes(source);
        CommandLine.Run("convert", source, "--to", source).AssertFailed(2, "overwrite");
        CommandLine.Run("convert", source, "--to", Path.Combine(folder, ".", "a.safetensors")).AssertFailed(2, "overwrite");
        CommandLine.Run("convert", folder, "--to", source).AssertFailed(2, "overwrite");
        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(At("link.safetensors"), source);
            CommandLine.Run("convert", source, "--to", At("link.safetensors")).AssertFailed(2, "overwrite");
            Directory.CreateSymbolicLink(At("folder"), folder);
            CommandLine.Run("convert", source, "--to", Path.Combine(folder, "folder", "a.safetensors")).AssertFailed(2, "overwrite");
        }
        Assert.Equal(before, File.ReadAllBytes(source));
    }

    [Fact]
    public void A_target_that_cannot_be_is_said_so()
    {
        string source = CommandLine.Golden("module.pt");
        CommandLine.Run("convert", source, "--to", folder).AssertFailed(2, "is a folder");
        CommandLine.Run("convert", source, "--to", Path.Combine(folder, "no", "out.safetensors")).AssertFailed(2, "no folder");
        CommandLine.Run("convert", source, "--to", "").AssertFailed(2, "--to");
        CommandLine.Run("convert", CommandLine.Golden("hostile.pkl"), "--to", At("out")).AssertFailed(2, "posix.system");
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void A_pipe_or_device_is_refused_and_stays_what_it_is()
    {
        if (OperatingSystem.IsWindows()) return;
        using (var make = System.Diagnostics.Process.Start("mkfifo", [At("pipe")])) make.WaitForExit();
        File.CreateSymbolicLink(At("link"), At("pipe"));
        File.CreateSymbolicLink(At("null"), "/dev/null");
        foreach (string target in (string[])["/dev/null", At("pipe"), At("link"), At("null")])
        {
            CommandLine.Run("convert", CommandLine.Golden("module.pt"), "--to", target).AssertFailed(2, "is a pipe or device");
            // read from it would wait for whoever writes
            CommandLine.Run("inspect", target).AssertFailed(2, "is a pipe or device");
        }
        Assert.Throws<IOException>(() => SafetensorsWriter.Write(At("pipe"), []));
        Assert.Equal(["link", "null", "pipe"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        // a file that is empty is a file
        File.WriteAllBytes(At("empty"), []);
        Assert.Equal(0, CommandLine.Run("convert", CommandLine.Golden("module.pt"), "--to", At("empty")).ExitCode);
        Assert.NotEqual(0, new FileInfo(At("empty")).Length);
    }

    [Fact]
    public void A_file_without_tensors_is_not_converted()
    {
        SafetensorsWriter.Write(At("none.safetensors"), []);
        CommandLine.Run("convert", At("none.safetensors"), "--to", At("out")).AssertFailed(2, "has no tensors");
        Assert.False(File.Exists(At("out")));
    }

    [Fact]
    public void An_entry_and_a_prefix_are_converted_alone()
    {
        string golden = CommandLine.Golden("zip-protocol4.pt");
        Assert.Equal(0, CommandLine.Run("convert", golden, "--to", At("shared"), "--entry", "state_dict", "--prefix", "shared.").ExitCode);
        using (var written = Checkpoint.Open(At("shared"))) Assert.Equal(["high", "low"], written.Tensors.Select(tensor => tensor.Key).Order(StringComparer.Ordinal));
        CommandLine.Run("convert", golden, "--to", At("none"), "--entry", "model").AssertFailed(2, "its entries are state_dict, optimizer.state.0");
        CommandLine.Run("convert", golden, "--to", At("none"), "--prefix", "backbone").AssertFailed(2, "prefix 'backbone'");
    }

    [Fact]
    public void An_interruption_is_exit_code_130_and_leaves_nothing()
    {
        CommandLine.Run(new CancellationToken(canceled: true), "convert", CommandLine.Golden("module.pt"), "--to", At("out"))
            .AssertFailed(130, "interrupted");
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    private string At(string name) => Path.Combine(folder, name);

    private static byte[] Bytes(StoredTensor tensor)
    {
        var bytes = new byte[tensor.ByteCount];
        tensor.CopyBytesTo(bytes);
        return bytes;
    }
}
