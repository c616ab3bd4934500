namespace Graft.Tasks;

/// <content>Whether the imported weights are the network that was trained.</content>
public abstract partial class ImageTask<TData, TPrediction>
{
    /// <summary>Compares the running statistics of the model's batch norms with those measured on pictures, which need no labels: a wrong
    /// import or preprocessing shows at the first layer that does not fit.</summary>
    /// <param name="pictures">A few hundred pictures of the kind that the model was trained on.</param>
    /// <param name="unreadable">Reports each picture that cannot be read and is left out; null to end there.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">The model has no batch norm, or there is no picture.</exception>
    /// <exception cref="ImageException">A picture cannot be decoded and <paramref name="unreadable"/> is null.</exception>
    public StatisticsReport CheckStatistics(
        IImageDataset pictures, Action<int, ImageException>? unreadable = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        var now = Current;
        // a copy, so that nobody else's passes are measured; the head is behind what is measured, and of a network without one it is new
        using var copy = now.Model.Remake(now.Labels.Count, seed: 0);
        copy.CopyWeightsFrom(now.Model, includeHead: false);
        return StatisticsCheck.Run(copy, Batches(), decoding, cancellation);

        IEnumerable<Tensors.Tensor<float>> Batches()
        {
            foreach (var batch in InOrder(now.Inputs, pictures, unreadable).Epoch(0, cancellation))
                using (batch) yield return batch.Images;
        }
    }
}
