using Graft.Autograd;
using Graft.Models;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Labelled pictures as a model's training set: cross-entropy over its logits.</summary>
internal sealed class ImageTrainingSet(ImageModel model, Batches batches, float labelSmoothing) : ITrainingSet
{
    public int BatchesPerEpoch => batches.Count;

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        foreach (var images in batches.Epoch(epoch, cancellation))
        {
            using (images) yield return new Batch(model, images, labelSmoothing);
        }
    }

    private sealed class Batch(ImageModel model, ImageBatch images, float labelSmoothing) : ITrainingBatch
    {
        public int Count => images.Count;

        public Variable Loss(Pass pass) => model.Forward(images.On(pass)).CrossEntropy(images.Labels.ToArray(), labelSmoothing);
    }
}
