namespace Graft.Samples.Games;

/// <summary>Results as Markdown.</summary>
internal static class Table
{
    public static void Write(TextWriter output, IReadOnlyList<string> arms, IReadOnlyList<Result> results)
    {
        output.WriteLine("| | tested, mean of 100 episodes | frames to the level | of seeds | seconds |\n| --- | --- | --- | --- | --- |");
        foreach (string arm in arms)
        {
            var of = results.Where(result => result.Arm == arm).ToList();
            if (of.Count == 0) continue;
            double[] needed = [.. of.Where(static result => result.FramesTo is not null).Select(static result => (double)result.FramesTo!.Value).Order()];
            string frames = needed.Length == 0 ? "never" : $"{needed[needed.Length / 2]:n0} ({needed[0]:n0} to {needed[^1]:n0})";
            output.WriteLine($"| {arm} | {Spread(of.Select(static result => result.Tested))} | {frames} | {needed.Length} of {of.Count} | {of.Average(static result => result.Seconds):0} |");
        }
        output.WriteLine("\n| share of the frames | " + string.Join(" | ", arms) + " |\n| --- |" + string.Concat(arms.Select(static _ => " --- |")));
        for (int part = 0; part < results[0].Curve.Length; part++)
            output.WriteLine($"| {(part + 1) * 100 / results[0].Curve.Length} % | {string.Join(" | ", arms.Select(arm => Band(results, arm, part)))} |");
    }

    private static string Band(IReadOnlyList<Result> results, string arm, int part)
    {
        double[] of = [.. results.Where(result => result.Arm == arm && result.Curve[part] is not null).Select(result => result.Curve[part]!.Value)];
        return of.Length == 0 ? "" : Spread(of);
    }

    private static string Spread(IEnumerable<double> numbers)
    {
        double[] all = [.. numbers];
        double mean = all.Average();
        return all.Length < 2 ? $"{mean:0.0}" : $"{mean:0.0} ± {Math.Sqrt(all.Sum(number => (number - mean) * (number - mean)) / (all.Length - 1)):0.0}";
    }
}
