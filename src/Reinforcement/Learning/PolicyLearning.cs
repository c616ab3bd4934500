using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Reinforcement;

/// <summary>What is learnt of games, as a training set: an epoch plays a while, and its batches are of what came of that.</summary>
/// <remarks>It plays on from epoch to epoch with the weights of the time, so that a training of it cannot be resumed from a checkpoint. Used by one thread at a time.</remarks>
public abstract class PolicyLearning : ITrainingSet, IDisposable
{
    private protected PolicyLearning(ImageModel model, GameRow games, Device device, bool hasValue)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(games);
        ArgumentNullException.ThrowIfNull(device);
        (Model, Games, Device) = (model, games, device);
        Network = new NetworkRun(model, device, games.Observations);
        int wanted = games.Actions + (hasValue ? 1 : 0);
        if (Network.Width == wanted) return;
        Network.Dispose();
        throw new ArgumentException(
            $"{model.Name} gives {Network.Width} numbers, and {wanted} are wanted: one for each of {games.Actions} actions{(hasValue ? " and one for the value" : "")}", nameof(model));
    }

    /// <summary>The network that learns.</summary>
    public ImageModel Model { get; }

    /// <summary>The games that are played.</summary>
    public GameRow Games { get; }

    /// <summary>Where it is computed.</summary>
    public Device Device { get; }

    /// <inheritdoc/>
    public abstract int BatchesPerEpoch { get; }

    /// <summary>How many steps of all games together an epoch plays; where that differs, about so many.</summary>
    public abstract int FramesPerEpoch { get; }

    /// <summary>The network over what is seen of all games.</summary>
    private protected NetworkRun Network { get; }

    /// <inheritdoc/>
    public abstract IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation);

    /// <summary>Releases what it keeps; the network stays.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what it keeps.</summary>
    /// <param name="disposing">Whether it is called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) Network.Dispose();
    }
}
