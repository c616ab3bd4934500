using Graft.Autograd;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Another task of a model's trunk: its head is that of a model of the same kind, whose own trunk waits until the training is over.</summary>
internal sealed class JointTask : ITrainingSet, IDisposable
{
    private readonly ImageModel trunk, other;
    private readonly ImageLoader loader;
    private readonly ImageLoss loss;
    private readonly string head;
    private bool isTaken;

    /// <param name="trunk">The model that learns.</param>
    /// <param name="other">A new one of the same kind, with a head for this task; to be disposed of with this unless it is taken.</param>
    /// <param name="loader">Its pictures.</param>
    /// <param name="loss">Its loss.</param>
    public JointTask(ImageModel trunk, ImageModel other, ImageLoader loader, ImageLoss loss)
    {
        (this.trunk, this.other, this.loader, this.loss) = (trunk, other, loader, loss);
        head = other.Stages[^1].Name;
        Group = new ParameterGroup("joint head", new ParameterGroups(other)[^1].Parameters);
    }

    /// <summary>The head, which learns beside the model.</summary>
    public ParameterGroup Group { get; }

    public int BatchesPerEpoch => loader.Count;

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => EpochFrom(epoch, 0, cancellation);

    public IEnumerable<ITrainingBatch> EpochFrom(int epoch, int batchesDone, CancellationToken cancellation)
    {
        foreach (var images in loader.EpochFrom(epoch, batchesDone, cancellation))
        {
            using (images) yield return new Batch(this, images);
        }
    }

    /// <summary>The model of this task, with the weights that the trunk has learnt by now.</summary>
    public ImageModel Take()
    {
        other.CopyWeightsFrom(trunk, includeHead: false);
        other.IsHeadNew = false;
        isTaken = true;
        return other;
    }

    public void Dispose()
    {
        if (!isTaken) other.Dispose();
    }

    private sealed class Batch(JointTask task, ImageBatch images) : ITrainingBatch
    {
        public int Count => images.Count;

        public IReadOnlyList<string> ExampleNames => [.. images.Indices.Select(task.loader.Name)];

        public Variable Loss(Pass pass) => task.loss(task.other.ForwardFrom(task.trunk.ForwardBelow(images.On(pass), task.head), task.head), images.Indices);
    }
}
