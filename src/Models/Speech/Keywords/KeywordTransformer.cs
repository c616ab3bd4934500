using System.Globalization;

namespace Graft.Models;

/// <summary>The keyword transformer (Berg et al. 2021): a Transformer over the cosine coefficients of a second of speech, whose class token tells the word.</summary>
public static class KeywordTransformer
{
    private const string ClassKey = "class_emb", PositionKey = "pos_emb", ProjectionKey = "kws_transformer/dense/Tensordot/MatMul", BlockKey = "kws_transformer/transformer_block";
    private const int HeadSize = 64, DensePerBlock = 6;

    internal const string ModelType = "keyword-transformer";
    internal const string Architecture = "KeywordTransformer";

    internal static SpeechFamily Family { get; } = new(
        ModelType, [(SpeechHead.SequenceClassification, Architecture)],
        static (head, config, labels, seed, _) => new KeywordTransformerModel(Read(config, labels)) { Seed = seed });

    /// <summary>The labels of the published networks, in their order: those of the speech commands.</summary>
    public static IReadOnlyList<string> PublishedLabels { get; } = ["_silence_", "_unknown_", "yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"];

    /// <summary>Makes the network of a published TensorFlow Lite file, its sizes being those of the file.</summary>
    /// <param name="checkpoint">The open file.</param>
    /// <param name="labels">The names of its classes; null for <see cref="PublishedLabels"/>.</param>
    /// <exception cref="CheckpointException">The file is of another network.</exception>
    public static (SpeechModel Model, LoadReport Report) Open(Checkpoint checkpoint, IReadOnlyList<string>? labels = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        labels ??= PublishedLabels;
        var classToken = Find(checkpoint, ClassKey, 3);
        var positions = Find(checkpoint, PositionKey, 3);
        var projection = Find(checkpoint, ProjectionKey, 2);
        int blocks = 0;
        while (checkpoint.TryGet(DenseKey(blocks, 5, "sequential") + "/Tensordot/MatMul", out _)) blocks++;
        if (blocks == 0) throw new CheckpointException(checkpoint.Path, $"has no '{BlockKey}/sequential/dense_5/Tensordot/MatMul', so it is no keyword transformer");
        var inner = Find(checkpoint, DenseKey(0, 5, "sequential") + "/Tensordot/MatMul", 2);
        int width = classToken.Shape[2];
        if (width % HeadSize != 0) throw new CheckpointException(checkpoint.Path, $"tensor '{ClassKey}' is {classToken.Shape}, and a head of a keyword transformer has {HeadSize} numbers");
        var model = new KeywordTransformerModel(new KeywordTransformerConfig(
            width, blocks, width / HeadSize, inner.Shape[0], positions.Shape[1] - 1, projection.Shape[1], labels.Count, labels));
        return (model, model.Load(checkpoint));
    }

    /// <summary>The published name of a parameter.</summary>
    internal static string PublishedKey(string name, int blocks)
    {
        string[] parts = name.Split('.');
        if (name == "class_token") return ClassKey;
        if (name == "position_embeddings") return PositionKey;
        if (parts[0] == "projection") return parts[1] == "weight" ? ProjectionKey : "kws_transformer/dense/bias";
        if (parts[0] == "head")
        {
            string head = string.Create(CultureInfo.InvariantCulture, $"sequential_{blocks}/dense_{DensePerBlock * blocks + 1}");
            return parts[1] == "weight" ? $"{head}/MatMul" : $"{head}/bias";
        }
        int block = int.Parse(parts[1], CultureInfo.InvariantCulture);
        if (parts[2] is "attention_norm" or "perceptron_norm")
            return $"{Block(block)}/layer_normalization{Suffix(2 * block + (parts[2] == "attention_norm" ? 0 : 1))}/{(parts[3] == "weight" ? "gamma" : "beta")}";
        (int dense, string module) = string.Join('.', parts[2..^1]) switch
        {
            "attention.query" => (1, "multi_head_self_attention"),
            "attention.key" => (2, "multi_head_self_attention"),
            "attention.value" => (3, "multi_head_self_attention"),
            "attention.output" => (4, "multi_head_self_attention"),
            "up" => (5, "sequential"),
            _ => (6, "sequential"),
        };
        return DenseKey(block, dense, module) + (parts[^1] == "weight" ? "/Tensordot/MatMul" : "/bias");
    }

    private static KeywordTransformerConfig Read(HubConfig config, int? labels)
    {
        int width = config.Count("hidden_size", HeadSize), heads = config.Count("num_attention_heads", 1);
        if (width % heads != 0) throw config.Fail("num_attention_heads", $"is {heads}, which does not divide the width {width} ('hidden_size')");
        return new KeywordTransformerConfig(
            width, config.Count("num_hidden_layers", 12, HubConfig.MostLayers), heads, config.Count("intermediate_size", 256), config.Count("num_frames", 98),
            config.Count("num_features", 40), labels ?? config.LabelCount(), labels is null ? config.LabelNames() : null);
    }

    private static StoredTensor Find(Checkpoint checkpoint, string key, int axes) =>
        checkpoint.TryGet(key, out var tensor) && tensor.Lengths.Count == axes && tensor.ElementType == ElementType.Float32 ? tensor
            : throw new CheckpointException(checkpoint.Path, $"has no '{key}' of {axes} axes, so it is no keyword transformer");

    private static string Suffix(int number) => number == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"_{number}");

    private static string Block(int number) => BlockKey + Suffix(number);

    private static string DenseKey(int block, int dense, string module) =>
        string.Create(CultureInfo.InvariantCulture, $"{Block(block)}/{module}{Suffix(block)}/dense_{DensePerBlock * block + dense}");
}

/// <summary>The sizes of a keyword transformer.</summary>
internal sealed record KeywordTransformerConfig(
    int Width, int Blocks, int Heads, int IntermediateWidth, int Frames, int Features, int Labels, IReadOnlyList<string>? LabelNames);
