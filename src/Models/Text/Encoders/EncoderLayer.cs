using Graft.Autograd;

namespace Graft.Models;

/// <summary>A layer of BERT: attention and a two-layer perceptron, each added to its input and normalised: [B T, D] to [B T, D].</summary>
internal sealed class EncoderLayer : Layer<AttentionInputs>
{
    private readonly EncoderAttention attention;
    private readonly EncoderIntermediate intermediate;
    private readonly EncoderOutput output;

    public EncoderLayer(EncoderConfig config)
    {
        var keys = config.Family.LayerKeys;
        attention = Add("", new EncoderAttention(config));
        intermediate = Add("", new EncoderIntermediate(config));
        output = Add("", new EncoderOutput(config, keys.Output, keys.OutputNorm, config.IntermediateSize, config.Family.DropsPerceptron ? config.HiddenDropout : 0));
    }

    /// <summary>As <see cref="MultiHeadAttention.Probabilities"/>: x is [B, T, D].</summary>
    public Variable Probabilities(Variable x, int[]? counts, Variable? bias) => attention.Probabilities(x, counts, bias);

    protected override Variable Compute(Variable x, AttentionInputs inputs)
    {
        var attended = attention.Forward(x, inputs);
        return output.Forward(intermediate.Forward(attended), attended);
    }
}

/// <summary>Attention and what joins its heads.</summary>
internal sealed class EncoderAttention : Layer<AttentionInputs>
{
    private readonly MultiHeadAttention self;
    private readonly EncoderOutput output;

    public EncoderAttention(EncoderConfig config)
    {
        var keys = config.Family.LayerKeys;
        self = Add(keys.Attention, new MultiHeadAttention(
            (keys.Query, keys.Key, keys.Value), config.HiddenSize, config.Heads, config.AttentionDropout, config.Linear));
        output = Add("", new EncoderOutput(config, keys.Joined, keys.AttentionNorm, config.HiddenSize, config.Family.DropsAttention ? config.HiddenDropout : 0, followsAttention: true));
    }

    public Variable Probabilities(Variable x, int[]? counts, Variable? bias) => self.Probabilities(x, counts, bias);

    protected override Variable Compute(Variable x, AttentionInputs inputs) => output.Forward(self.Forward(x, inputs), x);
}

/// <summary>The perceptron's first layer and its activation: [B T, D] to [B T, I].</summary>
internal sealed class EncoderIntermediate : Layer
{
    private readonly Activation activation;
    private readonly Linear dense;

    public EncoderIntermediate(EncoderConfig config)
    {
        activation = config.Activation;
        dense = Add(config.Family.LayerKeys.Intermediate, config.Linear(config.HiddenSize, config.IntermediateSize));
    }

    protected override Variable Compute(Variable x) => dense.Forward(x, activation);
}

/// <summary>A linear map and dropout, added to what came before and normalised.</summary>
internal sealed class EncoderOutput : AdaptableResidual
{
    private readonly Linear dense;
    private readonly LayerNorm norm;
    private readonly Dropout dropout;

    public EncoderOutput(EncoderConfig config, string denseKey, string normKey, int inputs, float dropProbability, bool followsAttention = false)
        : base(denseKey.Contains('.', StringComparison.Ordinal) ? denseKey[..denseKey.LastIndexOf('.')] : "", config.HiddenSize, followsAttention)
    {
        dense = Add(denseKey, config.Linear(inputs, config.HiddenSize));
        norm = Add(normKey, config.Norm(config.HiddenSize));
        dropout = Add($"{denseKey}.dropout", new Dropout(dropProbability));
    }

    protected override Variable Compute(Variable x, Variable residual) => Join(dropout.Forward(dense.Forward(x)), residual, norm);
}
