using System.CommandLine;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>graft merge</c>: puts adapters into the weights of their base.</summary>
internal static class MergeCommand
{
    public static Command Make()
    {
        var command = new Command("merge", "Puts adapters into the weights of their model and saves that: a model without adapters that computes the same.");
        var model = new ModelOptions(command, needsHead: true);
        var adapter = new AdapterOption(command);
        var target = Options.FilePath("--out", "DIR", "The folder to save the merged model to.", required: true);
        command.Add(target);
        var json = Options.Json();
        command.Add(json);
        command.SetAction((parsed, interrupt) =>
        {
            if (model.FindText(parsed, interrupt) is var (textFolder, head))
            {
                string? adapters = adapter.Folder(parsed);
                string task = TextTasks.Of(adapter.Head(parsed, head), adapters ?? textFolder)
                    ?? throw new WrongInputException($"--model {Printable.Whole(textFolder)} has no head of a task that is built");
                using var learner = TextLearners.Open(task, TextSources.Open(task, textFolder, adapters));
                return Task.FromResult(Merge(learner, parsed.GetRequiredValue(target), parsed.GetValue(json), parsed.InvocationConfiguration));
            }
            using var classifier = (model.Choose(parsed) with { Adapter = adapter.Folder(parsed) }).Open(Tensors.Device.Cpu, interrupt: interrupt);
            return Task.FromResult(Merge(classifier, parsed.GetRequiredValue(target), parsed.GetValue(json), parsed.InvocationConfiguration));
        });
        return command;
    }

    private static int Merge<TModel, TInputs, TRecipe>(TaskModel<TModel, TInputs, TRecipe> learner, string folder, bool asJson, InvocationConfiguration shell)
        where TModel : Model where TRecipe : class, new()
    {
        if (learner.Adapters is not { } adapters) throw new WrongInputException("the model has no adapters: give their folder with --adapter DIR");
        if (!adapters.IsMergeable)
            throw new WrongInputException($"adapters of the kind {adapters.Config.PeftType} cannot be merged: no weight of {learner.Model.Name} computes what they do");
        string kind = adapters.Config.PeftType;
        var place = OutputFolder.Prepare(folder, SavePlace.BytesOf(learner.Model));
        learner.MergeAdapters();
        var (saved, problem) = place.Save(learner.Save);
        if (asJson)
        {
            JsonOutput.Write(shell.Output, writer =>
            {
                writer.WriteString("model", learner.Model.Name);
                writer.WriteString("kind", kind);
                writer.WriteString("out", saved);
            });
        }
        else
        {
            shell.Output.WriteLine($"{learner.Model.Name}: adapters of the kind {kind} merged; saved in {Printable.Whole(saved)}");
        }
        return SavePlace.Tell(shell.Error, problem);
    }
}
