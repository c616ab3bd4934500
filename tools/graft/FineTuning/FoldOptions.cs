using System.CommandLine;
using System.Text.Json;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary><c>--folds</c>: how well the recipe does on what it has not learnt from, before it learns from everything.</summary>
internal sealed class FoldOptions
{
    private readonly Option<int> folds = Options.WholeNumber(
        "--folds", "Cross-validation first: the examples in so many parts of like classes, each evaluated by a model that learnt from the others; then all are learnt from.",
        2, preset: null);

    public FoldOptions(Command command) => command.Add(folds);

    /// <summary>Refuses it for a task that has no such evaluation.</summary>
    /// <exception cref="WrongInputException">It is given.</exception>
    public void RequireNone(ParseResult parsed, string task)
    {
        if (parsed.Find(folds) is not null) throw new WrongInputException($"{folds.Name} is not for --task {task}: leave it out, and keep a share with --held-out");
    }

    /// <summary>Evaluates every part, where that was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="display">Shows how far it is.</param>
    /// <param name="run">Evaluates so many parts and tells of each.</param>
    /// <exception cref="WrongInputException">The examples are too few.</exception>
    public CrossValidation? Run(ParseResult parsed, ProgressDisplay display, Func<int, Action<Evaluation>, CrossValidation> run)
    {
        if (parsed.Find(folds) is not { } count) return null;
        int done = 0;
        try
        {
            return run(count, evaluation => display.Line($"part {++done}/{count}: {Tables.Percent(evaluation.Accuracy)} correct"));
        }
        catch (ArgumentException exception) when (done == 0)
        {
            throw new WrongInputException($"--folds {count}: {Shell.Line(exception.Message)}");
        }
    }

    public static void Write(Utf8JsonWriter writer, CrossValidation? crossed)
    {
        if (crossed is null) return;
        writer.WriteStartObject("crossValidation");
        writer.WriteStartArray("parts");
        foreach (var fold in crossed.Folds) writer.WriteNumberValue(fold.Accuracy);
        writer.WriteEndArray();
        writer.WriteFigure("accuracy", crossed.Mean(Metrics.Accuracy));
        writer.WriteFigure("spread", crossed.Spread(Metrics.Accuracy));
        writer.WriteEndObject();
    }

    public static void Write(TextWriter output, CrossValidation? crossed)
    {
        if (crossed is null) return;
        output.WriteLine($"cross-validation in {Tables.Count(crossed.Folds.Count)} parts: {Tables.Percent(crossed.Mean(Metrics.Accuracy))} correct, "
            + $"{Tables.Percent(crossed.Spread(Metrics.Accuracy))} between parts");
    }
}
