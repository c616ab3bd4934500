using Graft.Autograd;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Two views of each picture as a training set.</summary>
internal sealed class ImageViews(ImageModel model, ViewMethod method, ImageLoader first, ImageLoader second) : ITrainingSet
{
    public int BatchesPerEpoch => first.Count;

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => EpochFrom(epoch, 0, cancellation);

    public IEnumerable<ITrainingBatch> EpochFrom(int epoch, int batchesDone, CancellationToken cancellation)
    {
        using var others = second.EpochFrom(epoch, batchesDone, cancellation).GetEnumerator();
        foreach (var one in first.EpochFrom(epoch, batchesDone, cancellation))
        {
            using (one)
            {
                others.MoveNext();
                using var other = others.Current;
                // of a batch that has lost all but one of its pictures nothing is learnt
                if (one.Count > 1) yield return new Batch(model, method, first, one, other);
            }
        }
    }

    private sealed class Batch(ImageModel model, ViewMethod method, ImageLoader loader, ImageBatch one, ImageBatch other) : ITrainingBatch
    {
        public int Count => one.Count;

        public IReadOnlyList<string> ExampleNames => [.. one.Indices.Select(loader.Name)];

        public Variable Loss(Pass pass)
        {
            var features = model.Features(ImageBatch.OnTogether(pass, one, other));
            return method.Loss(features.Slice(0, 0, one.Count), features.Slice(0, one.Count, other.Count));
        }
    }
}
