using System.Globalization;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>An encoder or a decoder: embeddings of the words that both share, positions, layers and, where the family has one, a norm at the end.</summary>
/// <remarks>Letters: B sequences, T tokens, D = width.</remarks>
internal sealed class TransformerStack : Module
{
    private readonly Embedding words;
    private readonly float scale;
    private readonly bool isDecoder;
    private readonly StackPositions? positions;
    private readonly LayerNorm? embeddingNorm;
    private readonly Dropout dropout;
    private readonly RelativePositionBias? relative;
    private readonly TransformerLayer[] layers;
    private readonly Layer? norm;
    private readonly Dropout lastDropout;

    public TransformerStack(EncoderDecoderConfig config, bool isDecoder, Embedding words)
    {
        (this.words, this.isDecoder, scale) = (words, isDecoder, config.EmbeddingScale);
        var family = config.Family;
        var sizes = isDecoder ? config.Decoder : config.Encoder;
        var keys = isDecoder ? family.DecoderKeys : family.EncoderKeys;
        AddAlias("embed_tokens.weight", words.Weight);
        if (family.Positions != PositionKind.None) positions = Add(family.PositionsKey, new StackPositions(config));
        if (family.EmbeddingNormKey is { } key) embeddingNorm = Add(key, new LayerNorm(config.Width, config.NormEpsilon));
        dropout = Add("dropout", new Dropout(config.Dropout));
        if (config.RelativeBuckets > 0)
        {
            relative = Add($"{LayerKey(0)}.{keys.Self.Module}.relative_attention_bias", new RelativePositionBias(
                config.RelativeBuckets, sizes.Heads, Initialiser.Normal(config.Deviations.Inner), config.FarthestDistance, isDecoder));
            if (isDecoder) IgnoreKey($"{LayerKey(0)}.{keys.Cross.Module}.relative_attention_bias.weight");
        }
        layers = [.. Enumerable.Range(0, sizes.Layers).Select(number => Add(LayerKey(number), new TransformerLayer(config, isDecoder)))];
        if (family.FinalNormKey is { } last) norm = Add(last, config.Norm());
        lastDropout = Add("last_dropout", new Dropout(norm is null ? 0 : config.Dropout));

        string LayerKey(int number) => string.Create(CultureInfo.InvariantCulture, $"{family.LayersKey}.{number}");
    }

    public int Layers => layers.Length;

    /// <summary>What tells distances; null where nothing does.</summary>
    public RelativePositionBias? Relative => relative;

    /// <summary>The parts before the layers that learn.</summary>
    public IEnumerable<Module> EmbeddingParts => new Module?[] { positions, embeddingNorm, relative }.OfType<Module>();

    /// <summary>Each layer; the last norm is with the last layer of an encoder.</summary>
    public IEnumerable<(string Name, IEnumerable<Module> Modules)> Stages => layers.Select((layer, number) => (
        string.Create(CultureInfo.InvariantCulture, $"{(isDecoder ? "decoder" : "encoder")}{number}"),
        (IEnumerable<Module>)(!isDecoder && norm is not null && number == layers.Length - 1 ? [layer, norm] : [layer])));

    /// <summary>The norm behind the last layer; null for none.</summary>
    public Layer? Norm => norm;

    /// <summary>Refuses a batch with a token or a position that the tables have no row for.</summary>
    public void Require(TextBatch batch)
    {
        words.Require(batch.TokenIds);
        positions?.Require(batch);
        if (batch.TokenTypes is { } kinds && kinds.AsSpan().ContainsAnyExcept(0))
            throw new ArgumentException("the model knows no token types: leave them out, or all 0");
    }

    /// <summary>The shape of what <see cref="Projected"/> gives for a layer.</summary>
    public Shape ProjectedShape(int layer, int rows) => [rows, layers[layer].CrossWidth];

    /// <summary>The keys and values that a decoder's layers make of the encoder's states [B, S, D], in their order.</summary>
    public (Variable Keys, Variable Values)[] Projected(Variable source)
    {
        var rows = source.Reshape([source.Shape[0] * source.Shape[1], source.Shape[2]]);
        return Array.ConvertAll(layers, layer => layer.Projected(rows));
    }

    /// <summary>The last states [B, T, D].</summary>
    /// <param name="inputs">The tokens.</param>
    /// <param name="given">How they look at one another and at the encoder's states.</param>
    /// <param name="trace">Records intermediate results; null for none.</param>
    /// <param name="source">The encoder's states [B, S, D] and its padding, for a trace.</param>
    public Variable Forward(TextInputs inputs, TransformerInputs given, ForwardTrace? trace = null, (Variable States, int[]? Counts)? source = null)
    {
        var x = Embed(inputs);
        var shape = x.Shape;
        trace?.States.Add(x);
        // the layers see rows: attention alone separates the sequences
        x = x.Reshape([shape[0] * shape[1], shape[2]]);
        if (given.Self.Bias is null && relative is not null) given = given with { Self = given.Self with { Bias = relative.Forward(inputs.Pass, shape[1]) } };
        if (trace is null)
            return End(LayerScope.Stages(layers, x, given, static (rows, with) => with.Step.Forward(rows, with.Inputs))).Reshape(shape);
        for (int layer = 0; layer < layers.Length; layer++)
        {
            layers[layer].Trace(x.Reshape(shape), given, trace, source);
            x = layers[layer].Forward(x, given);
            // the last of Hugging Face's hidden states is behind the norm
            if (layer + 1 < layers.Length) trace.States.Add(x.Reshape(shape));
        }
        var last = End(x).Reshape(shape);
        trace.States.Add(last);
        return last;
    }

    /// <summary>The same of a decoder's rows whose keys and values of the encoder's states were made before.</summary>
    /// <param name="inputs">The tokens.</param>
    /// <param name="given">How they look at one another and at the encoder's states.</param>
    /// <param name="source">What <see cref="Projected"/> gave.</param>
    public Variable Forward(TextInputs inputs, TransformerInputs given, ReadOnlySpan<(Variable Keys, Variable Values)> source)
    {
        var x = Embed(inputs);
        var shape = x.Shape;
        x = x.Reshape([shape[0] * shape[1], shape[2]]);
        for (int layer = 0; layer < layers.Length; layer++)
            x = layers[layer].Forward(x, given with { Cross = given.Cross with { Projected = source[layer] } });
        return End(x).Reshape(shape);
    }

    private Variable End(Variable x) => norm is null ? x : lastDropout.Forward(norm.Forward(x));

    private Variable Embed(TextInputs inputs) => LayerScope.Run(this, inputs.Pass, (Stack: this, inputs), static given => given.Stack.Embedded(given.inputs));

    private Variable Embedded(TextInputs inputs)
    {
        var x = words.Forward(inputs.Pass, inputs.TokenIds, inputs.Places);
        if (scale != 1) x *= scale;
        if (positions is not null) x += positions.Forward(inputs);
        if (embeddingNorm is not null) x = embeddingNorm.Forward(x);
        return dropout.Forward(x);
    }
}
