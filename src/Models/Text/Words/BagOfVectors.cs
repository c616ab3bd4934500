using Graft.Autograd;

namespace Graft.Models;

/// <summary>The mean of a text's word vectors, a hidden layer where it is wanted, and a classifier (Iyyer et al. 2015, "deep averaging").</summary>
public sealed class BagOfVectors : WordModel
{
    internal const string TypeName = "bag-of-vectors", ClassName = "BagOfVectorsForSequenceClassification";

    private readonly Linear? hidden;

    /// <summary>Makes a network with initial values throughout.</summary>
    /// <param name="config">Its sizes.</param>
    /// <exception cref="ArgumentException">A size is out of range.</exception>
    public BagOfVectors(WordModelConfig config) : base(ClassName, config ?? throw new ArgumentNullException(nameof(config)), config.HiddenSize > 0 ? config.HiddenSize : config.EmbeddingSize)
    {
        if (config.HiddenSize > 0) hidden = Add("hidden", new Linear(config.EmbeddingSize, config.HiddenSize));
        AddStages(hidden is null ? [] : [hidden]);
    }

    /// <inheritdoc/>
    public override string ModelType => TypeName;

    /// <inheritdoc/>
    public override TextModel Remake(int labels, ulong seed) => new BagOfVectors(WordFamilies.With(Config, labels)) { Seed = seed, ProblemType = ProblemType };

    private protected override Variable Features(Variable vectors, Variable words)
    {
        var sum = words.MatMul(vectors).Reshape([vectors.Shape[0], vectors.Shape[2]]);
        var mean = sum / words.Sum(2);
        return hidden is null ? mean : hidden.Forward(mean, Activation.Relu);
    }
}
