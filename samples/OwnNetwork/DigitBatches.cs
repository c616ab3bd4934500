using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Samples.OwnNetwork;

/// <summary>The digits in batches, shuffled anew in each epoch, and what the network's answers to them cost.</summary>
internal sealed class DigitBatches(ImageModel model, Digits digits, int batchSize) : ITrainingSet
{
    private readonly RandomStream order = new(seed: 1, "order");

    public int BatchesPerEpoch => digits.Count / batchSize;

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        int[] numbers = order.Permutation(digits.Count, (ulong)epoch);
        for (int batch = 0; batch < BatchesPerEpoch; batch++)
            yield return new Batch(model, digits, numbers.AsMemory(batch * batchSize, batchSize));
    }

    private sealed class Batch(ImageModel model, Digits digits, ReadOnlyMemory<int> numbers) : ITrainingBatch
    {
        public int Count => numbers.Length;

        public Variable Loss(Pass pass)
        {
            int[] labels = [.. numbers.ToArray().Select(number => digits.Labels[number])];
            return FocalLoss.Of(model.Forward(pass.Constant(digits.Images(numbers.Span))), labels);
        }
    }
}
