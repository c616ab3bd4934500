using System.Globalization;
using System.Text;

namespace Graft.Samples.TransferTable;

/// <summary>A case's runs as a table of Markdown: a row an arm, a column a size, the mean over the seeds and their range.</summary>
internal static class Table
{
    public static string Of(Case found, IReadOnlyList<Arm> arms, Results results)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"### {found.Name}\n\n| |");
        foreach (var size in found.Sizes) text.Append(CultureInfo.InvariantCulture, $" {size.Title} ({size.Epochs} epochs) |");
        text.Append("\n| --- |").Insert(text.Length, " --- |", found.Sizes.Count).Append('\n');
        foreach (var arm in arms)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {arm.Title} |");
            foreach (var size in found.Sizes)
            {
                var runs = results.Of(found, size, arm).OrderBy(run => run.Seed).ToList();
                if (runs.Count == 0)
                {
                    text.Append(" |");
                    continue;
                }
                string each = string.Join(", ", runs.Select(run => (100 * run.Accuracy).ToString("0.0", CultureInfo.InvariantCulture)));
                text.Append(CultureInfo.InvariantCulture, $" **{100 * runs.Average(run => run.Accuracy):0.0}** ({each}); {runs.Average(run => run.Seconds):0} s |");
            }
            text.Append('\n');
        }
        return text.ToString();
    }
}
