namespace Graft.Onnx;

/// <summary>How a model is exported.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>The lowest version of ONNX's operators that the exporter writes: the first with <c>LayerNormalization</c>.</summary>
    public const int LowestOpset = 17;

    /// <summary>The highest.</summary>
    public const int HighestOpset = 21;

    /// <summary>The version of ONNX's operators (<c>opset_version</c>).</summary>
    public int Opset { get; init; } = LowestOpset;

    /// <summary>Whether the file takes any number of images or sequences; else the one that is given.</summary>
    public bool HasDynamicBatch { get; init; } = true;

    /// <summary>Whether a text model's file takes any number of tokens; else <see cref="SequenceLength"/>.</summary>
    public bool HasDynamicSequence { get; init; } = true;

    /// <summary>The number of sequences of a text model where it is fixed.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>The number of tokens of a text model where it is fixed.</summary>
    public int SequenceLength { get; init; } = 128;

    /// <summary>Whether the numbers go into a file beside the model's, <c>NAME.onnx.data</c>; those of a model above 2 GB always do.</summary>
    public bool HasExternalData { get; init; }

    /// <summary>What is done to a picture before the model sees it: written to the metadata as Hugging Face's
    /// <c>preprocessor_config.json</c>; null for nothing.</summary>
    public ImagePreprocessing? Preprocessing { get; init; }

    /// <summary>The names of the outputs in index order, written to the metadata as a JSON array; null for none.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Further entries of the metadata (<c>metadata_props</c>).</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
