using System.Text.Json;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A network that reads words as vectors and judges a text as a whole: <c>logits</c> [B, L].</summary>
/// <remarks>Letters: B texts of T words, D = the vectors' length. Padding has no part in what comes out, on whichever side it is.</remarks>
public abstract class WordModel : TextModel
{
    private readonly Dropout dropout;
    private readonly Linear classifier;

    private protected WordModel(string name, WordModelConfig config, int features) : base(name)
    {
        Config = config;
        Require(config);
        Embeddings = Add("embeddings", new Embedding(config.VocabularySize, config.EmbeddingSize, Initialiser.Normal(0.1f, config.PaddingToken), config.PaddingToken));
        dropout = Add("dropout", new Dropout(config.Dropout));
        classifier = Add("classifier", new Linear(features, config.Labels));
    }

    /// <summary>The sizes.</summary>
    public WordModelConfig Config { get; }

    /// <summary>The words' vectors [V, D]: pretrained ones are written into it, and frozen or not.</summary>
    public Embedding Embeddings { get; }

    /// <inheritdoc/>
    public override TextHead Head => TextHead.SequenceClassification;

    /// <inheritdoc/>
    public override TextModelSizes Sizes => new(Config.VocabularySize, Config.MaximumLength, Config.EmbeddingSize, Config.PaddingToken);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Labels => Config.LabelNames ?? [.. Enumerable.Range(0, Config.Labels).Select(PretrainedInfo.Unnamed)];

    internal sealed override int PoolingRows => 1;

    /// <inheritdoc/>
    public override void Require(TextBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Embeddings.Require(batch.TokenIds);
    }

    /// <inheritdoc/>
    public override Variable Loss(TextOutputs outputs, TextTargets targets)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        ArgumentNullException.ThrowIfNull(targets);
        return SequenceLoss.Of(Name, ProblemType, outputs["logits"], targets);
    }

    internal sealed override IReadOnlyDictionary<string, JsonElement> OtherMembers() => WordFamilies.Members(Config);

    /// <summary>1 for a word and 0 for padding.</summary>
    internal sealed override void WritePoolingWeights(TextBatch batch, Span<float> weights)
    {
        if (batch.AttentionMask is not { } mask) weights.Fill(1);
        else for (int place = 0; place < mask.Length; place++) weights[place] = mask[place];
    }

    /// <inheritdoc/>
    protected sealed override TextOutputs Compute(TextInputs inputs, ForwardTrace? trace)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var vectors = Embeddings.Forward(inputs.Pass, inputs.TokenIds, inputs.Places);
        trace?.States.Add(vectors);
        var words = inputs.Pass.Constant(inputs.PoolingWeights ?? AllWords(inputs));
        return new(("logits", classifier.Forward(dropout.Forward(Features(vectors, words)))));
    }

    /// <summary>What the classifier sees of each text [B, F].</summary>
    /// <param name="vectors">[B, T, D].</param>
    /// <param name="words">[B, 1, T]: 1 for a word and 0 for padding.</param>
    private protected abstract Variable Features(Variable vectors, Variable words);

    private protected void AddStages(params IEnumerable<Module> trunk)
    {
        AddStage("embeddings", Embeddings);
        AddStage("trunk", trunk);
        AddStage("head", dropout, classifier);
    }

    private Tensor<float> AllWords(TextInputs inputs)
    {
        if (inputs.Mask != AttentionMask.None)
            throw new ArgumentException($"{Name} reads words alone, and the inputs have a mask and no {nameof(TextInputs.PoolingWeights)}: give it a {nameof(TextBatch)}");
        var ones = new float[inputs.Sequences * inputs.Length];
        Array.Fill(ones, 1f);
        return inputs.Pass.Upload<float>([inputs.Sequences, 1, inputs.Length], ones);
    }

    private static void Require(WordModelConfig config)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(config.VocabularySize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(config.EmbeddingSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(config.Labels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(config.MaximumLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)config.PaddingToken, (uint)config.VocabularySize);
        if (config.LabelNames is { } names && names.Count != config.Labels) throw new ArgumentException($"{names.Count} names are not those of {config.Labels} labels");
    }
}
