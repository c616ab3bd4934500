namespace Graft.Models;

/// <summary>Tells what a file has beside the tensors that a model takes: what should not be there, and what is none of its business.</summary>
internal sealed class RestOfFile
{
    private const string CounterSuffix = "num_batches_tracked";

    private readonly ReceiptBook book;
    private readonly WeightSet set;
    private readonly IReadOnlyList<WeightSet> others;
    private readonly HashSet<string> taken;
    private readonly Dictionary<string, string> known;
    private readonly HashSet<string> containers;
    private readonly string? trunk;
    private readonly Dictionary<string, int> passedOver = new(StringComparer.Ordinal);

    /// <param name="book">Where it is accounted for.</param>
    /// <param name="model">The model.</param>
    /// <param name="set">The set of weights that is taken.</param>
    /// <param name="others">Other sets that fit.</param>
    /// <param name="taken">The tensors that are loaded.</param>
    /// <param name="known">Paths that may be there without being loaded, and the rule under which.</param>
    /// <param name="replaceHead">Whether another head is passed over.</param>
    public RestOfFile(
        ReceiptBook book, Model model, WeightSet set, IReadOnlyList<WeightSet> others, IReadOnlyCollection<StoredTensor> taken,
        Dictionary<string, string> known, bool replaceHead)
    {
        (this.book, this.set, this.others, this.known) = (book, set, others, known);
        this.taken = taken.Select(tensor => tensor.FilePath).ToHashSet(StringComparer.Ordinal);
        containers = taken.Select(tensor => tensor.Container).ToHashSet(StringComparer.Ordinal);
        // a checkpoint may have the head of another task, which is ignored where the head is replaced
        if (!replaceHead || model.TrunkKey is not { } key) return;
        string start = set.InFile(key + ".");
        if (known.Keys.Concat(this.taken).Any(one => one.StartsWith(start, StringComparison.Ordinal))) trunk = start;
    }

    public List<string> Unexpected { get; } = [];

    public void Add(StoredTensor tensor)
    {
        string path = tensor.FilePath;
        if (taken.Contains(path)) return;
        if (known.TryGetValue(path, out string? rule) || (set.Contains(path) && path.EndsWith(CounterSuffix, StringComparison.Ordinal)))
        {
            book.Ignore(tensor, rule ?? "a counter that no computation uses");
            return;
        }
        string name = set.Contains(path) ? set.Short(path) : path;
        bool isOfTheModels = set.Contains(path) && containers.Contains(tensor.Container) && !others.Any(other => other.Contains(path));
        if (isOfTheModels && !IsLoose(tensor, name) && !IsOfAnotherHead(path))
        {
            Unexpected.Add(name);
            return;
        }
        book.Ignore(tensor, others.FirstOrDefault(other => other.Contains(path)) is { } alternative ? $"another set of weights: {alternative.Name}"
            : isOfTheModels && IsLoose(tensor, name) ? "a number beside the weights"
            : isOfTheModels ? "the head of another task"
            : tensor.Container.Length > 0 ? $"beside the weights, in '{Printable.Text(tensor.Container)}'" : "beside the weights");
        string start = set.Entry.Length > 0 && tensor.Container == set.Entry ? path[(set.Entry.Length + 1)..] : path;
        int dot = start.IndexOf('.', StringComparison.Ordinal);
        string group = dot < 0 ? start : start[..dot];
        passedOver[group] = passedOver.GetValueOrDefault(group) + 1;
    }

    public IReadOnlyList<string> PassedOver() =>
        [.. passedOver.Select(group => group.Value == 1 ? group.Key : $"{group.Key} ({group.Value} tensors)")];

    // A loss, an accuracy, a count of steps.
    private static bool IsLoose(StoredTensor tensor, string name) => tensor.ElementCount <= 1 && !name.Contains('.', StringComparison.Ordinal);

    private bool IsOfAnotherHead(string path) => trunk is not null && !path.StartsWith(trunk, StringComparison.Ordinal);
}
