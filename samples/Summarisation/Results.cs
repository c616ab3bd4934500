using System.Text.Json;
using Graft.Text;

namespace Graft.Samples.Summarisation;

/// <summary>What came of one way to head paragraphs.</summary>
internal sealed record Result(string Arm, ulong Seed, double Rouge1, double Rouge2, double RougeL, double Exact, double Seconds)
{
    public static Result Of(string arm, ulong seed, IReadOnlyList<string> written, ParallelTexts test, double seconds = 0)
    {
        var scores = RougeScores.Of(written, test.Targets);
        return new Result(arm, seed, scores.Rouge1.F1, scores.Rouge2.F1, scores.RougeL.F1, SequenceMatch.Of(written, test.Targets).Share, seconds);
    }
}

/// <summary>The results that there are, a line of JSON each in a file.</summary>
internal sealed class Results
{
    private readonly string path;
    private readonly List<Result> made = [];

    public Results(string path)
    {
        this.path = path;
        if (File.Exists(path)) made.AddRange(File.ReadLines(path).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<Result>(line)!));
    }

    public bool Has(string arm, ulong seed) => made.Exists(result => result.Arm == arm && result.Seed == seed);

    public void Add(Result result)
    {
        made.Add(result);
        File.AppendAllText(path, JsonSerializer.Serialize(result) + "\n");
        Console.Error.WriteLine($"{result.Arm}, seed {result.Seed}: ROUGE-L {100 * result.RougeL:0.0}");
    }

    /// <summary>A row for each arm, the means over its seeds.</summary>
    public string Table()
    {
        List<string> lines = ["| | seeds | ROUGE-1 | ROUGE-2 | ROUGE-L | word for word |", "| --- | --- | --- | --- | --- | --- |"];
        foreach (var arm in made.GroupBy(static result => result.Arm))
        {
            string each = arm.Count() > 1 ? $" ({string.Join(", ", arm.Select(static result => $"{100 * result.RougeL:0.0}"))})" : "";
            lines.Add($"| {arm.Key} | {arm.Count()} | {100 * arm.Average(static one => one.Rouge1):0.0} | {100 * arm.Average(static one => one.Rouge2):0.0} | "
                + $"{100 * arm.Average(static one => one.RougeL):0.0}{each} | {100 * arm.Average(static one => one.Exact):0.0} % |");
        }
        return string.Join('\n', lines);
    }
}
