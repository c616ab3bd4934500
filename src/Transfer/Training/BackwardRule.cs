using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>How the gradients of a batch come about where one backward is not enough: a second run of the batch elsewhere
/// (<see cref="SharpnessAware"/>).</summary>
/// <remarks>Used by one trainer at a time, on its thread.</remarks>
public abstract class BackwardRule : IDisposable
{
    /// <summary>Adds the gradients of a batch to those of a step.</summary>
    /// <param name="pass">The run that the loss was computed in; others of the same batch are made with <see cref="Pass.Repeat"/>.</param>
    /// <param name="loss">The batch's loss, of which no backward has run yet.</param>
    /// <param name="batch">The batch, whose loss may be computed again.</param>
    /// <param name="gradients">What they are added to.</param>
    /// <exception cref="NonFiniteException">Numbers on the way are not finite.</exception>
    public abstract void Backward(Pass pass, Variable loss, ITrainingBatch batch, Gradients gradients);

    /// <summary>Releases what it keeps.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what it keeps.</summary>
    /// <param name="disposing">Whether it is called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
