using System.Globalization;
using System.Numerics;

namespace Graft.Models;

/// <summary>What a pickle holds beside its tensors, as text under the path through its dictionaries. It is there to be shown: where
/// it is nested too deeply, contains itself or repeats itself without end, the rest is left out.</summary>
internal sealed class PickleMetadata
{
    private const int DeepestNesting = 32;
    private const int LongestList = 32;
    private const int LongestPath = 4096;
    private const int Arguments = 4;
    private const int LongestArgument = 80;

    private readonly Dictionary<string, string> texts = new(StringComparer.Ordinal);
    private readonly HashSet<object> open = new(ReferenceEqualityComparer.Instance);
    private readonly object? unnamed;
    private long budget;

    private PickleMetadata(long pickleLength, object? unnamed)
    {
        budget = 16 * pickleLength + (1 << 17);
        this.unnamed = unnamed;
    }

    /// <param name="root">What the pickle holds.</param>
    /// <param name="unnamed">The key of an entry of the outermost dictionary that is given without its name; null for none.</param>
    /// <param name="pickleLength">The bytes of the pickle.</param>
    public static IReadOnlyDictionary<string, string> Of(object? root, object? unnamed, long pickleLength)
    {
        var metadata = new PickleMetadata(pickleLength, unnamed);
        metadata.Visit("", root, 0);
        return metadata.texts;
    }

    /// <summary>A value as text; null for what has none, among it every container.</summary>
    public static string? Text(object? value) => value switch
    {
        bool truth => truth ? "True" : "False",
        string given => given,
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        long number => number.ToString(CultureInfo.InvariantCulture),
        BigInteger number => number.ToString(CultureInfo.InvariantCulture),
        PickleText shown => shown.Text,
        PickleGlobal global => global.Name,
        byte[] bytes => $"{bytes.Length} bytes",
        PickleLatin latin => $"{latin.Text.Length} bytes",
        PickleForeign foreign => $"{foreign.Name}({string.Join(", ", foreign.Arguments.Take(Arguments).Select(Argument))})",
        _ => null,
    };

    private static string Argument(object? value)
    {
        string text = value is PickleForeign nested ? nested.Name : Text(value) ?? (value is null ? "None" : "…");
        return text.Length > LongestArgument ? text[..LongestArgument] + "…" : text;
    }

    private void Visit(string path, object? value, int depth)
    {
        budget -= path.Length + 16;
        if (budget < 0 || depth > DeepestNesting || path.Length > LongestPath) return;
        switch (value)
        {
            case PickleDictionary dictionary when open.Add(value):
                VisitEntries(path, dictionary, depth);
                break;
            case PickleList list when open.Add(value):
                VisitItems(path, list.Items, depth);
                break;
            case PickleTuple tuple when open.Add(value):
                VisitItems(path, tuple.Items, depth);
                break;
            case PickleForeign foreign when open.Add(value):
                // the rest of it is in its state or was set on it
                if (foreign.State is null || foreign.Arguments.Length > 0) Show(path, foreign);
                if (foreign.State is PickleDictionary state) VisitEntries(path, state, depth);
                VisitEntries(path, foreign.Entries, depth);
                if (foreign.Items.Items.Count > 0) VisitItems(path, foreign.Items.Items, depth);
                break;
            default:
                Show(path, value);
                return;
        }
        open.Remove(value);
    }

    private void VisitEntries(string path, PickleDictionary dictionary, int depth)
    {
        foreach (var (key, item) in dictionary.Entries)
        {
            if (budget < 0) return;
            // the weights themselves
            if (item is PickleTensor or PickleStorage) continue;
            bool isUnnamed = depth == 0 && unnamed is not null && Equals(key, unnamed);
            Visit(isUnnamed ? "" : StateDictionary.Join(path, key), item, depth + 1);
        }
    }

    private void VisitItems(string path, IReadOnlyList<object?> items, int depth)
    {
        if (items.Any(item => item is PickleTensor or PickleDictionary or PickleList or PickleTuple))
        {
            for (int at = 0; at < items.Count && budget >= 0; at++)
                if (items[at] is not PickleTensor) Visit(StateDictionary.Join(path, (long)at), items[at], depth + 1);
            return;
        }
        string shown = string.Join(", ", items.Take(LongestList).Select(Argument));
        budget -= shown.Length;
        texts.TryAdd(path, items.Count <= LongestList ? $"[{shown}]" : $"[{shown}, … {items.Count} in all]");
    }

    private void Show(string path, object? value)
    {
        if (Text(value) is { } text && texts.TryAdd(path, text) && value is not string) budget -= text.Length;
    }
}
