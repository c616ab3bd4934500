namespace Graft.Models;

/// <summary>Those tensors of a file that are one model's, and how its keys are spelled there: behind a common prefix, and with or
/// without the key of the trunk, as the file is of a bare encoder or of a model with a head.</summary>
internal sealed class WeightSet
{
    private readonly string prefix;
    private readonly string taken;
    private readonly IReadOnlyDictionary<string, StoredTensor> byPath;

    private WeightSet(string prefix, string taken, string container, IReadOnlyDictionary<string, StoredTensor> byPath)
    {
        this.prefix = prefix;
        this.taken = taken;
        this.byPath = byPath;
        // The prefix is the path of the dictionary, and the common prefix of the names in it. A dictionary a layer is within the entry.
        bool isWithin = container.Length > 0 && prefix.StartsWith(container + ".", StringComparison.Ordinal);
        Entry = container.Length == 0 ? "" : isWithin ? container : prefix.TrimEnd('.');
        Prefix = container.Length == 0 ? prefix : isWithin ? prefix[(container.Length + 1)..] : "";
    }

    /// <summary>The path of the dictionary that the tensors are in; empty for the outermost.</summary>
    public string Entry { get; }

    /// <summary>The prefix of the model's keys in it.</summary>
    public string Prefix { get; }

    /// <summary>Entry and prefix in words.</summary>
    public string Name => (Entry.Length, Prefix.Length) switch
    {
        (0, 0) => "the names without a prefix",
        (0, _) => $"the prefix '{Printable.Text(Prefix)}'",
        (_, 0) => $"the entry '{Printable.Text(Entry)}'",
        _ => $"the entry '{Printable.Text(Entry)}' with the prefix '{Printable.Text(Prefix)}'",
    };

    /// <summary>The sets that the anchors (names of the model's) suggest, as they come up in the file.</summary>
    public static List<WeightSet> Candidates(
        Model model, IReadOnlyList<ModuleParameter> anchors, Checkpoint checkpoint, IReadOnlyDictionary<string, StoredTensor> byPath)
    {
        string trunk = model.TrunkKey is { } key ? key + "." : "";
        var found = new List<WeightSet>();
        var seen = new HashSet<(string, string)>();
        // The names without the trunk's key too, as in a file of the bare encoder.
        bool isWithinTrunk = trunk.Length > 0 && anchors.Any(anchor => anchor.Name.StartsWith(trunk, StringComparison.Ordinal));
        foreach (string taken in isWithinTrunk ? (string[])["", trunk] : [""])
        {
            string[] ends = [.. anchors.SelectMany(anchor => anchor.Aliases.Prepend(anchor.Name)).Select(name => Without(taken, name)).Distinct()];
            foreach (var tensor in checkpoint.Tensors)
            {
                string path = tensor.FilePath;
                foreach (string end in ends)
                {
                    if (!path.EndsWith(end, StringComparison.Ordinal) || (path.Length > end.Length && path[^(end.Length + 1)] != '.')) continue;
                    string prefix = path[..^end.Length];
                    if (seen.Add((prefix, taken))) found.Add(new WeightSet(prefix, taken, tensor.Container, byPath));
                }
            }
        }
        return found;
    }

    /// <summary>The set of a file in which no name of the model's is: the names as they are.</summary>
    public static WeightSet None(IReadOnlyDictionary<string, StoredTensor> byPath) => new("", "", "", byPath);

    /// <summary>The file's path of a key of the model.</summary>
    public string InFile(string key) => prefix + Without(taken, key);

    /// <summary>The tensor that the file has for a parameter, under any of its names.</summary>
    public StoredTensor? Find(ModuleParameter parameter)
    {
        if (byPath.TryGetValue(InFile(parameter.Name), out var found)) return found;
        foreach (string alias in parameter.Aliases)
            if (byPath.TryGetValue(InFile(alias), out found)) return found;
        return null;
    }

    public StoredTensor? Find(string key) => byPath.GetValueOrDefault(InFile(key));

    /// <summary>Whether a path of the file is within the set.</summary>
    public bool Contains(string path) => path.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>A path of the file without the set's prefix.</summary>
    public string Short(string path) => path[prefix.Length..];

    private static string Without(string taken, string key) =>
        taken.Length > 0 && key.StartsWith(taken, StringComparison.Ordinal) ? key[taken.Length..] : key;
}
