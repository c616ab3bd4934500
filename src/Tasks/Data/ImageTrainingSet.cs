using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Graft.Autograd;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The mean loss of the outputs for pictures.</summary>
internal delegate Variable ImageLoss(Variable outputs, IReadOnlyList<int> examples);

/// <summary>Pictures as a model's training set, with a task's loss over the model's outputs.</summary>
internal sealed class ImageTrainingSet(
    ImageModel model, ImageLoader loader, ImageLoss loss, ImageMixer? mixer = null, ImageTeacher? teacher = null, ImageStart? start = null, ImageTarget? target = null)
    : IStagedTrainingSet
{
    public int BatchesPerEpoch => loader.Count;

    public int Examples => loader.Plan.Examples;

    // pictures are mixed anew in each epoch
    public int? Views => mixer is null ? loader.Views : null;

    // an auxiliary head looks at a map in the middle, and learns with the head; a teacher looks at the pictures, what holds maps at maps in the middle, and a target
    // has pictures of its own
    public bool CanStartAt(string stage) => !model.HasAuxiliaryHeads && teacher is null && start is null && target is null;

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => EpochFrom(epoch, 0, cancellation);

    public IEnumerable<ITrainingBatch> EpochFrom(int epoch, int batchesDone, CancellationToken cancellation)
    {
        int number = batchesDone;
        using var targets = target?.From((long)epoch * loader.Count + batchesDone, cancellation).GetEnumerator();
        foreach (var images in loader.EpochFrom(epoch, batchesDone, cancellation))
        {
            using (images)
            {
                mixer?.Mix(images, epoch, number++);
                targets?.MoveNext();
                using var beside = targets?.Current;
                yield return new Batch(model, loader, images, loss, teacher, start, beside);
            }
        }
    }

    public IEnumerable<IReadOnlyList<int>> Plan(int epoch) => loader.Order(epoch);

    public IEnumerable<IStagedBatch> Inputs(int view, IReadOnlyList<int> examples, CancellationToken cancellation)
    {
        foreach (var images in loader.Some(examples, view, cancellation))
        {
            using (images) yield return new Batch(model, loader, images, loss, teacher, start);
        }
    }

    public Variable LossFrom(Variable x, string stage, IReadOnlyList<int> examples) => loss(model.ForwardFrom(x, stage), examples);

    private sealed class Batch(
        ImageModel model, ImageLoader loader, ImageBatch images, ImageLoss loss, ImageTeacher? teacher, ImageStart? start, TargetBatch? beside = null) : ITrainingBatch, IStagedBatch
    {
        public int Count => images.Count;

        public IReadOnlyList<int> Examples => images.Indices;

        public IReadOnlyList<string> ExampleNames => [.. images.Indices.Select(loader.Name)];

        public Variable Loss(Pass pass)
        {
            if (beside is not null) return beside.Loss(model, pass, images, Of);
            if (start is not null)
            {
                var (answers, penalty) = start.Run(model, pass, images);
                return Taught(answers) + penalty;
            }
            if (teacher is { Stages: { } stages })
            {
                var maps = model.FeatureMaps(images.On(pass), stages.Map, stages.Head);
                return teacher.Of(Of(maps[stages.Head]), maps[stages.Head], images, maps[stages.Map]);
            }
            if (!model.HasAuxiliaryHeads) return Taught(model.Forward(images.On(pass)));
            var (logits, auxiliary) = model.ForwardWithAuxiliary(images.On(pass));
            var total = Taught(logits);
            foreach (var head in auxiliary) total += Of(head.Logits) * head.LossWeight;
            return total;
        }

        private Variable Taught(Variable outputs) => teacher is null ? Of(outputs) : teacher.Of(Of(outputs), outputs, images);

        /// <summary>Of pictures that are mixed, the loss of each part by its share (Zhang et al. 2018).</summary>
        private Variable Of(Variable outputs)
        {
            var own = loss(outputs, images.Indices);
            return images.Mix is { } mix ? own * mix.Share + loss(outputs, mix.Others) * (1f - mix.Share) : own;
        }

        public Variable Below(Pass pass, string stage) => model.ForwardBelow(images.On(pass), stage);

        // the picture as it is decoded, prepared and varied
        public void AppendContent(int row, IncrementalHash hash)
        {
            var shape = images.Images.Shape;
            hash.AppendData(MemoryMarshal.AsBytes<int>([shape[2], shape[3]]));
            hash.AppendData(MemoryMarshal.AsBytes(ImageTransforms.Place(images.Images, row)));
        }
    }
}
