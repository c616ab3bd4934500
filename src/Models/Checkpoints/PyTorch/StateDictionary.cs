using System.Globalization;
using System.Numerics;

namespace Graft.Models;

/// <summary>Turns what a pickle holds into tensors under flat keys and metadata (the rule is on <see cref="Checkpoint"/>).</summary>
internal sealed class StateDictionary
{
    private const int DeepestNesting = 64;
    private const int LongestKey = 4096;
    private const int LongestList = 32;

    private static readonly string[] CustomaryNames = ["state_dict", "model_state_dict", "model"];

    private readonly CheckpointFile file;
    private readonly List<KeyValuePair<string, PickleTensor>> tensors = [];
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);
    private readonly HashSet<object> open = new(ReferenceEqualityComparer.Instance);
    private long budget;

    private StateDictionary(CheckpointFile file, long pickleLength)
    {
        this.file = file;
        // A value shared by reference may turn up under many keys; what that costs must not outgrow the file.
        budget = 16 * pickleLength + (1 << 17);
    }

    public IReadOnlyList<KeyValuePair<string, PickleTensor>> Tensors => tensors;

    public IReadOnlyDictionary<string, string> Metadata => metadata;

    public static StateDictionary Flatten(CheckpointFile file, object? value, long pickleLength)
    {
        var state = new StateDictionary(file, pickleLength);
        var root = value as PickleDictionary;
        var unnamed = root is null ? null : state.FindUnnamed(root);
        if (root is null)
        {
            state.Visit(value is PickleTensor ? "tensor" : "", value, 0);
            return state;
        }
        state.open.Add(root);
        foreach (var (key, item) in root.Entries)
            state.Visit(ReferenceEquals(item, unnamed) ? "" : state.Key("", key), item, 1);
        return state;
    }

    // The one entry that holds tensors, or the one with a customary name.
    private PickleDictionary? FindUnnamed(PickleDictionary root)
    {
        PickleDictionary? only = null, customary = null;
        int rank = CustomaryNames.Length;
        int holders = 0;
        foreach (var (key, item) in root.Entries)
        {
            if (item is PickleTensor) holders++;
            if (item is not (PickleDictionary or PickleList or PickleTuple) || !HoldsTensor(item)) continue;
            holders++;
            if (item is not PickleDictionary dictionary) continue;
            only = dictionary;
            int found = Array.IndexOf(CustomaryNames, key as string);
            if (found < 0 || found >= rank) continue;
            rank = found;
            customary = dictionary;
        }
        return customary ?? (holders == 1 ? only : null);
    }

    private bool HoldsTensor(object? value)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var waiting = new Stack<object?>();
        waiting.Push(value);
        while (waiting.TryPop(out object? next))
        {
            if (next is PickleTensor) return true;
            if (next is null || !seen.Add(next)) continue;
            switch (next)
            {
                case PickleDictionary dictionary:
                    foreach (var (_, item) in dictionary.Entries) Look(item);
                    break;
                case PickleList list:
                    foreach (object? item in list.Items) Look(item);
                    break;
                case PickleTuple tuple:
                    foreach (object? item in tuple.Items) Look(item);
                    break;
            }
        }
        return false;

        void Look(object? item)
        {
            if (item is not (PickleTensor or PickleDictionary or PickleList or PickleTuple)) return;
            Spend(1);
            waiting.Push(item);
        }
    }

    // Recurses no deeper than the nesting that is allowed.
    private void Visit(string path, object? value, int depth)
    {
        Spend(path.Length + 16);
        switch (value)
        {
            case PickleTensor tensor:
                tensors.Add(new(path, tensor));
                return;
            case PickleDictionary dictionary:
                Enter(path, value, depth);
                foreach (var (key, item) in dictionary.Entries) Visit(Key(path, key), item, depth + 1);
                break;
            case PickleList { Items: var items }:
                VisitItems(path, value, items, depth);
                break;
            case PickleTuple { Items: var items }:
                VisitItems(path, value, items, depth);
                break;
            default:
                if (Text(value) is { } text) metadata.TryAdd(path, text);
                return;
        }
        open.Remove(value);
    }

    private void VisitItems(string path, object value, IReadOnlyList<object?> items, int depth)
    {
        Enter(path, value, depth);
        if (items.Any(item => item is PickleTensor or PickleDictionary or PickleList or PickleTuple))
        {
            for (int at = 0; at < items.Count; at++) Visit(Key(path, (long)at), items[at], depth + 1);
            return;
        }
        string shown = string.Join(", ", items.Take(LongestList).Select(item => Text(item) ?? "None"));
        Spend(shown.Length);
        metadata.TryAdd(path, items.Count <= LongestList ? $"[{shown}]" : $"[{shown}, … {items.Count} in all]");
    }

    private void Enter(string path, object value, int depth)
    {
        if (depth > DeepestNesting)
            throw file.Fail($"its pickle is nested more than {DeepestNesting} deep, at '{Printable.Text(path)}'; save the state_dict alone");
        if (!open.Add(value))
            throw file.Fail($"its pickle contains itself, at '{Printable.Text(path)}'; save the state_dict alone");
    }

    private string Key(string path, object? key)
    {
        string name = key as string ?? Text(key) ?? "None";
        if (path.Length + name.Length >= LongestKey)
            throw file.Fail($"a key in its pickle, below '{Printable.Text(path)}', has more than {LongestKey} letters; save the state_dict alone");
        return path.Length == 0 ? name : $"{path}.{name}";
    }

    private void Spend(long cost)
    {
        budget -= cost;
        if (budget < 0)
            throw file.Fail("its pickle repeats its contents more often than its length justifies; save the state_dict alone");
    }

    private static string? Text(object? value) => value switch
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
        _ => null,
    };
}
