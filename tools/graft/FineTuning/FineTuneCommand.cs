using System.CommandLine;

namespace Graft.CommandLine;

/// <summary><c>graft fine-tune</c>: adapts a model to pictures, texts or sounds and saves it.</summary>
internal static class FineTuneCommand
{
    private const string Pictured = "image-classification";

    public static Command Make()
    {
        var command = new Command(
            "fine-tune",
            "Adapts a model to pictures of classes of your own, or with --task to texts or sounds, and saves it. "
            + "Ctrl-C, SIGTERM and SIGHUP save what was learnt until then (exit code 130, 143, 129). "
            + "A picture that cannot be decoded is reported, and the rest is learnt from as long as something is left of every class. "
            + Pictures.Rules);
        var task = Options.Choice("--task", "What is learnt.", [Pictured, .. TextTasks.Names, .. SpeechTasks.Names], Pictured);
        command.Add(task);
        var model = new ModelOptions(command, instead: WordOptions.Vectors);
        var fromScratch = new Option<bool>("--from-scratch") { Description = "Begin without weights, for a comparison or where there is data enough." };
        command.Add(fromScratch);
        var data = new DataOptions(command);
        var target = Options.FilePath("--out", "DIR", "The folder to save the classifier to.", required: true);
        command.Add(target);
        var joint = Options.FilePath("--joint-out", "DIR", "The folder to save the other task of --jointly to, as a classifier of its own; without it its head is thrown away.");
        command.Add(joint);
        var recipe = new RecipeOptions(command);
        var folds = new FoldOptions(command);
        var run = new RunLine(command);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        var worth = new ReportAfterwards(command);
        var texts = new TextFineTuning(command, model, data, fromScratch, target, recipe, run, folds, device, json, worth);
        var sounds = new SpeechFineTuning(model, data, fromScratch, target, recipe, run, folds, device, json, worth, texts);
        var pictures = new ImageFineTuning(model, fromScratch, data, target, recipe, run, folds, device, json, worth) { JointTarget = joint };
        command.SetAction((parsed, interrupt) => Task.FromResult(parsed.GetValue(task) switch
        {
            null or Pictured => OfPictures(parsed, interrupt),
            { } name when parsed.GetResult(joint) is not null => throw new WrongInputException($"{joint.Name} goes with pictures of another task, and {name} has none: leave it out"),
            { } name when SpeechTasks.Names.Contains(name) => sounds.Run(name, parsed, interrupt),
            { } name => texts.Run(name, parsed, interrupt),
        }));
        return command;

        int OfPictures(ParseResult parsed, CancellationToken interrupt)
        {
            texts.RequireNone(parsed);
            return pictures.Run(parsed, interrupt);
        }
    }
}
