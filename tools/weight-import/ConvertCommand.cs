using System.CommandLine;
using Graft.CommandLine;

namespace Graft.WeightImport;

/// <summary><c>weight-import convert FILE --to OUT</c>: the same tensors as safetensors, in one file or in shards, or as NumPy's arrays.</summary>
internal static class ConvertCommand
{
    // Tied weights are written once for each key; beyond this a file of views is a trap.
    private const long MostCopies = 16;
    private const long AlwaysAllowed = 1 << 20;

    public static Command Make()
    {
        var file = new Argument<string>("FILE") { Description = "A checkpoint of any format, or a folder that holds one." };
        var to = new Option<string>("--to")
        {
            Description = "The file to write: .npz for NumPy's arrays, else safetensors; with --max-shard-size a folder.",
            Required = true,
            HelpName = "OUT",
        };
        var shardSize = new Option<string?>("--max-shard-size")
        {
            Description = "Write a folder of safetensors files of at most so many bytes (200MB, 5GB) with their index.",
            HelpName = "SIZE",
        };
        var compress = new Option<bool>("--compress") { Description = "Pack the arrays of an .npz." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("convert", "Writes the tensors as safetensors or .npz: same keys, types, shapes and bytes.") { file, to, shardSize, compress, json };
        var selection = new SelectionOptions(command);
        command.SetAction((parsed, interrupt) =>
        {
            string target = parsed.GetRequiredValue(to);
            long? shard = parsed.GetValue(shardSize) is { } size ? ByteSize.Parse(size, "--max-shard-size") : null;
            bool isArchive = shard is null && target.EndsWith(".npz", StringComparison.OrdinalIgnoreCase);
            if (parsed.GetValue(compress) && !isArchive) throw new WrongInputException("--compress goes with --to OUT.npz");
            using var checkpoint = Checkpoint.Open(parsed.GetRequiredValue(file));
            var tensors = selection.Select(parsed, checkpoint);
            Require(checkpoint, tensors, target, isFolder: shard is not null);
            var entries = tensors.Select(TensorEntry.From);
            if (shard is { } most) SafetensorsWriter.WriteSharded(target, entries, most, Metadata(checkpoint), interrupt);
            else if (isArchive) NumpyWriter.WriteArchive(target, entries, parsed.GetValue(compress), interrupt);
            else SafetensorsWriter.Write(target, entries, Metadata(checkpoint), interrupt);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
                JsonOutput.Write(output, writer =>
                {
                    writer.WriteSummary(checkpoint, tensors);
                    writer.WriteString("writtenTo", target);
                    writer.WriteNumber("writtenBytes", WrittenBytes(target));
                });
            else output.WriteLine($"{Printable.Text(target)}: {Totals.Of(tensors)}");
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static void Require(Checkpoint checkpoint, IReadOnlyList<StoredTensor> tensors, string target, bool isFolder)
    {
        if (isFolder) TargetFile.RequireFolder(target);
        else TargetFile.Require(target);
        if (isFolder ? HoldsSource(target, checkpoint) : IsPartOf(target, checkpoint))
            throw new WrongInputException($"--to {Printable.Text(target)} would overwrite its own source: give another name");
        if (tensors.Count == 0) throw new CheckpointException(checkpoint.Path, "has no tensors, so there is nothing to convert");
        foreach (var tensor in tensors) tensor.RequireReadable();
        long bytes = Totals.Of(tensors).Bytes;
        if (bytes > Math.Max(checkpoint.ByteCount, AlwaysAllowed) * MostCopies && checkpoint.Format != "npz")
            throw new CheckpointException(checkpoint.Path, $"its views repeat their elements to {bytes} bytes, from a file of {checkpoint.ByteCount}; save it without the repetition");
    }

    private static long WrittenBytes(string target) => Directory.Exists(target)
        ? Directory.EnumerateFiles(target, "model*.safetensors*").Sum(static path => new FileInfo(path).Length) : new FileInfo(target).Length;

    // The format's readers look for 'format'; what the source says of itself is kept.
    private static Dictionary<string, string> Metadata(Checkpoint checkpoint)
    {
        var metadata = new Dictionary<string, string>(checkpoint.Metadata, StringComparer.Ordinal);
        metadata.TryAdd("format", "pt");
        return metadata;
    }

    private static bool HoldsSource(string target, Checkpoint checkpoint)
    {
        if (!Directory.Exists(target)) return false;
        string folder = Resolve(Path.TrimEndingDirectorySeparator(target));
        return checkpoint.SourceFiles.Any(file => Path.GetDirectoryName(Resolve(file)) == folder);
    }

    // By the file itself, so that a link or another spelling of the path does not hide it. A checkpoint in a folder, or in
    // shards, is made of the files beside its index.
    private static bool IsPartOf(string target, Checkpoint checkpoint)
    {
        if (!File.Exists(target)) return false;
        string to = Resolve(target);
        string from = Resolve(checkpoint.Path);
        return string.Equals(to, from, StringComparison.Ordinal)
            || checkpoint.SourceFiles.Any(file => string.Equals(Resolve(file), to, StringComparison.Ordinal));
    }

    private static string Resolve(string path)
    {
        string full = Path.GetFullPath(path);
        full = File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        string name = Path.GetFileName(full);
        for (var folder = Directory.GetParent(full); folder is not null; folder = folder.Parent)
        {
            var target = folder.ResolveLinkTarget(returnFinalTarget: true);
            if (target is not null) return Path.Combine(Resolve(target.FullName), name);
            name = Path.Combine(folder.Name, name);
        }
        return full;
    }
}
