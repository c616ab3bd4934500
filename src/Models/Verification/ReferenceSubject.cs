using Graft.Autograd;

namespace Graft.Models;

/// <summary>A model as a reference sees it: named inputs in, named outputs and a loss out.</summary>
internal abstract class ReferenceSubject
{
    /// <summary>The model.</summary>
    public abstract Model Model { get; }

    /// <summary>How many sequences or pictures there are.</summary>
    public abstract int Examples { get; }

    /// <summary>Runs the model on the reference's inputs.</summary>
    /// <exception cref="CheckpointException">There are none, or they are of another kind.</exception>
    /// <exception cref="ArgumentException">They do not fit the model.</exception>
    public abstract void Forward(Pass pass);

    /// <summary>An output of the last run by its name in the reference; null where the model does not give it.</summary>
    /// <param name="name">The name.</param>
    /// <param name="rank">How many axes the reference's has.</param>
    public abstract Variable? Output(string name, int rank);

    /// <summary>The loss of the last run, by the reference's targets.</summary>
    /// <exception cref="ArgumentException">The targets are of another kind.</exception>
    public abstract Variable Loss();
}
