using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Loads the pictures of a dataset epoch by epoch, in batches that background threads decode ahead (PyTorch's
/// <c>DataLoader</c>). The batches depend on the dataset, the preprocessing, the seed and the epoch alone: not on threads, timing or what
/// is kept in memory.</summary>
internal sealed class ImageLoader
{
    private readonly IImageDataset dataset;
    private readonly ImageTransforms transforms;
    private readonly CpuDevice device;
    private readonly ImageLoaderOptions options;
    private readonly ImageCache cache;

    /// <summary>Opens a dataset; nothing is decoded yet.</summary>
    /// <param name="dataset">The pictures.</param>
    /// <param name="preprocessing">What is done to them.</param>
    /// <param name="device">Whose pool the batches' memory comes from.</param>
    /// <param name="options">Order, size, threads.</param>
    /// <exception cref="ArgumentException">The dataset is empty, or an option or setting is impossible.</exception>
    public ImageLoader(IImageDataset dataset, ImagePreprocessing preprocessing, CpuDevice device, ImageLoaderOptions options)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (dataset.Count == 0) throw new ArgumentException("there are no pictures to make batches of", nameof(dataset));
        this.dataset = dataset;
        this.device = device;
        this.options = options;
        transforms = new ImageTransforms(preprocessing, options.Training ? options.Seed : null, options.Variation);
        cache = new ImageCache(dataset, transforms, options.CacheBytes);
        Plan = new BatchPlan(dataset.Count, options.BatchSize, even: options.Training);
    }

    /// <summary>How the pictures of an epoch are divided.</summary>
    public BatchPlan Plan { get; }

    /// <summary>How many views of each picture there are; null where each epoch has its own, or a picture comes more than once in one.</summary>
    public int? Views => !options.Training || !transforms.Varies ? 1 : options.Order is null ? options.Views : null;

    /// <summary>Batches an epoch.</summary>
    public int Count => Plan.Count;

    /// <summary>What messages call a picture of the dataset.</summary>
    public string Name(int example) => dataset.Name(example);

    /// <summary>The batches of one epoch, each the caller's to dispose. Leaving the loop early stops the threads.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="cancellation">Ends the wait for a batch.</param>
    /// <exception cref="ImageException">A picture cannot be decoded, or has another size than the first where no size is set; thrown
    /// instead of its batch, for the batch's first such picture, unless the options have a callback for it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IEnumerable<ImageBatch> Epoch(int epoch, CancellationToken cancellation = default) => EpochFrom(epoch, 0, cancellation);

    /// <summary>As <see cref="Epoch"/>, without the first batches, none of whose pictures is decoded.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="first">The first batch, from 0.</param>
    /// <param name="cancellation">Ends the wait for a batch.</param>
    public IEnumerable<ImageBatch> EpochFrom(int epoch, int first, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, Count);
        return Run(OrderOf(epoch), Plan, first, epoch, cancellation);
    }

    /// <summary>Some pictures as an epoch has them, in batches in the order given.</summary>
    /// <param name="examples">Which pictures.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="cancellation">Ends the wait for a batch.</param>
    public IEnumerable<ImageBatch> Some(IReadOnlyList<int> examples, int epoch, CancellationToken cancellation = default) =>
        examples.Count == 0 ? [] : Run([.. examples], new BatchPlan(examples.Count, options.BatchSize, even: false), first: 0, epoch, cancellation);

    /// <summary>The pictures of each batch of an epoch, those included that cannot be read.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    public IEnumerable<int[]> Order(int epoch)
    {
        int[] order = OrderOf(epoch);
        for (int batch = 0; batch < Plan.Count; batch++) yield return order[Plan.Start(batch)..Plan.Start(batch + 1)];
    }

    private int[] OrderOf(int epoch) => options.Order is { } drawn ? drawn.Epoch(epoch) : options.Shuffle ?? options.Training
        ? new ShuffledOrder(dataset.Count, options.Seed).Epoch(epoch)
        : [.. Enumerable.Range(0, dataset.Count)];

    private IEnumerable<ImageBatch> Run(int[] order, BatchPlan plan, int first, int epoch, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        // where no size is set the first picture of the dataset decides, whatever the order
        var size = transforms.OutputSize ?? cache.Get(0).Size;
        int turn = options.Views is { } views ? epoch % views : epoch;
        ulong[]? rounds = options.Order is null ? null : Rounds(order, turn);
        using var prefetcher = new Prefetcher(order, plan, first, options, device, size, Write, cancellation);
        while (prefetcher.Next() is { } batch) yield return batch;

        void Write(int place, Span<float> destination)
        {
            int example = order[place];
            var image = cache.Get(example);
            if (transforms.OutputSize is null && image.Size != size)
                throw new ImageException(dataset.Name(example), $"is {image.Size} pixels where {dataset.Name(0)} is {size}; set a crop size so that all agree");
            transforms.Write(image, example, rounds is null ? (ulong)turn : rounds[place], destination);
        }
    }

    /// <summary>What the random choices for each place depend on beside the picture: the epoch, and how often the picture came before in it.</summary>
    private static ulong[] Rounds(int[] order, int epoch)
    {
        var seen = new Dictionary<int, uint>();
        return Array.ConvertAll(order, example =>
        {
            uint before = seen.GetValueOrDefault(example);
            seen[example] = before + 1;
            return (ulong)before << 32 | (uint)epoch;
        });
    }
}
