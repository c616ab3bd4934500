using Graft.Autograd;

namespace Graft.Models;

/// <summary>The sizes and settings of an encoder-decoder.</summary>
internal sealed record EncoderDecoderConfig
{
    /// <summary>The family: its keys and what its layers are made of.</summary>
    public required EncoderDecoderFamily Family { get; init; }

    public required int VocabularySize { get; init; }

    public required int Width { get; init; }

    public required StackSizes Encoder { get; init; }

    public required StackSizes Decoder { get; init; }

    /// <summary>The size of a head where it is another than the width divided by their number; null for that.</summary>
    public int? HeadSize { get; init; }

    /// <summary>The factor on attention's scores; null for 1 / sqrt(size of a head).</summary>
    public float? AttentionScale { get; init; }

    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Whether a second map of the input is multiplied to the activation.</summary>
    public bool IsGated { get; init; }

    public float Dropout { get; init; } = 0.1f;

    public float AttentionDropout { get; init; }

    /// <summary>Behind the perceptron's activation.</summary>
    public float ActivationDropout { get; init; }

    /// <summary>How many positions have an embedding; null where none has.</summary>
    public int? MaximumPositions { get; init; }

    /// <summary>How long texts are where positions have no embedding.</summary>
    public int UsualLength { get; init; } = 512;

    /// <summary>How many distances the scores of attention know; 0 where they know none.</summary>
    public int RelativeBuckets { get; init; }

    /// <summary>From this distance on all share a bucket.</summary>
    public int FarthestDistance { get; init; } = 128;

    /// <summary>The factor on the words' embeddings.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>The factor on the last states in front of the last map.</summary>
    public float LogitScale { get; init; } = 1;

    public float NormEpsilon { get; init; } = 1e-5f;

    /// <summary>Whether the words' embeddings are the last map too.</summary>
    public bool TieWordEmbeddings { get; init; } = true;

    /// <summary>The token that fills sequences up; null for none.</summary>
    public int? PaddingToken { get; init; }

    /// <summary>The token in front of what the decoder writes.</summary>
    public required int DecoderStartToken { get; init; }

    /// <summary>The token that ends a sequence; null for none.</summary>
    public int? EndToken { get; init; }

    /// <summary>The deviations of the initial values.</summary>
    public required InitialDeviations Deviations { get; init; }

    /// <summary>The config that it was read from; null for none.</summary>
    public JsonObjectReader? Members { get; init; }

    public EncoderDecoderConfig WithoutDropout() => this with { Dropout = 0, AttentionDropout = 0, ActivationDropout = 0 };

    public Layer Norm() => Family.HasMeanNorms ? new LayerNorm(Width, NormEpsilon) : new RmsNorm(Width, NormEpsilon);

    public Linear Linear(int inputs, int outputs, float deviation, bool hasBias = true) =>
        new(inputs, outputs, Family.HasBiases && hasBias, Initialiser.Normal(deviation), Initialiser.Zeros);
}

/// <summary>The sizes of an encoder or of a decoder.</summary>
internal readonly record struct StackSizes(int Layers, int Heads, int IntermediateWidth);

/// <summary>The deviations of the initial values by what they are of.</summary>
/// <param name="Words">The words' embeddings.</param>
/// <param name="Queries">The map to queries.</param>
/// <param name="Inner">Maps of the width: to keys, values and into the perceptron, and the table of distances.</param>
/// <param name="Joined">The map of the heads.</param>
/// <param name="Down">The map out of the perceptron.</param>
internal readonly record struct InitialDeviations(float Words, float Queries, float Inner, float Joined, float Down)
{
    /// <summary>The same for all (<c>init_std</c>).</summary>
    public static InitialDeviations Of(float deviation) => new(deviation, deviation, deviation, deviation, deviation);
}
