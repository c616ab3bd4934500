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
}

/// <summary>A few examples and what the model's answers to them cost.</summary>
public interface ITrainingBatch
{
    /// <summary>How many examples the batch has.</summary>
    int Count { get; }

    /// <summary>Runs the model on the batch.</summary>
    /// <returns>The mean loss over the examples, one element.</returns>
    Variable Loss(Pass pass);
}
