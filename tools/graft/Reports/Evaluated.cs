using System.CommandLine;
using System.Text.Json;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>What an evaluation of texts or sounds found.</summary>
/// <param name="Model">Of which model, as it was given.</param>
/// <param name="Data">On what.</param>
/// <param name="Things">What its examples are called.</param>
/// <param name="Evaluation">The figures.</param>
/// <param name="Matched">How classes were matched where their names differ; null for by name.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record Evaluated(string Model, string Data, string Things, Evaluation Evaluation, string? Matched, double Seconds)
{
    /// <summary>Says it, and returns the exit code.</summary>
    /// <param name="parsed">Where it is said.</param>
    /// <param name="asJson">Whether as JSON.</param>
    /// <param name="further">Writes further members of the object; null for none.</param>
    public int Write(ParseResult parsed, bool asJson, Action<Utf8JsonWriter>? further = null)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (!asJson)
        {
            output.WriteLine($"{Printable.Whole(Model)}: {Tables.Count(Evaluation.Examples)} {Things}: "
                + string.Join(", ", Evaluation.Metrics.All.Select(static metric => $"{metric.Name} {ReportOutput.Text(metric.Name, metric.Value)}"))
                + $", {Tables.Seconds(Seconds)}");
            return ExitCode.Done;
        }
        JsonOutput.Write(output, writer =>
        {
            writer.WriteString("model", Model);
            writer.WriteString("data", Data);
            ReportOutput.WriteMetrics(writer, Evaluation);
            writer.WriteFigure("seconds", Seconds);
            writer.WriteString("matched", Matched);
            further?.Invoke(writer);
        });
        return ExitCode.Done;
    }
}
