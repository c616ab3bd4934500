using Graft.Autograd;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The mean loss of the outputs for pictures.</summary>
internal delegate Variable ImageLoss(Variable outputs, IReadOnlyList<int> examples);

/// <summary>Pictures as a model's training set, with a task's loss over the model's outputs.</summary>
internal sealed class ImageTrainingSet(ImageModel model, ImageLoader loader, ImageLoss loss, ImageMixer? mixer = null) : ITrainingSet
{
    public int BatchesPerEpoch => loader.Count;

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        int number = 0;
        foreach (var images in loader.Epoch(epoch, cancellation))
        {
            using (images)
            {
                mixer?.Mix(images, epoch, number++);
                yield return new Batch(model, images, loss);
            }
        }
    }

    private sealed class Batch(ImageModel model, ImageBatch images, ImageLoss loss) : ITrainingBatch
    {
        public int Count => images.Count;

        public Variable Loss(Pass pass)
        {
            if (!model.HasAuxiliaryHeads) return Of(model.Forward(images.On(pass)));
            var (logits, auxiliary) = model.ForwardWithAuxiliary(images.On(pass));
            var total = Of(logits);
            foreach (var head in auxiliary) total += Of(head.Logits) * head.LossWeight;
            return total;
        }

        /// <summary>Of pictures that are mixed, the loss of each part by its share (Zhang et al. 2018).</summary>
        private Variable Of(Variable outputs)
        {
            var own = loss(outputs, images.Indices);
            return images.Mix is { } mix ? own * mix.Share + loss(outputs, mix.Others) * (1f - mix.Share) : own;
        }
    }
}
