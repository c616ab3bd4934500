using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>Llama's embeddings, layers and norm.</summary>
/// <remarks>Letters: B sequences, T tokens, D = width.</remarks>
internal sealed class LlamaTrunk : DecoderTrunk
{
    private readonly int longest;
    private readonly Embedding words;
    private readonly PromptSlot prompt;
    private readonly DecoderLayer[] layers;
    private readonly RmsNorm norm;
    private readonly RotaryTable table;

    public LlamaTrunk(LlamaConfig config)
    {
        longest = config.MaximumPositions;
        table = new RotaryTable(config.Rotary);
        words = Add("embed_tokens", new Embedding(config.VocabularySize, config.Width, Initialiser.Normal(config.InitializerRange), config.PaddingToken));
        prompt = Add("", new PromptSlot(config.Width));
        layers = [.. Enumerable.Range(0, config.Layers).Select(
            number => Add(string.Create(CultureInfo.InvariantCulture, $"layers.{number}"), new LlamaLayer(config, config.Windows[number])))];
        norm = Add("norm", config.Norm());
    }

    public override Parameter WordEmbeddings => words.Weight;

    private protected override IEnumerable<Module> Embeddings => [words, prompt];

    private protected override DecoderLayer[] Layers => layers;

    private protected override Module Norm => norm;

    public override void Require(TextBatch batch)
    {
        if (batch.Positions is null && batch.Length > longest)
            throw new ArgumentException($"{batch.Length} tokens are more than the {longest} positions that the model knows: shorten the text");
        foreach (int position in batch.Positions ?? [])
            if ((uint)position >= (uint)longest) throw new ArgumentException($"the position {position} is none of the {longest} that the model knows, 0 ... {longest - 1}");
        words.Require(batch.TokenIds);
        base.Require(batch);
    }

    private protected override Variable Embed(TextInputs inputs) => prompt.Prepend(words.Forward(inputs.Pass, inputs.TokenIds, inputs.Places));

    private protected override Variable Normalise(Variable x) => norm.Forward(x);

    private protected override RotaryAngles? Rotation(TextInputs inputs, int length)
    {
        if (inputs.PositionsOrNext is not { } positions) return table.Of(inputs.Pass, inputs.FirstPlace, length, length, positions: null);
        int end = inputs.PositionsEnd ?? (inputs.Positions is null ? inputs.State?.Capacity : null) ?? longest;
        return table.Of(inputs.Pass, 0, end, length, positions);
    }
}

/// <summary>A layer of Llama: attention and a gated perceptron, each behind a norm and added to its input: [B T, D] to [B T, D].</summary>
internal sealed class LlamaLayer : DecoderLayer
{
    private readonly RmsNorm normBefore;
    private readonly LlamaAttention attention;
    private readonly RmsNorm normAfter;
    private readonly LlamaPerceptron perceptron;

    public LlamaLayer(LlamaConfig config, int window)
    {
        normBefore = Add("input_layernorm", config.Norm());
        attention = Add("self_attn", new LlamaAttention(config, window));
        normAfter = Add("post_attention_layernorm", config.Norm());
        perceptron = Add("mlp", new LlamaPerceptron(config));
    }

    public override void Trace(Variable x, AttentionInputs inputs, ForwardTrace trace) => attention.Trace(normBefore.Forward(x.Detach()), inputs, trace);

    protected override Variable Compute(Variable x, AttentionInputs inputs)
    {
        var attended = attention.Forward(normBefore.Forward(x), (inputs, x));
        return perceptron.Forward(normAfter.Forward(attended), attended);
    }
}

/// <summary>Attention and what joins its heads, added to a residual.</summary>
internal sealed class LlamaAttention : Layer<(AttentionInputs Inputs, Variable Residual)>
{
    private readonly MultiHeadAttention self;
    private readonly Linear output;

    public LlamaAttention(LlamaConfig config, int window)
    {
        self = Add("", new MultiHeadAttention(
            ("q_proj", "k_proj", "v_proj"), config.Width, config.Heads, config.AttentionDropout, (inputs, outputs) => config.Linear(inputs, outputs, config.HasAttentionBiases),
            config.KeyHeads, config.HeadSize, window: window));
        output = Add("o_proj", config.Linear(config.Heads * config.HeadSize, config.Width, config.HasOutputBias));
        IgnoreKey("rotary_emb.inv_freq", "frequencies that are computed");
    }

    public void Trace(Variable x, AttentionInputs inputs, ForwardTrace trace)
    {
        if (trace.HasAttentions) trace.Probabilities.Add(self.Probabilities(x, trace.Counts, isCausal: true, rotation: inputs.Rotation));
        trace.KeysAndValues.Add(self.KeysAndValues(x, inputs.Rotation));
    }

    protected override Variable Compute(Variable x, (AttentionInputs Inputs, Variable Residual) given) => output.Forward(self.Forward(x, given.Inputs), given.Residual);
}

/// <summary>A map whose activation is multiplied with another map, and one behind them (SwiGLU, Shazeer 2020), added to a residual.</summary>
internal sealed class LlamaPerceptron : Layer<Variable>
{
    private readonly Activation activation;
    private readonly Linear gate;
    private readonly Linear up;
    private readonly Linear down;

    public LlamaPerceptron(LlamaConfig config)
    {
        activation = config.Activation;
        gate = Add("gate_proj", config.Linear(config.Width, config.IntermediateWidth, config.HasPerceptronBiases));
        up = Add("up_proj", config.Linear(config.Width, config.IntermediateWidth, config.HasPerceptronBiases));
        down = Add("down_proj", config.Linear(config.IntermediateWidth, config.Width, config.HasPerceptronBiases));
    }

    protected override Variable Compute(Variable x, Variable residual) => down.Forward(gate.Forward(x, activation) * up.Forward(x), residual);
}
