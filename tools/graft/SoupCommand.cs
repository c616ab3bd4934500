using System.CommandLine;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>graft soup</c>: averages the weights of saved classifiers.</summary>
internal static class SoupCommand
{
    public static Command Make()
    {
        var command = new Command(
            "soup",
            "Averages the weights of classifiers that were fine-tuned from one start in different ways, and saves the mean as one. With --data a model goes in only where it "
            + "does not make the mean worse there (a greedy soup); without it all go in.");
        var models = new Argument<string[]>("MODEL") { Description = "The folders of saved classifiers, two at least.", Arity = ArgumentArity.OneOrMore };
        command.Add(models);
        var target = Options.FilePath("--out", "DIR", "The folder to save the mean to.", required: true);
        command.Add(target);
        var data = Options.FilePath("--data", "DIR|FILE", "What is evaluated on: a folder of pictures with a sub-folder a class, a NumPy archive, or a file of texts.");
        command.Add(data);
        var columns = new TextData(command);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        command.SetAction((parsed, interrupt) =>
        {
            string[] folders = parsed.GetRequiredValue(models);
            if (folders.Length < 2) throw new WrongInputException("a soup is made of two models at least: give their folders");
            foreach (string folder in folders)
                if (!ModelFolder.IsOne(folder)) throw new WrongInputException($"{Printable.Whole(folder)} is no folder of a saved model");
            string? validation = parsed.GetValue(data);
            using var where = device.Open(parsed);
            var weights = new FileInfo(Path.Combine(folders[0], ModelFolder.WeightsFileName));
            var place = OutputFolder.Prepare(parsed.GetRequiredValue(target), weights.Exists ? weights.Length : 0, validation);
            var (report, (saved, problem)) = PretrainedModel.HeadOf(folders[0]) is { } head
                ? OfTexts(folders, head, validation is null ? null : columns.Labelled(validation, parsed), where, place, interrupt)
                : OfImages(folders, validation is null ? null : LabelledImages.Open(validation, DataUse.Evaluation), where, place, interrupt);
            Write(parsed, folders, validation, report, saved, parsed.GetValue(json));
            return Task.FromResult(SavePlace.Tell(parsed.InvocationConfiguration.Error, problem));
        });
        return command;
    }

    private static (SoupReport Report, (string Saved, string? Problem) Kept) OfImages(
        string[] folders, LabelledImages? pictures, OpenDevice where, OutputFolder place, CancellationToken interrupt)
    {
        var (soup, report) = Refusing(() => ModelSoup.OfImages(
            folders, pictures is null ? null : classifier => classifier.Evaluate(classifier.Match(pictures, out _), cancellation: interrupt).Accuracy, where.Device));
        using (soup) return (report, place.Save(soup.Save));
    }

    private static (SoupReport Report, (string Saved, string? Problem) Kept) OfTexts(
        string[] folders, TextHead head, Graft.Text.LabelledTexts? texts, OpenDevice where, OutputFolder place, CancellationToken interrupt)
    {
        if (head != TextHead.SequenceClassification) throw new WrongInputException($"{Printable.Whole(folders[0])} is no classifier of texts: soups are made of classifiers");
        var (soup, report) = Refusing(() => ModelSoup.OfTexts(
            folders, texts is null ? null : classifier => classifier.Evaluate(texts, interrupt).Accuracy, where.Device));
        using (soup) return (report, place.Save(soup.Save));
    }

    private static T Refusing<T>(Func<T> cook)
    {
        try
        {
            return cook();
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException(Shell.Line(exception.Message));
        }
    }

    private static void Write(ParseResult parsed, string[] folders, string? data, SoupReport report, string saved, bool asJson)
    {
        var output = parsed.InvocationConfiguration.Output;
        if (asJson)
        {
            JsonOutput.Write(output, writer =>
            {
                writer.WriteString("data", data);
                writer.WriteTexts("used", report.Used);
                writer.WriteStartArray("models");
                for (int i = 0; i < folders.Length; i++)
                {
                    writer.WriteStartObject();
                    writer.WriteString("model", folders[i]);
                    if (report.Scores.Count > 0) writer.WriteFigure("accuracy", report.Scores[i]);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
                if (report.Score is { } accuracy) writer.WriteFigure("accuracy", accuracy);
                writer.WriteString("out", saved);
            });
            return;
        }
        for (int i = 0; i < report.Scores.Count; i++) output.WriteLine($"{Printable.Whole(folders[i])}: {Tables.Percent(report.Scores[i])} correct");
        output.WriteLine($"the mean of {Tables.Count(report.Used.Count)} of {Tables.Count(folders.Length)} models"
            + (report.Score is { } score ? $": {Tables.Percent(score)} correct" : ""));
        output.WriteLine($"saved in {Printable.Whole(saved)}");
    }
}
