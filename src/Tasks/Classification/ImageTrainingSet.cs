using Graft.Autograd;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Labelled pictures as a model's training set: cross-entropy over its logits.</summary>
internal sealed class ImageTrainingSet(ImageModel model, ImageLoader batches, LabelledImages pictures, float labelSmoothing) : ITrainingSet
{
    public int BatchesPerEpoch => batches.Count;

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        foreach (var images in batches.Epoch(epoch, cancellation))
        {
            using (images) yield return new Batch(model, images, pictures, labelSmoothing);
        }
    }

    private sealed class Batch(ImageModel model, ImageBatch images, LabelledImages pictures, float labelSmoothing) : ITrainingBatch
    {
        public int Count => images.Count;

        public Variable Loss(Pass pass) => model.Forward(images.On(pass)).CrossEntropy([.. images.Indices.Select(pictures.Label)], labelSmoothing);
    }
}
