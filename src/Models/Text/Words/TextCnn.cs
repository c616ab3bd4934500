using System.Globalization;
using Graft.Autograd;

namespace Graft.Models;

/// <summary>Windows of several widths over word vectors, of each feature the largest value over the text, and a classifier (Kim 2014, "Convolutional
/// neural networks for sentence classification").</summary>
/// <remarks>A window ends at each word and reaches back; before the first word there are zeros, so that a text may be shorter than a window.</remarks>
public sealed class TextCnn : WordModel
{
    internal const string TypeName = "text-cnn", ClassName = "TextCnnForSequenceClassification";

    private const float Lowest = -1e9f;

    private readonly Conv1d[] convolutions;

    /// <summary>Makes a network with initial values throughout.</summary>
    /// <param name="config">Its sizes.</param>
    /// <exception cref="ArgumentException">A size is out of range.</exception>
    public TextCnn(WordModelConfig config) : base(ClassName, config ?? throw new ArgumentNullException(nameof(config)), FeaturesOf(config))
    {
        convolutions = new Conv1d[config.Widths.Count];
        for (int i = 0; i < convolutions.Length; i++)
        {
            int width = config.Widths[i];
            convolutions[i] = Add(string.Create(CultureInfo.InvariantCulture, $"convolutions.{i}"), new Conv1d(config.EmbeddingSize, config.Filters, width, padding: width - 1));
        }
        AddStages(convolutions);
    }

    /// <inheritdoc/>
    public override string ModelType => TypeName;

    /// <inheritdoc/>
    public override TextModel Remake(int labels, ulong seed) => new TextCnn(WordFamilies.With(Config, labels)) { Seed = seed, ProblemType = ProblemType };

    private protected override Variable Features(Variable vectors, Variable words)
    {
        int texts = vectors.Shape[0], length = vectors.Shape[1];
        // padding is zero whatever stands in its row of the table, and no window that ends in it counts
        var known = (vectors * words.Reshape([texts, length, 1])).Transpose(1, 2);
        var passedOver = (words - 1f) * -Lowest;
        var largest = new Variable[convolutions.Length];
        for (int i = 0; i < largest.Length; i++) largest[i] = (convolutions[i].Forward(known).Slice(2, 0, length) + passedOver).Max(2);
        return Variable.Concat(largest, 1).Relu();
    }

    private static int FeaturesOf(WordModelConfig config)
    {
        if (config.Widths.Count == 0 || config.Widths.Any(static width => width < 1)) throw new ArgumentException("a CNN has windows of one word or more", nameof(config));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(config.Filters);
        return config.Widths.Count * config.Filters;
    }
}
