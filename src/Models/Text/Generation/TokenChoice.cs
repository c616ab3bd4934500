namespace Graft.Models;

/// <summary>Choices by scores.</summary>
internal static class TokenChoice
{
    /// <summary>The token of the highest score; the first of equals.</summary>
    /// <exception cref="InvalidOperationException">No token is allowed, or the scores are no numbers.</exception>
    public static int Likeliest(ReadOnlySpan<float> scores)
    {
        int best = -1;
        float highest = float.NegativeInfinity;
        for (int token = 0; token < scores.Length; token++)
            if (scores[token] > highest) (best, highest) = (token, scores[token]);
        return best >= 0 ? best : throw Nothing(scores);
    }

    /// <summary>The token at a share of all probability, softmax of the scores in the tokens' order.</summary>
    /// <param name="scores">[V].</param>
    /// <param name="share">A number in [0, 1).</param>
    /// <exception cref="InvalidOperationException">No token is allowed, or the scores are no numbers.</exception>
    public static int Draw(ReadOnlySpan<float> scores, float share)
    {
        float highest = scores[Likeliest(scores)];
        double sum = 0;
        foreach (float score in scores) sum += Weight(score, highest);
        double left = sum * share;
        int last = -1;
        for (int token = 0; token < scores.Length; token++)
        {
            double weight = Weight(scores[token], highest);
            if (weight == 0) continue;
            last = token;
            left -= weight;
            if (left < 0) return token;
        }
        return last;
    }

    /// <summary>Logarithms of probabilities in place of logits.</summary>
    /// <exception cref="InvalidOperationException">The scores are no numbers.</exception>
    public static void LogSoftmax(Span<float> scores)
    {
        float highest = scores[Likeliest(scores)];
        double sum = 0;
        foreach (float score in scores) sum += Weight(score, highest);
        double logSum = highest + Math.Log(sum);
        foreach (ref float score in scores) score = (float)(score - logSum);
    }

    private static double Weight(float score, float highest) => float.IsNegativeInfinity(score) ? 0 : MathF.Exp(score - highest);

    private static InvalidOperationException Nothing(ReadOnlySpan<float> scores) => new(scores.ContainsAnyExcept(float.NegativeInfinity)
        ? "generation: the model's scores are not numbers (NaN): its weights are damaged, or too large"
        : "generation: the options forbid every token that could come next: allow an end token, or less repetition");
}
