using System.CommandLine;
using Graft.CommandLine;

namespace Graft.WeightImport;

/// <summary><c>weight-import convert FILE --to OUT.safetensors</c>: the same tensors as safetensors, byte for byte.</summary>
internal static class ConvertCommand
{
    // Tied weights are written once for each key; beyond this a file of views is a trap.
    private const long MostCopies = 16;
    private const long AlwaysAllowed = 1 << 20;

    public static Command Make()
    {
        var file = new Argument<string>("FILE") { Description = "A safetensors file, a PyTorch checkpoint, or a folder that holds one." };
        var to = new Option<string>("--to") { Description = "The safetensors file to write.", Required = true, HelpName = "OUT.safetensors" };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("convert", "Writes the tensors as safetensors: same keys, types, shapes and bytes.") { file, to, json };
        var selection = new SelectionOptions(command);
        command.SetAction((parsed, interrupt) =>
        {
            string target = parsed.GetRequiredValue(to);
            using var checkpoint = Checkpoint.Open(parsed.GetRequiredValue(file));
            var tensors = selection.Select(parsed, checkpoint);
            Convert(checkpoint, tensors, target, interrupt);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
                JsonOutput.Write(output, writer =>
                {
                    writer.WriteSummary(checkpoint, tensors);
                    writer.WriteString("writtenTo", target);
                    writer.WriteNumber("writtenBytes", new FileInfo(target).Length);
                });
            else output.WriteLine($"{Printable.Text(target)}: {Totals.Of(tensors)}");
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static void Convert(Checkpoint checkpoint, IReadOnlyList<StoredTensor> tensors, string target, CancellationToken interrupt)
    {
        TargetFile.Require(target);
        if (IsPartOf(target, checkpoint)) throw new WrongInputException($"--to {Printable.Text(target)} would overwrite its own source: give another name");
        if (tensors.Count == 0) throw new CheckpointException(checkpoint.Path, "has no tensors, so there is nothing to convert");
        foreach (var tensor in tensors) tensor.RequireReadable();
        long bytes = Totals.Of(tensors).Bytes;
        if (bytes > Math.Max(checkpoint.ByteCount, AlwaysAllowed) * MostCopies)
            throw new CheckpointException(checkpoint.Path, $"its views repeat their elements to {bytes} bytes, from a file of {checkpoint.ByteCount}; save it without the repetition");
        SafetensorsWriter.Write(target, tensors.Select(TensorEntry.From), Metadata(checkpoint), interrupt);
    }

    // The format's readers look for 'format'; what the source says of itself is kept.
    private static Dictionary<string, string> Metadata(Checkpoint checkpoint)
    {
        var metadata = new Dictionary<string, string>(checkpoint.Metadata, StringComparer.Ordinal);
        metadata.TryAdd("format", "pt");
        return metadata;
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
