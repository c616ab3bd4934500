namespace Graft.Transfer;

/// <summary>One step for several batches, as if they were one: the mean of their gradients (PyTorch's several <c>backward</c> a
/// <c>step</c>). The last step of an epoch takes what is left. Batch norms still normalise each batch by itself.</summary>
public sealed class GradientAccumulation : TrainingObserver, IResumable
{
    private readonly int batches;
    private int added;

    /// <summary>Chooses how many batches make a step.</summary>
    /// <param name="batches">At least 1; they count alike, so they should be of one size.</param>
    public GradientAccumulation(int batches)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batches, 1);
        this.batches = batches;
    }

    /// <inheritdoc/>
    public override void EpochStarting(TrainingContext context) => added = 0;

    /// <inheritdoc/>
    public override void GradientsReady(TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        added++;
        if (added < batches && !context.IsLastOfEpoch)
        {
            context.Accumulate();
            return;
        }
        if (added > 1) context.Gradients.Scale(1f / added);
        added = 0;
    }

    /// <inheritdoc/>
    public void WriteState(StateWriter state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.WholeNumber("added", added);
    }

    /// <inheritdoc/>
    public void ReadState(StateReader state, TrainingContext context)
    {
        ArgumentNullException.ThrowIfNull(state);
        added = state.Count("added");
    }
}
