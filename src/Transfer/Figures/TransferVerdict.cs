using System.Globalization;

namespace Graft.Transfer;

/// <summary>Whether a transfer was worth it: the accuracy with the published weights beside that without them, by paired seeds.</summary>
/// <param name="Outcome">What it did.</param>
/// <param name="Difference">The mean of transfer - scratch over the seeds, at the most examples that both learnt from; 0.05 is five points.</param>
/// <param name="HalfWidth">Half the width of its interval; NaN where nothing says it.</param>
/// <param name="Level">The interval's level, such as 0.95.</param>
/// <param name="Examples">How many examples both learnt from.</param>
/// <param name="Seeds">How many pairs of seeds there are.</param>
/// <param name="Saving">z: scratch needs z times the examples that the transfer needs for the same accuracy; null where the curve does not say it.</param>
/// <param name="IsSavingLeast">Whether the fewest examples that were tried were enough, so that z is that at least.</param>
public sealed record TransferVerdict(
    TransferOutcome Outcome, double Difference, double HalfWidth, double Level, int Examples, int Seeds, double? Saving, bool IsSavingLeast)
{
    /// <summary>The level of intervals where none is given.</summary>
    public const double UsualLevel = 0.95;

    /// <summary>The difference below which nobody would care, where none is given: half a point.</summary>
    public const double UsualMargin = 0.005;

    /// <summary>Judges.</summary>
    /// <param name="transfer">The arm that began with the published weights, at one or more numbers of examples.</param>
    /// <param name="scratch">The arm that began with nothing; at the most examples that both have, the same seeds.</param>
    /// <param name="level">The level of the interval, in (0, 1).</param>
    /// <param name="margin">The smallest difference that matters.</param>
    /// <exception cref="ArgumentException">No number of examples and seed is in both.</exception>
    /// <remarks>The interval has two parts, whose squares add up. One is Student's, of the differences of the seeds: with three of them it is 4.3 standard errors
    /// wide, as it has to be. The other, where the scores say which examples they got right, is what another test of the same size would change (McNemar's
    /// variance of the mean difference an example): seeds share their test, so more of them do not make it smaller.
    /// <para>The saving is read off the transfer's accuracies by the logarithm of the examples, made to rise throughout (isotonic regression).</para></remarks>
    public static TransferVerdict Of(
        IReadOnlyList<ArmScore> transfer, IReadOnlyList<ArmScore> scratch, double level = UsualLevel, double margin = UsualMargin)
    {
        ArgumentNullException.ThrowIfNull(transfer);
        ArgumentNullException.ThrowIfNull(scratch);
        if (!(level > 0 && level < 1)) throw new ArgumentOutOfRangeException(nameof(level), level, "the level of an interval is in (0, 1)");
        ArgumentOutOfRangeException.ThrowIfNegative(margin);
        var pairs = transfer.Join(scratch, static one => (one.Examples, one.Seed), static one => (one.Examples, one.Seed), static (with, without) => (With: with, Without: without)).ToList();
        if (pairs.Count == 0) throw new ArgumentException("the arms have no number of examples and seed in common, so nothing can be compared in pairs", nameof(scratch));
        int examples = pairs.Max(static pair => pair.With.Examples);
        pairs.RemoveAll(pair => pair.With.Examples != examples);

        double[] differences = [.. pairs.Select(static pair => pair.With.Accuracy - pair.Without.Accuracy)];
        double mean = differences.Average(), half = double.NaN;
        double ofTest = TestVariance(pairs) is { } variance ? StudentT.Critical(level, double.PositiveInfinity) * Math.Sqrt(variance) : 0;
        if (differences.Length > 1)
        {
            double squares = differences.Sum(difference => (difference - mean) * (difference - mean)) / (differences.Length - 1);
            double ofSeeds = StudentT.Critical(level, differences.Length - 1) * Math.Sqrt(squares / differences.Length);
            half = Math.Sqrt(ofSeeds * ofSeeds + ofTest * ofTest);
        }
        var outcome = double.IsNaN(half) ? TransferOutcome.Undecided
            : Math.Abs(mean) <= Math.Max(half, margin) ? TransferOutcome.Neutral
            : mean > 0 ? TransferOutcome.Helped : TransferOutcome.NegativeTransfer;
        double target = pairs.Average(static pair => pair.Without.Accuracy);
        var (needed, isLeast) = mean > 0 ? ExamplesFor(transfer, target) : (null, false);
        return new TransferVerdict(outcome, mean, half, level, examples, differences.Length, examples / needed, isLeast && needed < examples);
    }

    /// <summary>The verdict in a sentence: "helped by 12.4 ± 2.1 points; needs 1/4 of the examples".</summary>
    public override string ToString()
    {
        string points = Points(Math.Abs(Difference)), interval = double.IsNaN(HalfWidth) ? points : $"{points} ± {Points(HalfWidth)}";
        return Outcome switch
        {
            TransferOutcome.Helped => $"helped by {interval} points{SavingInWords()}",
            TransferOutcome.NegativeTransfer => $"negative transfer: worse by {interval} points",
            TransferOutcome.Neutral => $"neutral: {(Difference < 0 ? "-" : "")}{interval} points",
            _ => $"undecided: {(Difference < 0 ? "-" : "")}{points} points by one seed, and nothing says how far another would be off",
        };
    }

    /// <summary>How many examples the transfer needs for an accuracy; null where it never has it. Whether the fewest that were tried were enough.</summary>
    private static (double? Examples, bool IsLeast) ExamplesFor(IReadOnlyList<ArmScore> arm, double accuracy)
    {
        var points = arm.GroupBy(static score => score.Examples).OrderBy(static group => group.Key)
            .Select(static group => (Examples: group.Key, Accuracy: group.Average(static score => score.Accuracy), Weight: (double)group.Count())).ToList();
        double[] rising = Rising([.. points.Select(static point => point.Accuracy)], [.. points.Select(static point => point.Weight)]);
        if (rising[0] >= accuracy) return (points[0].Examples, true);
        for (int i = 1; i < rising.Length; i++)
        {
            if (rising[i] < accuracy) continue;
            double low = Math.Log(points[i - 1].Examples), high = Math.Log(points[i].Examples);
            return (Math.Exp(low + (high - low) * (accuracy - rising[i - 1]) / (rising[i] - rising[i - 1])), false);
        }
        return (null, false);
    }

    /// <summary>The nearest row of numbers that never falls: neighbours that do are put together (pool adjacent violators).</summary>
    private static double[] Rising(double[] values, double[] weights)
    {
        var blocks = new List<(double Mean, double Weight, int Count)>();
        for (int i = 0; i < values.Length; i++)
        {
            blocks.Add((values[i], weights[i], 1));
            while (blocks.Count > 1 && blocks[^2].Mean > blocks[^1].Mean)
            {
                var (first, second) = (blocks[^2], blocks[^1]);
                double weight = first.Weight + second.Weight;
                blocks.RemoveRange(blocks.Count - 2, 2);
                blocks.Add(((first.Mean * first.Weight + second.Mean * second.Weight) / weight, weight, first.Count + second.Count));
            }
        }
        return [.. blocks.SelectMany(static block => Enumerable.Repeat(block.Mean, block.Count))];
    }

    /// <summary>The variance of the mean difference by the choice of the test's examples; null where the scores do not say which were right.</summary>
    private static double? TestVariance(List<(ArmScore With, ArmScore Without)> pairs)
    {
        int tests = pairs[0].With.Right?.Count ?? 0;
        if (tests < 2 || pairs.Exists(pair => pair.With.Right?.Count != tests || pair.Without.Right?.Count != tests)) return null;
        var mean = new double[tests];
        foreach (var (with, without) in pairs)
            for (int i = 0; i < tests; i++) mean[i] += ((with.Right![i] ? 1.0 : 0) - (without.Right![i] ? 1.0 : 0)) / pairs.Count;
        double middle = mean.Average();
        return mean.Sum(one => (one - middle) * (one - middle)) / (tests - 1) / tests;
    }

    private string SavingInWords()
    {
        if (Saving is not > 1) return "";
        string share = Saving.Value.ToString(Saving < 9.95 ? "0.#" : "0", CultureInfo.InvariantCulture);
        return $"; needs {(IsSavingLeast ? "at most " : "")}1/{share} of the examples";
    }

    private static string Points(double share) => (share * 100).ToString("0.0", CultureInfo.InvariantCulture);
}
