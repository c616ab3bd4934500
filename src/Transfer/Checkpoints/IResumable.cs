namespace Graft.Transfer;

/// <summary>What has a state of its own that a training goes on from: an observer that counts, averages or remembers. One that does not implement it has
/// nothing to remember from one step to the next.</summary>
/// <remarks>The two methods are each other's inverse: after <see cref="ReadState"/> the training goes on bit for bit as it would have after
/// <see cref="WriteState"/>.</remarks>
public interface IResumable
{
    /// <summary>Writes the state between two steps.</summary>
    /// <param name="state">Takes named numbers, texts and tensors.</param>
    void WriteState(StateWriter state);

    /// <summary>Takes a state over; of an observer after its <see cref="TrainingObserver.FitStarted"/>.</summary>
    /// <param name="state">What was written.</param>
    /// <param name="context">The training that goes on.</param>
    /// <exception cref="Models.CheckpointException">Something is missing there, or does not fit.</exception>
    void ReadState(StateReader state, TrainingContext context);
}
