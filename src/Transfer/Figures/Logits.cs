namespace Graft.Transfer;

/// <summary>Rows of logits: what they say of classes.</summary>
internal static class Logits
{
    /// <summary>How many classes rows have.</summary>
    /// <exception cref="ArgumentException">They are not as many rows as labels, or a label is no class.</exception>
    public static int Classes(ReadOnlySpan<float> logits, ReadOnlySpan<int> labels)
    {
        if (labels.Length == 0 || logits.Length == 0 || logits.Length % labels.Length != 0)
            throw new ArgumentException($"{logits.Length} logits are not a row for each of {labels.Length} labels", nameof(logits));
        int classes = logits.Length / labels.Length;
        for (int i = 0; i < labels.Length; i++)
            if ((uint)labels[i] >= (uint)classes) throw new ArgumentException($"label {i} is {labels[i]}; there are {classes} classes, 0 to {classes - 1}", nameof(labels));
        return classes;
    }

    /// <summary>The first of the largest, as PyTorch's <c>argmax</c>.</summary>
    public static int IndexOfLargest(ReadOnlySpan<float> row)
    {
        int best = 0;
        for (int i = 1; i < row.Length; i++)
            if (row[i] > row[best]) best = i;
        return best;
    }

    /// <summary>log of the sum of e^(b x) over a row, its derivative by b, and the second one.</summary>
    public static (double Value, double First, double Second) LogSumExp(ReadOnlySpan<float> row, double b)
    {
        double largest = double.NegativeInfinity;
        foreach (float x in row) largest = Math.Max(largest, b * x);
        double sum = 0, first = 0, second = 0;
        foreach (float x in row)
        {
            double share = Math.Exp(b * x - largest);
            sum += share;
            first += share * x;
            second += share * x * x;
        }
        first /= sum;
        return (largest + Math.Log(sum), first, second / sum - first * first);
    }
}
