namespace Graft.Models;

/// <summary>What a load has read and what it has left.</summary>
/// <param name="Loaded">How many of the model's parameters and buffers were read. Counters of the file that no computation uses, such as
/// <c>num_batches_tracked</c> of a batch norm, are not counted.</param>
/// <param name="Replaced">Keys of a head that is missing or of another size, left for training.</param>
public sealed record LoadReport(int Loaded, IReadOnlyList<string> Replaced)
{
    /// <summary>How many tensors the model has, buffers included.</summary>
    public int Expected { get; init; } = Loaded + Replaced.Count;

    /// <summary>The entry of the file that was taken; empty where the file is no dictionary of dictionaries.</summary>
    public string Entry { get; init; } = "";

    /// <summary>What stood before each of the model's names in that entry.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Tensors of the file that are no part of the model, by their path: the state of an optimiser, another head, averaged
    /// weights.</summary>
    public IReadOnlyList<string> PassedOver { get; init; } = [];

    /// <summary>Other sets of weights in the file that fit as well, by their entry and prefix.</summary>
    public IReadOnlyList<string> Alternatives { get; init; } = [];

    /// <summary>Tensors with values that are not finite or variances below 0, where those were allowed.</summary>
    public IReadOnlyList<string> NonFinite { get; init; } = [];

    /// <summary>Every tensor of the file and of the model accounted for; null where the report is of no file.</summary>
    public ImportReceipt? Receipt { get; init; }

    /// <summary>Whether there was something to choose, to pass over or to leave out.</summary>
    public bool IsNoteworthy =>
        Entry.Length + Prefix.Length + Replaced.Count + PassedOver.Count + NonFinite.Count > 0;

    /// <summary>All of it in one line.</summary>
    public string Summary
    {
        get
        {
            string line = $"{Loaded} of {Expected} tensors found";
            if (Entry.Length > 0) line += $" in the entry '{Printable.Text(Entry)}'";
            if (Prefix.Length > 0) line += $" under the prefix '{Printable.Text(Prefix)}'";
            if (Replaced.Count > 0) line += $"; left new, to be trained: {Printable.Some(Replaced)}";
            if (PassedOver.Count > 0) line += $"; passed over: {Printable.Some(PassedOver)}";
            if (Alternatives.Count > 0) line += $"; {Printable.Some(Alternatives)} would fit too";
            if (NonFinite.Count > 0) line += $"; not finite or below 0: {Printable.Some(NonFinite)}";
            return line;
        }
    }
}
