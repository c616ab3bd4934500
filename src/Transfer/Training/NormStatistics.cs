using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>The running statistics of batch norms, estimated for weights that no training step has made (PyTorch's <c>update_bn</c>).</summary>
public static class NormStatistics
{
    /// <summary>Gives every batch norm that normalises by the batch in training the mean of its batches' statistics over an epoch, in place of those that it had.
    /// No weight moves.</summary>
    /// <param name="models">The models.</param>
    /// <param name="data">What they learn from; the losses of its batches run the models.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="seed">The seed of whatever a run draws.</param>
    /// <param name="epoch">Which epoch of the data, from 0.</param>
    /// <param name="cancellation">Ends the work; the statistics are then of the batches until there.</param>
    public static void Estimate(
        IReadOnlyList<Model> models, ITrainingSet data, Device device, ulong seed = 0, int epoch = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(models);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(device);
        var norms = new List<(BatchNorm2d Norm, float Momentum)>();
        using (var training = Pass.Train(device))
        {
            foreach (var norm in models.SelectMany(static model => model.Descendants()).OfType<BatchNorm2d>().Distinct())
                if (norm.UsesBatch(training)) norms.Add((norm, norm.Momentum));
        }
        if (norms.Count == 0) return;
        foreach (var (norm, _) in norms) norm.ResetRunningStatistics();
        try
        {
            int number = 0;
            foreach (var batch in data.Epoch(epoch, cancellation))
            {
                number++;
                foreach (var (norm, _) in norms) norm.Momentum = 1f / number;
                using var pass = Pass.Train(device, seed + (ulong)number);
                batch.Loss(pass);
                if (cancellation.IsCancellationRequested) break;
            }
        }
        finally
        {
            foreach (var (norm, momentum) in norms) norm.Momentum = momentum;
        }
    }
}
