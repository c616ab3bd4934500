using System.Globalization;

namespace Graft.Models;

/// <summary>A tensor of a pickle and its path.</summary>
/// <param name="Path">Its path: the keys above it, joined by '.'.</param>
/// <param name="Entry">The first of those keys; empty where there is no other.</param>
/// <param name="Container">The path of the dictionary that holds it: the start of <paramref name="Path"/>.</param>
/// <param name="Tensor">The tensor.</param>
internal readonly record struct PlacedTensor(string Path, string Entry, string Container, PickleTensor Tensor);

/// <summary>A value in a pickle that would be made of tensors in a way that is not known.</summary>
/// <param name="Path">Its path: the keys above it, joined by '.'.</param>
/// <param name="Name">The name of Python's that would make it.</param>
public readonly record struct UnknownTensor(string Path, string Name);

/// <summary>Finds the tensors in a pickled value, at any depth (a <c>state_dict</c>).</summary>
/// <remarks>Looked into are dictionaries, lists and tuples, and of values that only Python could build what was put into them and the
/// attributes they have; a module's parameters, buffers and modules have the keys that its own state_dict would give them.</remarks>
internal sealed class StateDictionary
{
    private const int DeepestNesting = 100;
    private const int LongestPath = 4096;

    private static readonly string[] CustomaryNames = ["state_dict", "model_state_dict", "model"];

    private readonly CheckpointFile file;
    private readonly List<PlacedTensor> tensors = [];
    private readonly List<UnknownTensor> unknown = [];
    private readonly List<string> path = [];
    private readonly HashSet<object> open = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<object> barren = new(ReferenceEqualityComparer.Instance);
    private long budget;
    private bool isCut;

    private StateDictionary(CheckpointFile file, long pickleLength)
    {
        this.file = file;
        // A value shared by reference may turn up under many keys; what that costs must not outgrow the file.
        budget = 16 * pickleLength + (1 << 17);
    }

    public IReadOnlyList<PlacedTensor> Tensors => tensors;

    public IReadOnlyList<UnknownTensor> Unknown => unknown;

    public IReadOnlyDictionary<string, string> Metadata { get; private init; } = new Dictionary<string, string>();

    /// <summary>The names in the pickle that are on no list.</summary>
    public IReadOnlyList<string> ForeignNames { get; private init; } = [];

    /// <summary>The entry of the outermost dictionary whose tensors are given without its name; null for none.</summary>
    public string? Unnamed { get; private init; }

    public static StateDictionary Find(CheckpointFile file, object? value, long pickleLength, IEnumerable<string> foreignNames)
    {
        var found = new StateDictionary(file, pickleLength);
        if (value is PickleTensor or PickleForeign { IsOfTensors: true }) found.path.Add("tensor");
        found.Visit(value, 0);
        string? unnamed = value is PickleDictionary root && UnnamedOf(found.tensors) is { } name
            && root.Find(name) is PickleDictionary or PickleForeign ? name : null;
        return new StateDictionary(file, pickleLength, found.tensors, found.unknown)
        {
            Unnamed = unnamed,
            Metadata = PickleMetadata.Of(value, unnamed, pickleLength),
            ForeignNames = [.. foreignNames],
        };
    }

    private StateDictionary(CheckpointFile file, long pickleLength, List<PlacedTensor> tensors, List<UnknownTensor> unknown)
        : this(file, pickleLength) => (this.tensors, this.unknown) = (tensors, unknown);

    /// <summary>A path and the next key on it.</summary>
    public static string Join(string path, object? key)
    {
        string name = Name(key);
        return path.Length == 0 ? name : $"{path}.{name}";
    }

    private static string Name(object? key) => key as string ?? PickleMetadata.Text(key) ?? "None";

    // The one entry that holds tensors, or the one with a customary name.
    private static string? UnnamedOf(List<PlacedTensor> tensors)
    {
        var entries = tensors.Select(tensor => tensor.Entry).ToHashSet(StringComparer.Ordinal);
        return CustomaryNames.FirstOrDefault(entries.Contains) ?? (entries.Count == 1 && entries.First() is { Length: > 0 } only ? only : null);
    }

