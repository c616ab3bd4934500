using System.Text.RegularExpressions;

namespace Graft.Hub;

/// <summary>Which files of a repository a model is: one form of its weights, and the small files beside them.</summary>
internal static partial class ModelFiles
{
    private const string IndexEnd = ".index.json";

    // the first that there is; an index goes with its shards
    private static readonly (string Main, string? Shards)[] Forms =
    [
        ("model.safetensors", null),
        ("model.safetensors.index.json", "model-"),
        ("pytorch_model.bin", null),
        ("pytorch_model.bin.index.json", "pytorch_model-"),
        ("model.onnx", null),
        ("onnx/model.onnx", null),
    ];

    /// <summary>The files, the one with the weights (or with the list of their shards) first.</summary>
    /// <param name="names">All files' names.</param>
    /// <param name="where">What they are the files of, for the message.</param>
    /// <exception cref="HubException">There are no weights among them that can be read.</exception>
    public static IReadOnlyList<string> Choose(IReadOnlyCollection<string> names, string where)
    {
        var (main, shards) = Forms.FirstOrDefault(form => names.Contains(form.Main));
        main ??= names.FirstOrDefault(static name => !name.Contains('/') && name.EndsWith(".safetensors", StringComparison.Ordinal));
        if (main is null)
            throw new HubException(
                HubFailure.NotFound,
                $"{where} has no weights that can be read, such as model.safetensors, pytorch_model.bin or model.onnx; it has {Printable.Some(names)}");
        var parts = names.Where(name => shards is null ? IsExternalData(name, main) : IsShard(name, shards));
        var beside = names.Where(name => Small().IsMatch(name) && name != main && !name.EndsWith(IndexEnd, StringComparison.Ordinal));
        return [main, .. parts.Order(StringComparer.Ordinal), .. beside.Order(StringComparer.Ordinal)];
    }

    private static bool IsShard(string name, string prefix) => name.StartsWith(prefix, StringComparison.Ordinal) && !name.Contains('/')
        && (name.EndsWith(".safetensors", StringComparison.Ordinal) || name.EndsWith(".bin", StringComparison.Ordinal));

    /// <summary>Whether a file is the tensors that a graph keeps beside itself.</summary>
    private static bool IsExternalData(string name, string graph) => name == graph + ".data" || name.StartsWith(graph + "_data", StringComparison.Ordinal);

    [GeneratedRegex(@"^(?:[\w.-]+\.json|vocab\.txt|merges\.txt|[\w.-]+\.model|README\.md|LICEN[CS]E[\w.]*|\d+_\w+/config\.json)\z")]
    private static partial Regex Small();
}
