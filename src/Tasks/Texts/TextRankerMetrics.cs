using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The figures of a ranker: of each pair on its own, and of each query's list.</summary>
internal static class TextRankerMetrics
{
    /// <summary>The label from which on a document counts as relevant.</summary>
    private const float Relevant = 0.5f;

    /// <param name="pairs">Queries and documents with labels from 0 to 1.</param>
    /// <param name="logits">The logit of each pair.</param>
    public static Evaluation Of(LabelledTexts pairs, IReadOnlyList<float> logits)
    {
        double loss = 0;
        int correct = 0;
        for (int pair = 0; pair < pairs.Count; pair++)
        {
            loss += TextClassifierMetrics.BinaryCrossEntropy(logits[pair], pairs.Value(pair));
            if (logits[pair] > 0 == pairs.Value(pair) >= Relevant) correct++;
        }
        int count = Math.Max(1, pairs.Count);
        var figures = new List<(string, double)> { (Metrics.Loss, loss / count), (Metrics.Accuracy, (double)correct / count) };
        int[] all = [.. Enumerable.Range(0, pairs.Count)];
        // a list whose documents are all alike says nothing, however it is ordered
        int[][] lists = [.. all.GroupBy(pair => pairs[pair].Text, StringComparer.Ordinal).Select(static list => list.ToArray())
            .Where(list => list.Select(pairs.Value).Distinct().Count() > 1)];
        if (Ranked(lists, logits, Mark) is { } byMark)
            figures.AddRange([($"mrr@{byMark.Places}", byMark.ReciprocalRank), ($"map@{byMark.Places}", byMark.AveragePrecision)]);
        if (Ranked(lists, logits, pairs.Value) is { } byGain) figures.Add(($"ndcg@{byGain.Places}", byGain.Gain));
        if (Ranked([all], logits, Mark, count) is { } together) figures.Add(("average_precision", together.AveragePrecision));
        return new Evaluation(pairs.Count, correct, new Metrics(figures));

        float Mark(int pair) => pairs.Value(pair) >= Relevant ? 1 : 0;
    }

    /// <summary>The scores of lists; null where nothing is relevant in any.</summary>
    private static RankingScores? Ranked(int[][] lists, IReadOnlyList<float> logits, Func<int, float> gain, int places = 10)
    {
        IReadOnlyDictionary<int, double>[] relevant = [.. lists.Select(list => list.ToDictionary(static pair => pair, pair => (double)gain(pair)))];
        if (!relevant.Any(static list => list.Values.Any(static value => value > 0))) return null;
        return RankingScores.Of<int>([.. lists.Select(list => list.OrderByDescending(pair => logits[pair]).ToArray())], relevant, places);
    }
}
