using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>What is replaced atomically: a model, what its outputs mean, how its inputs are prepared, and what is known of it.</summary>
internal sealed record TaskState<TModel, TInputs, TRecipe>(TModel Model, ModelConfig Config, TInputs Inputs, ModelManifest<TRecipe> Manifest)
    where TModel : Model where TRecipe : class, new()
{
    public IReadOnlyList<string> Labels => Config.Labels;

    /// <summary>The adapters that are in the model; null for none.</summary>
    public Adapters? Adapters { get; init; }

    /// <summary>Refuses an untrained head.</summary>
    /// <exception cref="CheckpointException">The weights had no head, and no fine-tuning has trained one.</exception>
    public void RequireTrainedHead()
    {
        if (Model.IsHeadNew)
            throw new CheckpointException(Manifest.Provenance?.FileName ?? Model.Name,
                $"has no head for {Model.Name}, so the classifier's is untrained "
                + "and its answers would mean nothing: fine-tune it first, or take features");
    }
}
