using System.Globalization;
using System.Text;
using Graft.Testing;

namespace Graft.Onnx.Tests;

/// <summary>The ONNX project's own conformance cases: every one whose operators are all known has to pass.</summary>
public sealed class NodeTests(ITestOutputHelper output)
{
    // what has been reached; it may only rise
    private const int Floor = 1103;

    private const string Page = "docs/onnx-operators.md";

    /// <summary>Cases that cannot pass, each with its reason.</summary>
    private static readonly Dictionary<string, string> Exceptions = new(StringComparer.Ordinal)
    {
        ["node/test_training_dropout_mask"] = "which elements are dropped follows from NumPy's generator",
    };

    [Fact]
    public void Every_case_of_known_operators_passes()
    {
        var counts = new SortedDictionary<string, (int Passed, int Total)>(StringComparer.Ordinal);
        var wrong = new List<string>();
        int passed = 0, unknown = 0;
        var cases = NodeCase.All();
        foreach (var one in cases)
        {
            using var file = OnnxFile.Open(new CheckpointFile("case.onnx", one.Model));
            string[] operators = NodeCase.Operators(file);
            string? problem = one.Run(file);
            bool isUnknown = problem is not null && problem.Contains("not known here: ", StringComparison.Ordinal);
            if (problem is null) passed++;
            else if (isUnknown) unknown++;
            else if (!Exceptions.ContainsKey(one.Name)) wrong.Add($"{one.Name}: {problem}");
            foreach (string name in operators)
            {
                var (right, total) = counts.GetValueOrDefault(name);
                counts[name] = (right + (problem is null ? 1 : 0), total + 1);
            }
        }
        var table = new StringBuilder();
        foreach (var (name, (right, total)) in counts)
            table.Append(CultureInfo.InvariantCulture, $"| {name} | {right} | {total} |\n");
        string summary = string.Create(CultureInfo.InvariantCulture, $"{passed} of {cases.Count} cases pass; {unknown} need an operator that is not known.");
        output.WriteLine(summary);
        output.WriteLine(table.ToString());
        foreach (string line in wrong) output.WriteLine(line);
        Assert.True(wrong.Count == 0, $"{wrong.Count} cases fail, {summary}:\n{string.Join('\n', wrong)}");
        Assert.True(passed >= Floor, summary);
        RequirePage(summary, table.ToString());
    }

    /// <summary>The page of the documentation says the same; <c>GRAFT_ACCEPT_OPERATORS=1</c> writes it.</summary>
    private static void RequirePage(string summary, string table)
    {
        string path = Path.Combine(RealData.Repository, Page), mark = "| operator | passed | cases |\n| --- | --- | --- |\n";
        string text = File.ReadAllText(path);
        int start = text.IndexOf(mark, StringComparison.Ordinal), line = text.LastIndexOf("\n\n", Math.Max(0, start - 3), StringComparison.Ordinal);
        Assert.True(start > 0 && line > 0, $"{Page} has no table of operators");
        string wanted = $"{text[..line]}\n\n{summary}\n\n{mark}{table}";
        if (Environment.GetEnvironmentVariable("GRAFT_ACCEPT_OPERATORS") == "1") File.WriteAllText(path, wanted);
        else Assert.True(text == wanted, $"{Page} is not of today: run this test with GRAFT_ACCEPT_OPERATORS=1 and look at the difference");
    }
}
