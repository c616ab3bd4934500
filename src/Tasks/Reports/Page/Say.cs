using System.Globalization;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Figures as people read them.</summary>
internal static class Say
{
    public static string Percent(double share) => double.IsFinite(share) ? string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0}") : "–";

    public static string Points(double difference) =>
        double.IsFinite(difference) ? string.Create(CultureInfo.InvariantCulture, $"{(Math.Round(difference * 100, 1) < 0 ? "−" : "+")}{Math.Abs(difference * 100):0.0}") : "–";

    /// <summary>A figure with three digits after the point.</summary>
    public static string Number(double value) => double.IsFinite(value) ? value.ToString("0.000", CultureInfo.InvariantCulture) : "–";

    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string Seconds(double seconds) => seconds < 100
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s") : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(seconds / 60):0} min {seconds % 60:00} s");

    public static string Bytes(long? bytes) => bytes is { } some ? string.Create(CultureInfo.InvariantCulture, $"{some / 1e6:#,0} MB") : "–";

    public static string Things(int count, string one) => $"{Count(count)} {(count == 1 ? one : one + "s")}";

    /// <summary>The verdict as a headline, the style of its colour, and what it means.</summary>
    public static (string Headline, string Style, string Lead) Verdict(TransferReport report)
    {
        if (report.Verdict is not { } verdict) return ("No verdict: there is nothing to compare with", "calm", "A verdict needs an arm from scratch and one with the published weights.");
        var baseline = report.Arms.First(static arm => arm.Name == TransferArm.Scratch.Name);
        var judged = report.Arms.First(arm => arm.Name == report.VerdictArm);
        string interval = double.IsNaN(verdict.HalfWidth) ? Percent(Math.Abs(verdict.Difference)) : $"{Percent(Math.Abs(verdict.Difference))} ± {Percent(verdict.HalfWidth)}";
        string reached = $"With the published weights {Percent(judged.Accuracy)}\u00a0% of the test are right, without them {Percent(baseline.Accuracy)}\u00a0%";
        string level = string.Create(CultureInfo.InvariantCulture, $"{verdict.Level * 100:0.#}\u00a0%"), means = $" (means of {Things(verdict.Seeds, "seed")}; an interval of {level})";
        return verdict.Outcome switch
        {
            TransferOutcome.Helped => ($"The transfer helped by {interval} points", "good", $"{reached}{means}. {Saving(verdict)}".TrimEnd()),
            TransferOutcome.NegativeTransfer => (
                $"Negative transfer: worse by {interval} points", "bad",
                $"{reached}{means}. These weights are in the way: begin with others, or with none."),
            TransferOutcome.Neutral => (
                $"Neutral: {Points(verdict.Difference)} ± {Percent(verdict.HalfWidth)} points", "calm",
                $"{reached}{means}. The interval holds 0 or what is too small to matter, so nothing is shown either way; more seeds or a larger test would make it narrower."),
            _ => (
                $"Undecided: {Points(verdict.Difference)} points by one seed", "calm",
                $"{reached}. With one seed nothing says how far another would be off: run with --seeds 3."),
        };
    }

    private static string Saving(TransferVerdict verdict)
    {
        if (verdict.Saving is not { } saving || !(saving > 1)) return "";
        string share = saving.ToString(saving < 9.95 ? "0.#" : "0", CultureInfo.InvariantCulture), many = verdict.IsSavingLeast ? "At most " : "";
        return $"{many}1/{share} of the examples {(verdict.IsSavingLeast ? "are" : "is")} enough for what training from scratch reaches with all {Count(verdict.Examples)}.";
    }
}
