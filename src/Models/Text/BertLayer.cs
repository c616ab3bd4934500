using Graft.Autograd;

namespace Graft.Models;

/// <summary>A layer of BERT: attention and a two-layer perceptron, each added to its input and normalised: [B T, D] to [B T, D].</summary>
internal sealed class BertLayer : Layer<AttentionInputs>
{
    private readonly BertAttention attention;
    private readonly BertIntermediate intermediate;
    private readonly BertOutput output;

    public BertLayer(BertConfig config)
    {
        attention = Add("attention", new BertAttention(config));
        intermediate = Add("intermediate", new BertIntermediate(config));
        output = Add("output", new BertOutput(config, config.IntermediateSize));
    }

    /// <summary>A linear map initialised as BERT's: normal weights, zero bias.</summary>
    public static Linear Linear(BertConfig config, int inputs, int outputs) =>
        new(inputs, outputs, initialiser: Initialiser.Normal(config.InitializerRange), biasInitialiser: Initialiser.Zeros);

    /// <summary>As <see cref="MultiHeadAttention.Probabilities"/>: x is [B, T, D].</summary>
    public Variable Probabilities(Variable x, int[]? counts) => attention.Probabilities(x, counts);

    protected override Variable Compute(Variable x, AttentionInputs inputs)
    {
        var attended = attention.Forward(x, inputs);
        return output.Forward(intermediate.Forward(attended), attended);
    }
}

/// <summary><c>self</c>: query, key, value; <c>output</c>: what joins the heads.</summary>
internal sealed class BertAttention : Layer<AttentionInputs>
{
    private readonly MultiHeadAttention self;
    private readonly BertOutput output;

    public BertAttention(BertConfig config)
    {
        self = Add("self", new MultiHeadAttention(
            config.HiddenSize, config.Heads, config.AttentionDropout, linear: (inputs, outputs) => BertLayer.Linear(config, inputs, outputs)));
        output = Add("output", new BertOutput(config, config.HiddenSize));
    }

    public Variable Probabilities(Variable x, int[]? counts) => self.Probabilities(x, counts);

    protected override Variable Compute(Variable x, AttentionInputs inputs) => output.Forward(self.Forward(x, inputs), x);
}

/// <summary>The perceptron's first layer and its activation: [B T, D] to [B T, I].</summary>
internal sealed class BertIntermediate : Layer
{
    private readonly Activation activation;
    private readonly Linear dense;

    public BertIntermediate(BertConfig config)
    {
        activation = config.Activation;
        dense = Add("dense", BertLayer.Linear(config, config.HiddenSize, config.IntermediateSize));
    }

    protected override Variable Compute(Variable x) => dense.Forward(x, activation);
}

/// <summary>A linear map and dropout, added to what came before and normalised.</summary>
internal sealed class BertOutput : Layer<Variable>
{
    private readonly Linear dense;
    private readonly LayerNorm norm;
    private readonly Dropout dropout;

    public BertOutput(BertConfig config, int inputs)
    {
        dense = Add("dense", BertLayer.Linear(config, inputs, config.HiddenSize));
        norm = Add("LayerNorm", new LayerNorm(config.HiddenSize, config.LayerNormEpsilon));
        dropout = Add("dropout", new Dropout(config.HiddenDropout));
    }

    protected override Variable Compute(Variable x, Variable residual) => norm.Forward(dropout.Forward(dense.Forward(x)) + residual);
}
