using System.Text.Json;
using System.Text.Json.Serialization;

namespace Graft.Samples.TransferTable;

/// <summary>What a case's examples are.</summary>
internal enum CaseKind
{
    Images,
    Texts,
}

/// <summary>How many examples of each class are learnt from, and for how long.</summary>
/// <param name="PerClass">How many; 0 for all there are.</param>
/// <param name="Epochs">How often each is seen, by every arm alike.</param>
internal sealed record CaseSize(int PerClass, int Epochs)
{
    public string Title => PerClass == 0 ? "all" : $"{PerClass} a class";
}

/// <summary>A published network and what it is to learn.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Kind">What the examples are.</param>
/// <param name="Model">A folder, a file or a name that <c>graft fine-tune --model</c> takes.</param>
/// <param name="Train">What is learnt from: a folder of classes, a NumPy archive, or a file of lines of a label and a text.</param>
/// <param name="Test">What it is tested with.</param>
/// <param name="Sizes">How much is learnt from.</param>
internal sealed record Case(string Name, CaseKind Kind, string Model, string Train, string Test, IReadOnlyList<CaseSize> Sizes)
{
    private static readonly JsonSerializerOptions Reading = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter<CaseKind>() } };

    /// <summary>The published weights' file, where the model is an architecture's name.</summary>
    public string? Weights { get; init; }

    /// <summary>What is done to pictures first, of an ONNX model.</summary>
    public string? Preprocess { get; init; }

    /// <summary>Reads cases; paths in the file may begin with <c>~</c> or be relative to the file.</summary>
    public static IReadOnlyList<Case> Read(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var read = JsonSerializer.Deserialize<List<Case>>(File.ReadAllText(path), Reading) ?? throw new FormatException($"{path} holds no list of cases");
        return [.. read.Select(found => found with
        {
            Model = Resolve(found.Model),
            Weights = found.Weights is { } weights ? Resolve(weights) : null,
            Preprocess = found.Preprocess is { } preprocess ? Resolve(preprocess) : null,
            Train = Resolve(found.Train),
            Test = Resolve(found.Test),
        })];

        string Resolve(string name)
        {
            string full = name.StartsWith('~') ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + name[1..] : Path.Combine(folder, name);
            return Path.Exists(full) ? full : name;
        }
    }
}
