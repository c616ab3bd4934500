using Graft.Autograd;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The loss of the outputs for a batch of pictures.</summary>
internal delegate Variable ImageLoss(Variable outputs, ImageBatch batch);

/// <summary>Pictures as a model's training set, with a task's loss over the model's outputs.</summary>
internal sealed class ImageTrainingSet(ImageModel model, ImageLoader loader, ImageLoss loss) : ITrainingSet
{
    public int BatchesPerEpoch => loader.Count;

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        foreach (var images in loader.Epoch(epoch, cancellation))
        {
            using (images) yield return new Batch(model, images, loss);
        }
    }

    private sealed class Batch(ImageModel model, ImageBatch images, ImageLoss loss) : ITrainingBatch
    {
        public int Count => images.Count;

        public Variable Loss(Pass pass)
        {
            if (!model.HasAuxiliaryHeads) return loss(model.Forward(images.On(pass)), images);
            var (logits, auxiliary) = model.ForwardWithAuxiliary(images.On(pass));
            var total = loss(logits, images);
            foreach (var head in auxiliary) total += loss(head.Logits, images) * head.LossWeight;
            return total;
        }
    }
}
