using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>Embeddings, layers in which each token looks back, and a norm.</summary>
/// <remarks>Letters: B sequences, T tokens, D = width.</remarks>
internal sealed class Gpt2Trunk : DecoderTrunk
{
    private readonly Embedding words;
    private readonly Embedding positions;
    private readonly PromptSlot prompt;
    private readonly Dropout dropout;
    private readonly DecoderLayer[] layers;
    private readonly LayerNorm norm;

    public Gpt2Trunk(Gpt2Config config)
    {
        words = Add("wte", new Embedding(config.VocabularySize, config.Width, Initialiser.Normal(config.InitializerRange)));
        positions = Add("wpe", new Embedding(config.MaximumPositions, config.Width, Initialiser.Normal(config.InitializerRange)));
        prompt = Add("", new PromptSlot(config.Width));
        dropout = Add("drop", new Dropout(config.EmbeddingDropout));
        layers = [.. Enumerable.Range(0, config.Layers).Select(number => Add(string.Create(CultureInfo.InvariantCulture, $"h.{number}"), new Gpt2Layer(config)))];
        norm = Add("ln_f", config.Norm());
    }

    public override Parameter WordEmbeddings => words.Weight;

    private protected override IEnumerable<Module> Embeddings => [words, positions, prompt];

    private protected override DecoderLayer[] Layers => layers;

    private protected override Module Norm => norm;

    public override void Require(TextBatch batch)
    {
        int rows = positions.Weight.Shape[0];
        if (batch.Positions is null && batch.Length > rows)
            throw new ArgumentException($"{batch.Length} tokens are more than the {rows} positions that the model knows: shorten the text");
        words.Require(batch.TokenIds);
        positions.Require(batch.Positions);
        base.Require(batch);
    }

    private protected override Variable Normalise(Variable x) => norm.Forward(x);

    private protected override Variable Embed(TextInputs inputs)
    {
        var pass = inputs.Pass;
        var embedded = prompt.Prepend(words.Forward(pass, inputs.TokenIds, inputs.Places));
        return dropout.Forward(embedded + (inputs.PositionsOrNext is { } given
            ? positions.Forward(pass, given, inputs.Places) : pass.Of(positions.Weight).Slice(0, inputs.FirstPlace, embedded.Shape[1])));
    }
}

/// <summary>A layer of GPT-2: attention and a perceptron, each behind a norm and added to its input: [B T, D] to [B T, D].</summary>
internal sealed class Gpt2Layer : DecoderLayer
{
    private readonly LayerNorm normBefore;
    private readonly Gpt2Attention attention;
    private readonly LayerNorm normAfter;
    private readonly Gpt2Perceptron perceptron;

    public Gpt2Layer(Gpt2Config config)
    {
        normBefore = Add("ln_1", config.Norm());
        attention = Add("attn", new Gpt2Attention(config));
        normAfter = Add("ln_2", config.Norm());
        perceptron = Add("mlp", new Gpt2Perceptron(config));
    }

    public override void Trace(Variable x, AttentionInputs inputs, ForwardTrace trace) => attention.Trace(normBefore.Forward(x.Detach()), trace);

    protected override Variable Compute(Variable x, AttentionInputs inputs)
    {
        var attended = attention.Forward(normBefore.Forward(x), (inputs, x));
        return perceptron.Forward(normAfter.Forward(attended), attended);
    }
}

/// <summary>Attention and what joins its heads, added to a residual.</summary>
internal sealed class Gpt2Attention : Layer<(AttentionInputs Inputs, Variable Residual)>
{
    private readonly MultiHeadAttention self;
    private readonly Gpt2Residual projection;

    public Gpt2Attention(Gpt2Config config)
    {
        self = Add("", new MultiHeadAttention("c_attn", config.Linear(config.Width, 3 * config.Width), config.Heads, config.AttentionDropout));
        projection = Add("", new Gpt2Residual(config, config.Width));
        // the triangle of ones of older files, and what is put above it
        IgnoreKey("bias");
        IgnoreKey("masked_bias");
    }

    public void Trace(Variable x, ForwardTrace trace)
    {
        if (trace.HasAttentions) trace.Probabilities.Add(self.Probabilities(x, trace.Counts, isCausal: true));
        trace.KeysAndValues.Add(self.KeysAndValues(x));
    }

    protected override Variable Compute(Variable x, (AttentionInputs Inputs, Variable Residual) given) =>
        projection.Forward(self.Forward(x, given.Inputs), given.Residual);
}

/// <summary>Two linear maps with an activation between them, added to a residual.</summary>
internal sealed class Gpt2Perceptron : Layer<Variable>
{
    private readonly Activation activation;
    private readonly Linear up;
    private readonly Gpt2Residual down;

    public Gpt2Perceptron(Gpt2Config config)
    {
        activation = config.Activation;
        up = Add("c_fc", config.Linear(config.Width, config.IntermediateWidth));
        down = Add("", new Gpt2Residual(config, config.IntermediateWidth));
    }

    protected override Variable Compute(Variable x, Variable residual) => down.Forward(up.Forward(x, activation), residual);
}

/// <summary>A linear map and dropout, added to a residual.</summary>
internal sealed class Gpt2Residual : Layer<Variable>
{
    private readonly Linear map;
    private readonly Dropout dropout;

    public Gpt2Residual(Gpt2Config config, int inputs)
    {
        map = Add("c_proj", config.Residual(inputs));
        dropout = Add("dropout", new Dropout(config.ResidualDropout));
    }

    protected override Variable Compute(Variable x, Variable residual) =>
        dropout.IsActive(x.Pass) ? dropout.Forward(map.Forward(x)) + residual : map.Forward(x, residual);
}
