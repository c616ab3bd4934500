namespace Graft.Tasks;

/// <summary>Keeps what the last text was written with, its recordings among it: whoever comes next goes on with it, unless it is in use or of an older model.</summary>
/// <param name="make">Makes another.</param>
/// <remarks>Threads may share it.</remarks>
internal sealed class StepLender<TStep>(Func<TextModel, TStep> make) where TStep : DecodingStep
{
    private readonly Lock lending = new();
    private (TextModel Model, TStep Step)? spare;

    public TStep Lend(TextModel model)
    {
        lock (lending)
        {
            if (spare is { } kept)
            {
                spare = null;
                if (kept.Model == model) return kept.Step;
                kept.Step.Dispose();
            }
        }
        return make(model);
    }

    public void TakeBack(TextModel model, TStep step)
    {
        lock (lending)
        {
            if (spare is null) spare = (model, step);
            else step.Dispose();
        }
    }

    /// <summary>Gives the memory of the one that is kept back.</summary>
    public void Release()
    {
        lock (lending)
        {
            spare?.Step.Dispose();
            spare = null;
        }
    }
}
