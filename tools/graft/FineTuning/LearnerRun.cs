using System.CommandLine;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>What a fine-tuning of texts or sounds says when it is done.</summary>
/// <param name="Task">What was learnt.</param>
/// <param name="Model">What learnt it.</param>
/// <param name="Weights">What it began with; null for random values.</param>
/// <param name="Data">What it learnt from.</param>
/// <param name="Classes">The names of the outputs; empty for none.</param>
/// <param name="Examples">How many examples it learnt from.</param>
/// <param name="Report">How it went.</param>
/// <param name="Saved">The folder that it was saved to; null where nothing was.</param>
/// <param name="Problem">Why that is another than was asked for; null where it is not.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Device">Where it was computed.</param>
internal sealed record LearnerRun(
    string Task, Model Model, string? Weights, string Data, IReadOnlyList<string> Classes, int Examples, FitReport Report, string? Saved, string? Problem, ulong Seed, string Device)
{
    /// <summary>How well the recipe does on what it has not learnt from; null where that was not asked for.</summary>
    public CrossValidation? Folds { get; init; }

    /// <summary>How many of the words have a vector; null for a model without word vectors.</summary>
    public double? Coverage { get; init; }

    /// <summary>What the transfer was worth; null where nobody asked.</summary>
    public ReportMade? Worth { get; init; }

    /// <summary>How it was adapted to another domain; nothing unless it was.</summary>
    public AdaptationOptions Adaptation { get; init; } = new();

    /// <summary>What is known of that domain; null for none.</summary>
    public DomainComparison? Domains { get; init; }

    /// <summary>Says it, and returns the exit code.</summary>
    public int Write(ParseResult parsed, bool asJson)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        if (asJson) WriteJson(output);
        else WriteText(output);
        int code = SavePlace.Tell(error, Problem, Report.Interrupted);
        if (!Report.Interrupted) return code;
        error.WriteLine(Saved is not null
            ? $"graft: interrupted; what was learnt in {Tables.Count(Report.Steps)} steps is saved in {Printable.Whole(Saved)}, and --resume goes on with it"
            : "graft: interrupted before the first step; nothing was saved");
        return code;
    }

    private void WriteJson(TextWriter output) => JsonOutput.Write(output, writer =>
    {
        writer.WriteString("task", Task);
        writer.WriteString("model", Model.Name);
        writer.WriteString("weights", Weights);
        writer.WriteString("data", Data);
        writer.WriteTexts("classes", Classes);
        writer.WriteNumber("examples", Examples);
        if (Coverage is { } covered) writer.WriteFigure("coverage", covered);
        ReportOutput.Write(writer, Report);
        FoldOptions.Write(writer, Folds);
        if (Domains is not null)
        {
            writer.WriteString("method", Adaptation.Method!.Name);
            AdaptationOutcome.Write(writer, "target", Classes, Domains);
        }
        writer.WriteString("out", Saved);
        writer.WriteBoolean("interrupted", Report.Interrupted);
        writer.WriteNumber("seed", Seed);
        writer.WriteString("device", Device);
        Worth?.WriteJson(writer);
    });

    private void WriteText(TextWriter output)
    {
        ReportOutput.Write(output, Report);
        FoldOptions.Write(output, Folds);
        output.WriteLine($"{Model.Name}: {Tables.Count(Examples)} examples; {Tables.Count(Report.Steps)} steps in {Tables.Seconds(Report.Seconds)}, "
            + $"{Tables.Count(Report.TrainableParameters)} parameters trained");
        if (Domains is not null) output.WriteLine($"{Adaptation.Method} on {Printable.Whole(Adaptation.Target!)}: {AdaptationOutcome.Text(Classes, Domains)}");
        if (Saved is not null) output.WriteLine($"saved in {Printable.Whole(Saved)}");
        Worth?.WriteText(output);
    }
}
