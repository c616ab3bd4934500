using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>What a model is to learn from: batches, epoch by epoch. It is the same in every run with the same seed.</summary>
public interface ITrainingSet
{
    /// <summary>Batches an epoch; at least 1.</summary>
    int BatchesPerEpoch { get; }

    /// <summary>The batches of one epoch, in order. A batch is good until the next one is asked for.</summary>
    /// <param name="epoch">The epoch, from 0; each may have another order and other variations.</param>
    /// <param name="cancellation">Ends the wait for a batch.</param>
    IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation);

    /// <summary>The batches of an epoch behind those that are done already: those of <see cref="Epoch"/> without its first ones. A set whose batches cost
    /// something to make leaves the first ones out without making them.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="batchesDone">How many batches are left out.</param>
    /// <param name="cancellation">Ends the wait for a batch.</param>
    IEnumerable<ITrainingBatch> EpochFrom(int epoch, int batchesDone, CancellationToken cancellation) =>
        batchesDone == 0 ? Epoch(epoch, cancellation) : Epoch(epoch, cancellation).Skip(batchesDone);
}

/// <summary>A few examples and what the model's answers to them cost.</summary>
public interface ITrainingBatch
{
    /// <summary>How many examples the batch has.</summary>
    int Count { get; }

    /// <summary>Runs the model on the batch.</summary>
    /// <returns>The mean loss over the examples, one element.</returns>
    Variable Loss(Pass pass);

    /// <summary>What messages call the examples, in order: file names, line numbers; empty where nothing is known.</summary>
    IReadOnlyList<string> ExampleNames => [];
}
