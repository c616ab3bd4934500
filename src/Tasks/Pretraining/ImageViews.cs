using Graft.Autograd;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>One view of each picture, or several, as a training set.</summary>
internal sealed class ImageViews(ImageModel model, PretrainingMethod method, params ImageLoader[] loaders) : ITrainingSet
{
    public int BatchesPerEpoch => loaders[0].Count;

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => EpochFrom(epoch, 0, cancellation);

    public IEnumerable<ITrainingBatch> EpochFrom(int epoch, int batchesDone, CancellationToken cancellation)
    {
        var readers = new List<IEnumerator<ImageBatch>>();
        try
        {
            foreach (var loader in loaders) readers.Add(loader.EpochFrom(epoch, batchesDone, cancellation).GetEnumerator());
            while (readers.TrueForAll(static reader => reader.MoveNext()))
            {
                var views = readers.ConvertAll(static reader => reader.Current);
                try
                {
                    // of a batch that has lost all but one of its pictures nothing is learnt by comparing
                    if (views[0].Count >= method.Views) yield return new Batch(model, method, loaders[0], views);
                }
                finally
                {
                    views.ForEach(static view => view.Dispose());
                }
            }
        }
        finally
        {
            readers.ForEach(static reader => reader.Dispose());
        }
    }

    private sealed class Batch(ImageModel model, PretrainingMethod method, ImageLoader loader, List<ImageBatch> views) : ITrainingBatch
    {
        public int Count => views[0].Count;

        public IReadOnlyList<string> ExampleNames => [.. views[0].Indices.Select(loader.Name)];

        public Variable Loss(Pass pass) => method.Loss(model, views.Count == 1 ? views[0].On(pass) : ImageBatch.OnTogether(pass, views));
    }
}
