namespace Graft.Text;

/// <summary>How many tokens a language model is undecided between, in the mean: e to the mean of the negative logarithms of the probabilities it gave.</summary>
public static class Perplexity
{
    /// <summary>From a sum of losses.</summary>
    /// <param name="totalLoss">The sum of the negative logarithms (natural ones) of the tokens' probabilities.</param>
    /// <param name="tokens">How many tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no token.</exception>
    public static double Of(double totalLoss, long tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tokens);
        return Math.Exp(totalLoss / tokens);
    }

    /// <summary>From the tokens' logarithmic probabilities.</summary>
    /// <param name="logProbabilities">The natural logarithm of each token's probability.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no token.</exception>
    public static double Of(ReadOnlySpan<float> logProbabilities)
    {
        double sum = 0;
        foreach (float one in logProbabilities) sum -= one;
        return Of(sum, logProbabilities.Length);
    }
}
