using System.CommandLine;

namespace Graft.WeightImport;

/// <summary><c>--entry</c> and <c>--prefix</c>: which of a file's tensors are meant, <c>--pytorch</c>: in which
/// layout.</summary>
internal sealed class SelectionOptions
{
    private readonly Option<string?> entry = new("--entry")
    {
        Description = "The entry of the file that is meant, such as state_dict_ema.",
        HelpName = "NAME",
    };

    private readonly Option<string?> prefix = new("--prefix")
    {
        Description = "What stands before the names that are meant, such as backbone.",
        HelpName = "TEXT",
    };

    private readonly Option<bool> pytorch = new("--pytorch")
    {
        Description = "The tensors under PyTorch's names and in its layouts, where the format has its own (Keras).",
    };

    public SelectionOptions(Command command, bool hasLayout = true)
    {
        command.Add(entry);
        command.Add(prefix);
        if (hasLayout) command.Add(pytorch);
    }

    public LoadOptions Read(ParseResult parsed) => new() { Entry = parsed.GetValue(entry), Prefix = parsed.GetValue(prefix) };

    /// <summary>The tensors of a checkpoint that are meant, under their names without entry and prefix; all of it where neither is given.</summary>
    /// <exception cref="CheckpointException">There are none.</exception>
    public IReadOnlyList<StoredTensor> Select(ParseResult parsed, Checkpoint checkpoint)
    {
        var options = Read(parsed);
        if (parsed.GetValue(pytorch)) checkpoint = checkpoint.InPyTorchLayout;
        if (options.Entry is null && options.Prefix is null) return checkpoint.Tensors;
        var tensors = options.Entry is { } name
            ? Below(checkpoint.Tensors.Select(tensor => tensor.Under(tensor.FilePath)), name, checkpoint, $"entry '{Printable.Text(name)}'")
            : checkpoint.Tensors;
        return options.Prefix is { Length: > 0 } start ? Below(tensors, start.TrimEnd('.'), checkpoint, $"prefix '{Printable.Text(start)}'") : tensors;
    }

    private static List<StoredTensor> Below(IEnumerable<StoredTensor> tensors, string start, Checkpoint checkpoint, string what)
    {
        var below = tensors.Where(tensor => tensor.Key.StartsWith(start + '.', StringComparison.Ordinal))
            .Select(tensor => tensor.Under(tensor.Key[(start.Length + 1)..])).ToList();
        if (below.Count > 0) return below;
        var entries = checkpoint.Tensors.Select(tensor => tensor.Container).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        throw new CheckpointException(checkpoint.Path, $"has no tensors with the {what}{(entries.Count > 0 ? $"; its entries are {Printable.Some(entries)}" : "")}");
    }
}
