using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>The encoder of BERT (Devlin et al. 2018): embeddings, layers, and the pooler where the head above uses one.</summary>
/// <remarks>Letters: B sequences, T tokens, D = hidden size.</remarks>
internal sealed class BertTrunk : Module
{
    private readonly BertEmbeddings embeddings;
    private readonly BertLayer[] layers;
    private readonly BertPooler? pooler;

    public BertTrunk(BertConfig config, bool hasPooler)
    {
        embeddings = Add("embeddings", new BertEmbeddings(config));
        var chain = Add("encoder", new BertEncoder(config));
        layers = chain.Layers;
        if (hasPooler) pooler = Add("pooler", new BertPooler(config));
        else foreach (string key in (string[])["weight", "bias"]) IgnoreKey($"pooler.dense.{key}");
    }

    /// <summary>[V, D].</summary>
    public Parameter WordEmbeddings => embeddings.Words;

    /// <summary>The embeddings, each layer, and the head: the pooler, if any, and the modules given.</summary>
    public IEnumerable<(string Name, IEnumerable<Module> Modules)> StagesWith(params IEnumerable<Module> head) =>
    [
        ("embeddings", [embeddings]),
        .. layers.Select((layer, number) => (string.Create(CultureInfo.InvariantCulture, $"layer{number}"), (IEnumerable<Module>)[layer])),
        ("head", pooler is null ? head : [pooler, .. head]),
    ];

    /// <summary>The last hidden states [B, T, D]. Without a trace the pass keeps nothing of the way but what backward needs.</summary>
    public Variable Forward(TextInputs inputs, ForwardTrace? trace)
    {
        var x = embeddings.Forward(inputs);
        var shape = x.Shape;
        trace?.States.Add(x);
        // the layers see rows: attention alone separates the sequences
        x = x.Reshape([shape[0] * shape[1], shape[2]]);
        trace?.Probabilities.Add(layers[0].Probabilities(x.Reshape(shape), trace.Counts));
        x = LayerScope.Chain(layers, x, new AttentionInputs(inputs.Sequences, inputs.Mask), static (layer, rows, given) => layer.Forward(rows, given), trace is null ? null : Tap);
        return x.Reshape(shape);

        void Tap(BertLayer layer, Variable rows)
        {
            trace.States.Add(rows.Reshape(shape));
            int next = trace.States.Count - 1;
            if (next < layers.Length) trace.Probabilities.Add(layers[next].Probabilities(rows.Reshape(shape), trace.Counts));
        }
    }

    /// <summary>Refuses a batch with a token, a type or a position that the tables have no row for.</summary>
    public void Require(TextBatch batch) => embeddings.Require(batch);

    /// <summary>The pooler's output for the first token's state: [B, D].</summary>
    public Variable Pool(Variable states) => pooler!.Forward(states);
}

/// <summary>The sum of token, position and token type embeddings, normalised: ids [B, T] to [B, T, D].</summary>
internal sealed class BertEmbeddings : Module
{
    private readonly Embedding words;
    private readonly Embedding positions;
    private readonly Embedding types;
    private readonly LayerNorm norm;
    private readonly Dropout dropout;

    public BertEmbeddings(BertConfig config)
    {
        var initialiser = Initialiser.Normal(config.InitializerRange);
        words = Add("word_embeddings", new Embedding(
            config.VocabularySize, config.HiddenSize, Initialiser.Normal(config.InitializerRange, config.PaddingToken), config.PaddingToken));
        positions = Add("position_embeddings", new Embedding(config.MaximumPositions, config.HiddenSize, initialiser));
        types = Add("token_type_embeddings", new Embedding(config.TokenTypes, config.HiddenSize, initialiser));
        norm = Add("LayerNorm", new LayerNorm(config.HiddenSize, config.LayerNormEpsilon));
        dropout = Add("dropout", new Dropout(config.HiddenDropout));
        // 0, 1, 2 ...: files of before 2023 have them
        IgnoreKey("position_ids");
    }

    public Parameter Words => words.Weight;

    public void Require(TextBatch batch)
    {
        if (batch.Positions is null && batch.Length > positions.Weight.Shape[0])
            throw new ArgumentException($"{batch.Length} tokens are more than the {positions.Weight.Shape[0]} positions that the model knows: shorten the text");
        words.Require(batch.TokenIds);
        types.Require(batch.TokenTypes);
        positions.Require(batch.Positions);
    }

    public Variable Forward(TextInputs inputs) => LayerScope.Run(this, inputs.Pass, (Embeddings: this, inputs), static given => given.Embeddings.Compute(given.inputs));

    private Variable Compute(TextInputs inputs)
    {
        var pass = inputs.Pass;
        // without types all tokens are of type 0, and without positions they are 0, 1, 2 ...: the tables' first rows
        var sum = words.Forward(pass, inputs.TokenIds, inputs.Places)
            + (inputs.TokenTypes is { } kinds ? types.Forward(pass, kinds, inputs.Places) : pass.Of(types.Weight).Slice(0, 0, 1));
        sum += inputs.Positions is { } given
            ? positions.Forward(pass, given, inputs.Places) : pass.Of(positions.Weight).Slice(0, 0, inputs.Length);
        return dropout.Forward(norm.Forward(sum));
    }
}

/// <summary>The layers, keyed <c>layer.0</c>, <c>layer.1</c> ...</summary>
internal sealed class BertEncoder : Module
{
    public BertEncoder(BertConfig config) => Layers =
    [
        .. Enumerable.Range(0, config.Layers).Select(number => Add(string.Create(CultureInfo.InvariantCulture, $"layer.{number}"), new BertLayer(config))),
    ];

    public BertLayer[] Layers { get; }
}

/// <summary>tanh of a linear map of the first token's state: [B, T, D] to [B, D].</summary>
internal sealed class BertPooler : Layer
{
    private readonly Linear dense;

    public BertPooler(BertConfig config) => dense = Add("dense", BertLayer.Linear(config, config.HiddenSize, config.HiddenSize));

    protected override Variable Compute(Variable x) =>
        dense.Forward(x.Slice(1, 0, 1).Reshape([x.Shape[0], x.Shape[2]])).Tanh();
}
