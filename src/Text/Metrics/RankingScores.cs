namespace Graft.Text;

/// <summary>How well lists were ranked, as a mean over queries; from 0 to 1.</summary>
public sealed record RankingScores
{
    /// <summary>How many places of each list count.</summary>
    public required int Places { get; init; }

    /// <summary>How many queries there are.</summary>
    public required int Count { get; init; }

    /// <summary>One over the place of the first relevant one, 0 where none is among the places (MRR@k).</summary>
    public required double ReciprocalRank { get; init; }

    /// <summary>The share of relevant ones that are among the places (recall@k).</summary>
    public required double Recall { get; init; }

    /// <summary>The gains by place, each divided by log2(place + 1), over those of the best order (nDCG@k; Järvelin and Kekäläinen 2002).</summary>
    public required double Gain { get; init; }

    /// <summary>The share of relevant ones up to each place that has one, added up and divided by how many the places could have (MAP@k).</summary>
    public required double AveragePrecision { get; init; }

    /// <summary>Figures by name: <c>mrr@10</c>, <c>recall@10</c>, <c>ndcg@10</c>, <c>map@10</c>.</summary>
    public IReadOnlyList<(string Name, double Value)> Figures =>
        [($"mrr@{Places}", ReciprocalRank), ($"recall@{Places}", Recall), ($"ndcg@{Places}", Gain), ($"map@{Places}", AveragePrecision)];

    /// <summary>Compares rankings with what is relevant.</summary>
    /// <param name="rankings">What was found for each query, best first, each at most once.</param>
    /// <param name="relevant">What is relevant to each query, and how much: above 0. A query without any does not count.</param>
    /// <param name="places">How many places count.</param>
    /// <typeparam name="T">What is ranked: an index, a name.</typeparam>
    /// <exception cref="ArgumentException">There are not as many queries on both sides, or none has anything relevant.</exception>
    public static RankingScores Of<T>(IReadOnlyList<IReadOnlyList<T>> rankings, IReadOnlyList<IReadOnlyDictionary<T, double>> relevant, int places = 10)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(rankings);
        ArgumentNullException.ThrowIfNull(relevant);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(places);
        if (rankings.Count != relevant.Count) throw new ArgumentException($"{rankings.Count} rankings do not fit {relevant.Count} queries");
        double reciprocal = 0, recall = 0, gain = 0, precision = 0;
        int count = 0;
        for (int query = 0; query < rankings.Count; query++)
        {
            double[] best = [.. relevant[query].Values.Where(static value => value > 0).OrderDescending()];
            if (best.Length == 0) continue;
            count++;
            int found = 0;
            double gained = 0, precise = 0;
            for (int place = 0; place < Math.Min(places, rankings[query].Count); place++)
            {
                if (!relevant[query].TryGetValue(rankings[query][place], out double value) || value <= 0) continue;
                if (found++ == 0) reciprocal += 1.0 / (place + 1);
                precise += (double)found / (place + 1);
                gained += value / Math.Log2(place + 2);
            }
            recall += (double)found / best.Length;
            precision += precise / Math.Min(places, best.Length);
            gain += gained / best.Take(places).Select(static (value, place) => value / Math.Log2(place + 2)).Sum();
        }
        if (count == 0) throw new ArgumentException("no query has anything relevant", nameof(relevant));
        return new RankingScores
        {
            Places = places,
            Count = count,
            ReciprocalRank = reciprocal / count,
            Recall = recall / count,
            Gain = gain / count,
            AveragePrecision = precision / count,
        };
    }
}
