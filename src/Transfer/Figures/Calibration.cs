namespace Graft.Transfer;

/// <summary>How far a classifier's probabilities are what they say: of the answers that it gives with a confidence of 0.8, eight of ten should be right.</summary>
/// <param name="Bins">The reliability diagram: the answers by their confidence, in parts of one width.</param>
/// <param name="ExpectedError">The expected calibration error: |accuracy - confidence| of each bin, weighted by its answers (Guo et al. 2017).</param>
/// <param name="LargestError">The largest of them (maximum calibration error).</param>
/// <param name="Loss">The mean cross-entropy.</param>
/// <param name="Examples">How many answers there are.</param>
public sealed record Calibration(IReadOnlyList<ReliabilityBin> Bins, double ExpectedError, double LargestError, double Loss, int Examples)
{
    /// <summary>The number of bins that is usual.</summary>
    public const int UsualBins = 15;

    /// <summary>Of logits and the right classes.</summary>
    /// <param name="logits">A row of classes for each label [N, C].</param>
    /// <param name="labels">The right classes [N].</param>
    /// <param name="temperature">What the logits are divided by first.</param>
    /// <param name="bins">How many bins of equal width the confidences from 0 to 1 are put in; each holds its upper end and not its lower one.</param>
    /// <exception cref="ArgumentException">There is not a row for each label, or a label is no class.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The temperature or the number of bins is not above 0.</exception>
    public static Calibration Of(ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, double temperature = 1, int bins = UsualBins)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        int classes = Logits.Classes(logits, labels);
        var (confidences, right) = (new double[labels.Length], new bool[labels.Length]);
        double loss = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            var row = logits.Slice(i * classes, classes);
            int answer = Logits.IndexOfLargest(row);
            double total = Logits.LogSumExp(row, 1 / temperature).Value;
            confidences[i] = Math.Exp(row[answer] / temperature - total);
            right[i] = answer == labels[i];
            loss += total - row[labels[i]] / temperature;
        }
        return Of(confidences, right, loss / labels.Length, bins);
    }

    /// <summary>Of confidences in answers and whether those were right.</summary>
    /// <param name="confidences">From 0 to 1 [N].</param>
    /// <param name="right">Whether each answer was right [N].</param>
    /// <param name="loss">The mean cross-entropy, where it is known.</param>
    /// <param name="bins">How many bins of equal width there are.</param>
    /// <exception cref="ArgumentException">There are not as many on both sides, or none.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of bins is not above 0.</exception>
    public static Calibration Of(ReadOnlySpan<double> confidences, ReadOnlySpan<bool> right, double loss = double.NaN, int bins = UsualBins)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bins);
        if (confidences.Length == 0 || confidences.Length != right.Length)
            throw new ArgumentException($"there are {confidences.Length} confidences and {right.Length} answers: one for each is needed, and one at least", nameof(right));
        var (counts, sums, hits) = (new int[bins], new double[bins], new int[bins]);
        for (int i = 0; i < confidences.Length; i++)
        {
            int bin = Math.Clamp((int)Math.Ceiling(confidences[i] * bins) - 1, 0, bins - 1);
            counts[bin]++;
            sums[bin] += confidences[i];
            if (right[i]) hits[bin]++;
        }
        double expected = 0, largest = 0;
        var parts = new ReliabilityBin[bins];
        for (int bin = 0; bin < bins; bin++)
        {
            parts[bin] = new ReliabilityBin(
                (double)bin / bins, (bin + 1.0) / bins, counts[bin],
                counts[bin] == 0 ? double.NaN : sums[bin] / counts[bin], counts[bin] == 0 ? double.NaN : (double)hits[bin] / counts[bin]);
            if (counts[bin] == 0) continue;
            double gap = Math.Abs(parts[bin].Accuracy - parts[bin].Confidence);
            expected += gap * counts[bin] / confidences.Length;
            largest = Math.Max(largest, gap);
        }
        return new Calibration(parts, expected, largest, loss, confidences.Length);
    }
}

/// <summary>The answers whose confidence is in (<paramref name="From"/>, <paramref name="To"/>].</summary>
/// <param name="From">Where the bin begins.</param>
/// <param name="To">Where it ends.</param>
/// <param name="Count">How many answers it has.</param>
/// <param name="Confidence">Their mean confidence; NaN where there is none.</param>
/// <param name="Accuracy">The share of them that is right; NaN where there is none.</param>
public sealed record ReliabilityBin(double From, double To, int Count, double Confidence, double Accuracy);
