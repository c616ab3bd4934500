using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>graft features</c>: what the trunk makes of pictures, before the head, as a safetensors file.</summary>
internal static class FeaturesCommand
{
    public static Command Make()
    {
        var command = new Command(
            "features",
            "Writes what the trunk makes of pictures as safetensors: 'features' [N, D], and 'labels' [N] for one folder with a sub-folder a class or one NumPy archive; "
            + "the paths and class names are in its metadata. "
            + Pictures.Rules);
        var images = new Argument<string[]>("IMAGE") { Description = "Pictures, folders of them, or NumPy archives (.npz).", Arity = ArgumentArity.OneOrMore };
        command.Add(images);
        var split = DataOptions.Split();
        command.Add(split);
        var model = new ModelOptions(command);
        var target = Options.FilePath("--out", "FILE", "The safetensors file to write.", required: true);
        command.Add(target);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        command.SetAction((parsed, interrupt) =>
        {
            var choice = model.Choose(parsed);
            var source = FeatureSource.Of(parsed.GetRequiredValue(images), parsed.GetValue(split));
            var place = Prepare(parsed.GetRequiredValue(target), source.Images, choice);
            using var where = device.Open(parsed);
            var classifier = choice.Open(where.Device, interrupt: interrupt);

            var error = parsed.InvocationConfiguration.Error;
            Notes.Tell(error, string.Join(", ", parsed.GetRequiredValue(images)), source.Notes);
            var clock = Stopwatch.StartNew();
            var rows = ProgressDisplay.Show(error, display =>
            {
                var count = display.Count(source.Images.Count, "picture");
                var done = new List<(int Index, float[] Row)>();
                foreach (var answer in classifier.Features(source.Images, Unreadable, interrupt))
                {
                    done.Add(answer);
                    count();
                }
                return done;

                void Unreadable(int index, ImageException problem)
                {
                    display.Line($"graft: {Shell.Line(problem.Message)}");
                    count();
                }
            });
            int left = source.Images.Count - rows.Count;
            if (rows.Count == 0) throw new WorkFailedException("none of the pictures can be used, so nothing was written");
            int width = rows[0].Row.Length;
            var (file, problem) = place.Save(path => source.Write(path, choice, classifier, rows, interrupt));

            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
                JsonOutput.Write(output, writer =>
                {
                    choice.Write(writer, classifier);
                    writer.WriteString("out", file);
                    writer.WriteStartArray("shape");
                    writer.WriteNumberValue(rows.Count);
                    writer.WriteNumberValue(width);
                    writer.WriteEndArray();
                    writer.WriteNumber("failed", left);
                    Notes.Write(writer, source.Notes);
                    if (source.ClassNames is { } names) writer.WriteTexts("classes", names);
                    else writer.WriteNull("classes");
                    writer.WriteFigure("seconds", clock.Elapsed.TotalSeconds);
                });
            else output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{Printable.Whole(file)}: features [{rows.Count}, {width}]"
                + $"{(source.ClassNames is { } names ? $", labels of {names.Count} classes" : "")}, {Tables.Seconds(clock.Elapsed.TotalSeconds)}"));
            int code = SavePlace.Tell(error, problem);
            return Task.FromResult(left == 0 ? code : ExitCode.Failed);
        });
        return command;
    }

    private static OutputFile Prepare(string file, IImageDataset pictures, ModelChoice choice)
    {
        string full = Path.GetFullPath(file);
        bool isInput = Enumerable.Range(0, pictures.Count).Any(index => Path.GetFullPath(pictures.Name(index)) == full)
            || (choice.Source is { } weights && (full == Path.GetFullPath(weights) || full == Path.GetFullPath(Path.Combine(weights, ModelFolder.WeightsFileName))));
        if (isInput) throw new WrongInputException($"--out {Printable.Whole(file)} would overwrite its own source: give another name");
        return OutputFile.Prepare("--out", file);
    }
}
