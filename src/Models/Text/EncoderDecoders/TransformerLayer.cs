using Graft.Autograd;

namespace Graft.Models;

/// <summary>What a layer takes beside its rows.</summary>
/// <param name="Self">How its tokens look at one another.</param>
/// <param name="Cross">How they look at another sequence; of no matter to an encoder.</param>
internal readonly record struct TransformerInputs(AttentionInputs Self, AttentionInputs Cross);

/// <summary>A layer of an encoder or of a decoder: attention to its own sequence, in a decoder to the encoder's too, and a perceptron, each added to its
/// input, with a norm before or after: [B T, D] to [B T, D].</summary>
internal sealed class TransformerLayer : Layer<TransformerInputs>
{
    private readonly TransformerAttention attention;
    private readonly TransformerAttention? cross;
    private readonly TransformerPerceptron perceptron;

    public TransformerLayer(EncoderDecoderConfig config, bool isDecoder)
    {
        var keys = isDecoder ? config.Family.DecoderKeys : config.Family.EncoderKeys;
        var sizes = isDecoder ? config.Decoder : config.Encoder;
        attention = Add("", new TransformerAttention(config, keys.Self, sizes.Heads));
        if (isDecoder) cross = Add("", new TransformerAttention(config, keys.Cross, sizes.Heads));
        perceptron = Add("", new TransformerPerceptron(config, keys, sizes.IntermediateWidth));
    }

    /// <summary>How wide the keys of another sequence are.</summary>
    public int CrossWidth => cross!.KeyWidth;

    /// <summary>The keys and values that the layer makes of the encoder's states [B S, D].</summary>
    public (Variable Keys, Variable Values) Projected(Variable source) => cross!.Projected(source);

    /// <summary>Notes what attention makes of x [B, T, D] and of the encoder's states [B, S, D].</summary>
    public void Trace(Variable x, TransformerInputs inputs, ForwardTrace trace, (Variable States, int[]? Counts)? source)
    {
        var (keys, values) = attention.Trace(x, inputs.Self, trace.Probabilities, trace, source: null);
        trace.KeysAndValues.Add((keys, values));
        if (cross is null || source is not { } other) return;
        var attended = attention.Forward(x.Detach().Reshape([x.Shape[0] * x.Shape[1], x.Shape[2]]), inputs.Self).Reshape(x.Shape);
        trace.CrossKeysAndValues.Add(cross.Trace(attended, inputs.Cross, trace.CrossProbabilities, trace, other));
    }

    protected override Variable Compute(Variable x, TransformerInputs inputs)
    {
        x = attention.Forward(x, inputs.Self);
        if (cross is not null) x = cross.Forward(x, inputs.Cross);
        return perceptron.Forward(x);
    }
}

/// <summary>Attention and what joins its heads, added to its input.</summary>
internal sealed class TransformerAttention : Layer<AttentionInputs>
{
    private readonly bool normsFirst;
    private readonly MultiHeadAttention attention;
    private readonly Linear joined;
    private readonly Layer norm;
    private readonly Dropout dropout;

    public TransformerAttention(EncoderDecoderConfig config, AttentionKeys keys, int heads)
    {
        var family = config.Family;
        normsFirst = family.NormsFirst;
        var deviations = config.Deviations;
        attention = Add(keys.Module, new MultiHeadAttention(
            keys.Maps, config.Width, heads, config.AttentionDropout, (inputs, outputs) => config.Linear(inputs, outputs, deviations.Inner, family.HasQueryAndValueBias),
            headSize: config.HeadSize, scale: config.AttentionScale,
            queryLinear: (inputs, outputs) => config.Linear(inputs, outputs, deviations.Queries, family.HasQueryAndValueBias),
            keyLinear: (inputs, outputs) => config.Linear(inputs, outputs, deviations.Inner, family.HasKeyBias)));
        joined = Add($"{keys.Module}.{keys.Joined}", config.Linear((config.HeadSize ?? config.Width / heads) * heads, config.Width, deviations.Joined));
        norm = Add(keys.Norm, config.Norm());
        dropout = Add($"{keys.Module}.dropout", new Dropout(config.Dropout));
    }

    public int KeyWidth => attention.KeyWidth;

    public (Variable Keys, Variable Values) Projected(Variable source) => attention.Projected(source);

    /// <summary>Notes the probabilities of x [B, T, D], and gives its keys and values.</summary>
    public (Variable Keys, Variable Values) Trace(
        Variable x, AttentionInputs inputs, List<Variable> probabilities, ForwardTrace trace, (Variable States, int[]? Counts)? source)
    {
        var states = x.Detach();
        if (normsFirst) states = norm.Forward(states);
        if (trace.HasAttentions)
            probabilities.Add(attention.Probabilities(states, source is { } other ? other.Counts : trace.Counts, inputs.Bias, inputs.Mask.IsCausal, source?.States));
        return attention.KeysAndValues(source?.States ?? states);
    }

    protected override Variable Compute(Variable x, AttentionInputs inputs)
    {
        var heads = attention.Forward(normsFirst ? norm.Forward(x) : x, inputs);
        var sum = dropout.IsActive(x.Pass) ? dropout.Forward(joined.Forward(heads)) + x : joined.Forward(heads, x);
        return normsFirst ? sum : norm.Forward(sum);
    }
}

/// <summary>Two linear maps with an activation between them, gated or not, added to their input.</summary>
internal sealed class TransformerPerceptron : Layer
{
    private readonly bool normsFirst;
    private readonly Activation activation;
    private readonly Linear up;
    private readonly Linear? gate;
    private readonly Linear down;
    private readonly Layer norm;
    private readonly Dropout innerDropout;
    private readonly Dropout dropout;

    public TransformerPerceptron(EncoderDecoderConfig config, TransformerKeys keys, int width)
    {
        normsFirst = config.Family.NormsFirst;
        activation = config.Activation;
        var deviations = config.Deviations;
        if (config.IsGated) gate = Add(keys.Gated.Gate, config.Linear(config.Width, width, deviations.Inner));
        up = Add(config.IsGated ? keys.Gated.Up : keys.Up, config.Linear(config.Width, width, deviations.Inner));
        down = Add(keys.Down, config.Linear(width, config.Width, deviations.Down));
        norm = Add(keys.PerceptronNorm, config.Norm());
        innerDropout = Add($"{keys.Down}.inner_dropout", new Dropout(config.ActivationDropout));
        dropout = Add($"{keys.Down}.dropout", new Dropout(config.Dropout));
    }

    protected override Variable Compute(Variable x)
    {
        var before = normsFirst ? norm.Forward(x) : x;
        var inner = gate is null ? up.Forward(before, activation) : gate.Forward(before, activation) * up.Forward(before);
        inner = innerDropout.Forward(inner);
        var sum = dropout.IsActive(x.Pass) ? dropout.Forward(down.Forward(inner)) + x : down.Forward(inner, x);
        return normsFirst ? sum : norm.Forward(sum);
    }
}
