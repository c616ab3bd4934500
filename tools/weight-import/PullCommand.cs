using System.CommandLine;
using Graft.CommandLine;
using Graft.Hub;

namespace Graft.WeightImport;

/// <summary><c>weight-import pull NAME</c>: published weights, fetched where they are not on this machine yet, and where they lie.</summary>
internal static class PullCommand
{
    public static Command Make()
    {
        var name = new Argument<string>("NAME")
        {
            Description = "A name that 'graft models' lists, a repository organisation/name[@revision] of the hub, or nuget:id/version/path.",
        };
        var to = new Option<string>("--to") { Description = "Copy the files into this folder.", HelpName = "FOLDER" };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("pull", "Fetches published weights into the cache, and prints their path.") { name, to, json };
        command.SetAction(async (parsed, interrupt) =>
        {
            string? folder = parsed.GetValue(to);
            if (folder is not null && (string.IsNullOrWhiteSpace(folder) || File.Exists(folder)))
                throw new WrongInputException($"--to {Printable.Text(folder)} is no folder: give the path of one, which is made where there is none");
            string wanted = parsed.GetRequiredValue(name);
            var model = await FetchDisplay.ShowAsync(
                parsed.InvocationConfiguration.Error, progress => PublishedModelFetcher.FetchAsync(wanted, settings: null, progress, interrupt));
            if (folder is not null) model = model.CopyTo(folder);
            var output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json)) JsonOutput.Write(output, writer => Write(writer, model));
            else foreach (string path in model.Folder is { } whole ? [whole] : model.Files) output.WriteLine(Printable.Whole(path));
            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(System.Text.Json.Utf8JsonWriter json, FetchedModel model)
    {
        json.WriteString("path", model.Path);
        json.WriteTexts("files", model.Files);
        if (model.Row is null) return;
        json.WriteStartObject("weights");
        json.WriteWeights(model.Row);
        json.WriteEndObject();
    }
}