    // Recurses no deeper than the nesting that is allowed. True where something was found.
    private bool Visit(object? value, int depth)
    {
        switch (value)
        {
            case PickleTensor tensor:
                Add(tensor);
                return true;
            case PickleForeign { IsOfTensors: true } foreign:
                Spend(foreign.Name.Length + 16);
                unknown.Add(new(Path(path.Count), foreign.Name));
                return true;
            case PickleDictionary or PickleList or PickleTuple or PickleForeign:
                break;
            default:
                return false;
        }
        Spend(1);
        if (depth > DeepestNesting)
        {
            isCut = true;
            return false;
        }
        if (barren.Contains(value) || !open.Add(value)) return false;
        bool wasCut = isCut;
        isCut = false;
        bool found = value switch
        {
            PickleDictionary dictionary => VisitEntries(dictionary, depth),
            PickleList list => VisitItems(list.Items, depth),
            PickleTuple tuple => VisitItems(tuple.Items, depth),
            _ => VisitForeign((PickleForeign)value, depth),
        };
        open.Remove(value);
        // Without tensors it need not be looked into again; but what was too deep here may not be so elsewhere.
        bool isEmpty = value is PickleList { Items.Count: 0 } or PickleDictionary { Entries.Count: 0 } or PickleTuple { Items.Length: 0 };
        if (!found && !isCut && !isEmpty) barren.Add(value);
        isCut |= wasCut;
        return found;
    }

    private bool VisitEntries(PickleDictionary dictionary, int depth)
    {
        bool found = false;
        Spend(dictionary.Entries.Count);
        foreach (var (key, item) in dictionary.Entries)
        {
            if (item is not (PickleTensor or PickleDictionary or PickleList or PickleTuple or PickleForeign)) continue;
            path.Add(Name(key));
            found |= Visit(item, depth + 1);
            path.RemoveAt(path.Count - 1);
        }
        return found;
    }

    private bool VisitItems(IReadOnlyList<object?> items, int depth)
    {
        bool found = false;
        Spend(items.Count);
        for (int at = 0; at < items.Count; at++)
        {
            if (items[at] is not (PickleTensor or PickleDictionary or PickleList or PickleTuple or PickleForeign)) continue;
            path.Add(at.ToString(CultureInfo.InvariantCulture));
            found |= Visit(items[at], depth + 1);
            path.RemoveAt(path.Count - 1);
        }
        return found;
    }

    private bool VisitForeign(PickleForeign foreign, int depth)
    {
        bool found = VisitEntries(foreign.Entries, depth) | VisitItems(foreign.Items.Items, depth);
        if (foreign.State is not PickleDictionary state) return found;
        // torch.nn.Module: the names of the three are no part of the keys, and what is marked so is not saved
        if (state.Find("_parameters") is not PickleDictionary parameters || state.Find("_modules") is not PickleDictionary modules)
            return found | VisitEntries(state, depth);
        found |= VisitEntries(parameters, depth);
        if (state.Find("_buffers") is PickleDictionary buffers)
        {
            var marked = (state.Find("_non_persistent_buffers_set") as PickleList)?.Items ?? [];
            var unsaved = marked.OfType<string>().ToHashSet(StringComparer.Ordinal);
            var saved = new PickleDictionary();
            Spend(buffers.Entries.Count + unsaved.Count);
            foreach (var (key, item) in buffers.Entries)
                if (key is not string name || !unsaved.Contains(name)) saved.Add(key, item);
            found |= VisitEntries(saved, depth);
        }
        return found | VisitEntries(modules, depth);
    }

    private void Add(PickleTensor tensor)
    {
        Spend(16);
        string whole = Path(path.Count), container = path.Count < 2 ? "" : Path(path.Count - 1);
        tensors.Add(new(whole, path.Count < 2 ? "" : path[0], container, tensor));
    }

    private string Path(int count)
    {
        long length = count;
        for (int at = 0; at < count; at++) length += path[at].Length;
        if (length > LongestPath)
            throw file.Fail($"a key in its pickle, '{Printable.Text(path[0])}', has more than {LongestPath} letters; save the state_dict alone");
        Spend(length);
        return string.Join('.', path.Take(count));
    }

    private void Spend(long cost)
    {
        budget -= cost;
        if (budget < 0)
            throw file.Fail("its pickle repeats its contents more often than its length justifies; save the state_dict alone");
    }
}
