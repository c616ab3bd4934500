using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The adapters of a saved model: PEFT's files, and <c>config.json</c> with the labels, in the folder <c>adapter</c> of the model's, whose weights
/// are the base's.</summary>
internal static class SavedAdapter
{
    public const string FolderName = AdapterFolder.Name;

    /// <summary>Writes the base's weights and, beside them, the adapters.</summary>
    public static void Write(string folder, string weights, IReadOnlyDictionary<string, string> metadata, Adapters adapters, ModelConfig config)
    {
        adapters.SaveBase(weights, metadata);
        string own = Path.Combine(folder, FolderName);
        adapters.Save(own);
        config.Write(Path.Combine(own, ModelConfig.FileName));
    }

    /// <summary>Removes the adapters of an older save.</summary>
    public static void Remove(string folder)
    {
        string own = Path.Combine(folder, FolderName);
        if (AdapterFolder.IsOne(own)) Directory.Delete(own, recursive: true);
    }

    /// <summary>Puts adapters on their base, which is given the labels that they were saved with.</summary>
    /// <param name="state">The base.</param>
    /// <param name="path">The adapters' folder.</param>
    /// <param name="remake">Makes a model like another with so many labels.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the adapters do not fit the base.</exception>
    public static TaskState<TModel, TInputs, TRecipe> On<TModel, TInputs, TRecipe>(
        TaskState<TModel, TInputs, TRecipe> state, string path, Func<TModel, int, TModel> remake)
        where TModel : Model where TRecipe : class, new()
    {
        if (state.Adapters is not null) throw new CheckpointException(path, $"{state.Model.Name} has adapters already: merge them before others come on it");
        string folder = AdapterFolder.Find(path), labels = Path.Combine(folder, ModelConfig.FileName);
        // a head without labels has none that could come with them
        if (state.Labels.Count > 0 && File.Exists(labels) && ModelConfig.Read(labels) is var config && (!config.Labels.SequenceEqual(state.Labels) || state.Model.IsHeadNew))
        {
            var model = state.Model;
            if (config.Labels.Count != state.Labels.Count)
            {
                model = remake(state.Model, config.Labels.Count);
                model.CopyWeightsFrom(state.Model, includeHead: false);
                state.Model.Dispose();
            }
            state = state with { Model = model, Config = state.Config with { Labels = config.Labels, ProblemType = config.ProblemType } };
        }
        return state with { Adapters = Adapters.Load(state.Model, folder) };
    }
}
