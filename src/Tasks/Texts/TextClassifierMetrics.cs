using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The figures of a text classifier, by what its labels are.</summary>
internal static class TextClassifierMetrics
{
    /// <param name="texts">The texts with the model's class indices.</param>
    /// <param name="outputs">The logits of each text, in order.</param>
    /// <param name="answered">Reports each text of one class: its class and the predicted one.</param>
    public static Evaluation Of(LabelledTexts texts, IEnumerable<ReadOnlyMemory<float>> outputs, Action<int, int>? answered) => texts.Kind switch
    {
        TextLabelKind.SingleLabel => SingleLabel(texts, outputs, answered),
        TextLabelKind.MultiLabel => MultiLabel(texts, outputs),
        _ => Regression(texts, outputs),
    };

    private static Evaluation SingleLabel(LabelledTexts texts, IEnumerable<ReadOnlyMemory<float>> outputs, Action<int, int>? answered)
    {
        int[] expected = new int[texts.Count], predicted = new int[texts.Count];
        int correct = 0;
        double loss = 0;
        foreach (var (index, logits) in outputs.Index())
        {
            expected[index] = texts.Class(index);
            predicted[index] = ImageInference.IndexOfLargest(logits.Span);
            loss -= ImageInference.LogSoftmax(logits.Span)[expected[index]];
            if (expected[index] == predicted[index]) correct++;
            answered?.Invoke(expected[index], predicted[index]);
        }
        var scores = ClassificationScores.Of(expected, predicted, texts.ClassNames.Count);
        return new Evaluation(texts.Count, correct, WithLoss(loss, texts.Count, scores.Figures));
    }

    private static Evaluation MultiLabel(LabelledTexts texts, IEnumerable<ReadOnlyMemory<float>> outputs)
    {
        var expected = new List<IReadOnlyCollection<int>>();
        var predicted = new List<IReadOnlyCollection<int>>();
        double loss = 0;
        foreach (var (index, logits) in outputs.Index())
        {
            var right = texts.Classes(index);
            expected.Add([.. right]);
            var given = new List<int>();
            for (int label = 0; label < logits.Length; label++)
            {
                double x = logits.Span[label];
                loss += BinaryCrossEntropy(x, right.Contains(label) ? 1 : 0) / logits.Length;
                if (x > 0) given.Add(label);
            }
            predicted.Add(given);
        }
        var scores = ClassificationScores.Of(expected, predicted, texts.ClassNames.Count);
        return new Evaluation(texts.Count, (int)Math.Round(scores.Accuracy * texts.Count), WithLoss(loss, texts.Count, scores.Figures));
    }

    private static Evaluation Regression(LabelledTexts texts, IEnumerable<ReadOnlyMemory<float>> outputs)
    {
        float[] expected = new float[texts.Count], predicted = new float[texts.Count];
        double loss = 0;
        foreach (var (index, numbers) in outputs.Index())
        {
            (expected[index], predicted[index]) = (texts.Value(index), numbers.Span[0]);
            loss += Math.Pow(predicted[index] - expected[index], 2);
        }
        return new Evaluation(
            texts.Count, WithLoss(loss, texts.Count, [("pearson", Correlation.Pearson(expected, predicted)), ("spearman", Correlation.Spearman(expected, predicted))]));
    }

    /// <summary>-t log sigmoid(x) - (1 - t) log sigmoid(-x) of a logit x and the probability t that it should be.</summary>
    public static double BinaryCrossEntropy(double logit, double target) => Math.Max(logit, 0) - target * logit + Math.Log(1 + Math.Exp(-Math.Abs(logit)));

    private static Metrics WithLoss(double sum, int count, IEnumerable<(string Name, double Value)> figures) =>
        new([(Metrics.Loss, sum / Math.Max(1, count)), .. figures]);
}
