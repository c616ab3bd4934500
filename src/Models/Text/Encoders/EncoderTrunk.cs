using System.Globalization;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The encoder of BERT (Devlin et al. 2018) and of those made after it: embeddings, layers, and the pooler where the head above uses
/// one.</summary>
/// <remarks>Letters: B sequences, T tokens, E = embedding size, D = hidden size.</remarks>
internal sealed class EncoderTrunk : Module
{
    private readonly EncoderEmbeddings embeddings;
    private readonly Linear? projection;
    private readonly EncoderLayer[] layers;
    // each layer in the order in which it runs: shared ones more than once
    private readonly EncoderLayer[] steps;
    private readonly int stepsInLayer;
    private readonly RelativePositionBias? relative;
    private readonly EncoderPooler? pooler;

    public EncoderTrunk(EncoderConfig config, bool hasPooler)
    {
        var family = config.Family;
        embeddings = config.SharedEmbeddings ?? Add("embeddings", new EncoderEmbeddings(config));
        if (family.ProjectionKey is { } projects && (family.AlwaysProjects || config.EmbeddingSize != config.HiddenSize))
            projection = Add(projects, config.Linear(config.EmbeddingSize, config.HiddenSize));
        int groups = config.SharedGroups, inGroup = groups == 0 ? 1 : config.LayersInGroup;
        layers = [.. Enumerable.Range(0, (groups == 0 ? config.Layers : groups) * inGroup).Select(number => Add(family.LayerKey(config, number), new EncoderLayer(config)))];
        stepsInLayer = inGroup;
        steps = groups == 0 ? layers
            : [.. Enumerable.Range(0, config.Layers).SelectMany(layer => layers.Skip((int)((long)layer * groups / config.Layers) * inGroup).Take(inGroup))];
        if (config.RelativeBuckets > 0) relative = Add(family.RelativeKey, new RelativePositionBias(config.RelativeBuckets, config.Heads, Initialiser.Normal(config.InitializerRange)));
        if (family.PoolerKey is not { } key) return;
        if (hasPooler) pooler = Add(key, new EncoderPooler(config));
        else foreach (string parameter in (string[])["weight", "bias"]) IgnoreKey($"{key}.{parameter}", "a pooler that this head does without");
    }

    /// <summary>Its embeddings, for another encoder to share.</summary>
    public EncoderEmbeddings Embeddings => embeddings;

    /// <summary>[V, E].</summary>
    public Parameter WordEmbeddings => embeddings.Words;

    /// <summary>Whether there is a pooler.</summary>
    public bool HasPooler => pooler is not null;

    /// <summary>The embeddings, each layer, and the head: the pooler, if any, and the modules given.</summary>
    public IEnumerable<(string Name, IEnumerable<Module> Modules)> StagesWith(params IEnumerable<Module> head) =>
    [
        // shared embeddings are a stage of the encoder whose part they are
        ("embeddings", new Module?[] { embeddings.Root == Root ? embeddings : null, projection, relative }.OfType<Module>()),
        .. layers.Select((layer, number) => (string.Create(CultureInfo.InvariantCulture, $"layer{number}"), (IEnumerable<Module>)[layer])),
        ("head", pooler is null ? head : [pooler, .. head]),
    ];

    /// <summary>The last hidden states [B, T, D]. Without a trace the pass keeps nothing of the way but what backward needs.</summary>
    public Variable Forward(TextInputs inputs, ForwardTrace? trace)
    {
        var states = ForwardAll(inputs, trace);
        return embeddings.Prompted == 0 ? states : states.Slice(1, embeddings.Prompted, inputs.Length);
    }

    /// <summary>The same with the states of learnt embeddings in front [B, P + T, D].</summary>
    public Variable ForwardAll(TextInputs inputs, ForwardTrace? trace)
    {
        var x = embeddings.Forward(inputs);
        if (projection is not null) x = projection.Forward(x);
        var shape = x.Shape;
        trace?.States.Add(x);
        // the layers see rows: attention alone separates the sequences
        x = x.Reshape([shape[0] * shape[1], shape[2]]);
        var bias = relative?.Forward(inputs.Pass, shape[1]);
        var given = new AttentionInputs(inputs.Sequences, inputs.Mask, Bias: bias);
        if (trace is null)
            return LayerScope.Stages(steps, x, given, static (rows, with) => with.Step.Forward(rows, with.Inputs)).Reshape(shape);
        for (int step = 0; step < steps.Length; step++)
        {
            if (trace.HasAttentions) trace.Probabilities.Add(steps[step].Probabilities(x.Reshape(shape), trace.Counts, bias));
            x = steps[step].Forward(x, given);
            if ((step + 1) % stepsInLayer == 0) trace.States.Add(x.Reshape(shape));
        }
        return x.Reshape(shape);
    }

    /// <summary>Refuses a batch with a token, a type or a position that the tables have no row for.</summary>
    public void Require(TextBatch batch) => embeddings.Require(batch);

    /// <summary>The first token's state of each sequence: [B, T, D] to [B, D]; of those alone themselves.</summary>
    public static Variable First(Variable states, Tensor<int>? places)
    {
        if (states.Shape.Rank == 2) return states;
        int sequences = states.Shape[0], width = states.Shape[2];
        return places is null ? states.Slice(1, 0, 1).Reshape([sequences, width])
            : states.Reshape([sequences * states.Shape[1], width]).Embedding(places, [sequences]);
    }

    /// <summary>The pooler's output for the first token's state: [B, D].</summary>
    public Variable Pool(Variable states, Tensor<int>? places) => pooler!.Forward(states, new FirstToken(places));
}

/// <summary>Where the first token of each sequence is among the rows [B T].</summary>
/// <param name="Places">[B]; null for the first place of each.</param>
internal readonly record struct FirstToken(Tensor<int>? Places);

/// <summary>tanh of a linear map of the first token's state: [B, T, D] to [B, D].</summary>
internal sealed class EncoderPooler : Layer<FirstToken>
{
    private readonly Linear dense;

    public EncoderPooler(EncoderConfig config) => dense = Add("", config.Linear(config.HiddenSize, config.HiddenSize));

    protected override Variable Compute(Variable x, FirstToken first) => dense.Forward(EncoderTrunk.First(x, first.Places)).Tanh();
}
