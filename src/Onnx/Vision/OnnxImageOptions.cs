namespace Graft.Onnx;

/// <summary>What is made of a graph of images beside what its file says.</summary>
public sealed record OnnxImageOptions
{
    /// <summary>An ONNX file with what is done to a picture first, from values of 0 to 255 in RGB; null for nothing. It becomes the model's first
    /// stage and does not learn.</summary>
    public string? Preprocess { get; init; }

    /// <summary>The number of classes of a new head, which takes the place of the graph's own; null to keep that.</summary>
    public int? Classes { get; init; }

    /// <summary>The seed of a new head's initial values.</summary>
    public ulong Seed { get; init; }
}
