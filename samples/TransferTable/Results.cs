using System.Text.Json;

namespace Graft.Samples.TransferTable;

/// <summary>What came of one run.</summary>
/// <param name="Case">The case's name.</param>
/// <param name="Size">How much was learnt from.</param>
/// <param name="Arm">The arm's name.</param>
/// <param name="Seed">The seed of examples, head and order.</param>
/// <param name="Accuracy">The share of the test that it got right.</param>
/// <param name="Seconds">How long the training took.</param>
/// <param name="Trained">How many numbers were trained.</param>
internal sealed record RunResult(string Case, string Size, string Arm, ulong Seed, double Accuracy, double Seconds, long Trained);

/// <summary>The runs that were made, a line of JSON each in a file.</summary>
internal sealed class Results
{
    private readonly string path;
    private readonly List<RunResult> made = [];

    public Results(string path)
    {
        this.path = path;
        if (File.Exists(path)) made.AddRange(File.ReadLines(path).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<RunResult>(line)!));
    }

    public bool Has(Case found, CaseSize size, Arm arm, ulong seed) =>
        Of(found, size, arm).Any(result => result.Seed == seed);

    public IEnumerable<RunResult> Of(Case found, CaseSize size, Arm arm) =>
        made.Where(result => result.Case == found.Name && result.Size == size.Title && result.Arm == arm.Name);

    public void Add(RunResult result)
    {
        made.Add(result);
        File.AppendAllText(path, JsonSerializer.Serialize(result) + "\n");
    }
}
