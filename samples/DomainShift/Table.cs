namespace Graft.Samples.DomainShift;

/// <summary>Results as Markdown.</summary>
internal static class Table
{
    public static void Write(TextWriter output, string shift, IReadOnlyList<string> methods, IReadOnlyList<Result> results)
    {
        output.WriteLine($"\n## {shift}\n\n| method | right on the target, % | beside the source alone | right on the source, % | expected without labels, % | apart | told, nats | seconds |\n| --- | --- | --- | --- | --- | --- | --- | --- |");
        var alone = Of("source-only");
        foreach (string method in methods)
        {
            if (Of(method) is not { Count: > 0 } runs) continue;
            string gain = alone.Count == 0 ? "" : $"{100 * (Mean(runs, static run => run.Target) - Mean(alone, static run => run.Target)):+0.0;-0.0;0.0}";
            output.WriteLine($"| {method} | **{100 * Mean(runs, static run => run.Target):0.0}** ({string.Join(", ", runs.Select(static run => $"{100 * run.Target:0.0}"))}) | {gain} | "
                + $"{100 * Mean(runs, static run => run.Source):0.0} | {100 * Mean(runs, static run => run.Expected):0.0} | {Mean(runs, static run => run.Distance):0.00} | {Mean(runs, static run => run.Information):0.00} | {Mean(runs, static run => run.Seconds):0} |");
        }
        foreach (ulong seed in alone.Select(static run => run.Seed))
        {
            // nobody who has no labels can choose the oracle
            var runs = results.Where(run => run.Shift == shift && run.Seed == seed && run.Method != Run.Oracle).ToList();
            Result expected = runs.MaxBy(static run => run.Expected)!, told = runs.MaxBy(static run => run.Information)!, best = runs.MaxBy(static run => run.Target)!;
            output.WriteLine($"\nSeed {seed}: by the errors to be expected {Said(expected)} would be chosen, by what answers tell {Said(told)}; the best is {Said(best)}.");
        }

        List<Result> Of(string method) => [.. results.Where(run => run.Shift == shift && run.Method == method).OrderBy(static run => run.Seed)];
    }

    private static string Said(Result run) => $"{run.Method} ({100 * run.Target:0.0} %)";

    private static double Mean(List<Result> runs, Func<Result, double> figure) => runs.Average(figure);
}
