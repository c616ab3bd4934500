using System.Text.Json;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>What has to be the same for a run to go on: Graft's version, the model and its first weights, what is done to inputs, the recipe, the data.</summary>
internal static class RunIdentity
{
    /// <summary>The settings of a run whose checkpoints are told from those of other runs.</summary>
    public static FineTuneOptions Add<TModel, TInputs, TRecipe>(
        TaskState<TModel, TInputs, TRecipe> state, TaskRun<TRecipe> run, RecipeTable<TRecipe> table, byte[] inputs) where TModel : Model where TRecipe : class, new()
    {
        if (run.Fitting.Run is not { Checkpoints: { } checkpoints } settings) return run.Fitting;
        KeyValuePair<string, string>[] identity =
        [
            new("the version", state.Manifest.GraftVersion),
            new("the model", state.Model.ModelType),
            .. Recipe(run.Recipe, table),
            new("the classes", string.Join(", ", state.Labels)),
            new("the preparation of inputs", System.Text.Encoding.UTF8.GetString(inputs).ReplaceLineEndings("")),
            new("the data", Of(run.Fingerprint)),
            new("the first weights", Of(print => AddWeights(print, state.Model))),
        ];
        return run.Fitting with { Run = settings with { Checkpoints = checkpoints with { Identity = [.. identity, .. checkpoints.Identity] } } };
    }

    private static IEnumerable<KeyValuePair<string, string>> Recipe<TRecipe>(TRecipe recipe, RecipeTable<TRecipe> table)
    {
        var members = JsonFile.Parse(JsonFile.Format(writer => table.Write(writer, recipe)), "recipe").Element;
        var names = table.Where(static row => row.ChangesResult).ToDictionary(static row => row.Key, static row => row.Name ?? row.Key, StringComparer.Ordinal);
        return members.EnumerateObject().Where(member => names.ContainsKey(member.Name)).Select(member => new KeyValuePair<string, string>(
            names[member.Name],
            member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText().ReplaceLineEndings("")));
    }

    private static void AddWeights(DataFingerprint print, Model model)
    {
        foreach (var tensor in model.Parameters().Concat(model.Buffers()))
        {
            print.Add(tensor.Name);
            print.Add(tensor.Value.ToArray().AsSpan());
        }
    }

    private static string Of(Action<DataFingerprint> add)
    {
        using var print = new DataFingerprint();
        add(print);
        return print.ToString();
    }
}
