using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Goes through a source of pictures epoch by epoch, in batches that background threads decode ahead. The batches
/// depend on the source, the preprocessing, the seed and the epoch alone: not on threads, timing or what is kept in memory.</summary>
internal sealed class Batches
{
    private readonly IImageSource source;
    private readonly ImageTransforms transforms;
    private readonly CpuDevice device;
    private readonly BatchOptions options;
    private readonly PreparedImages prepared;

    /// <summary>Opens a source; nothing is decoded yet.</summary>
    /// <param name="source">The pictures.</param>
    /// <param name="preprocessing">What is done to them.</param>
    /// <param name="device">Whose pool the batches' memory comes from.</param>
    /// <param name="options">Order, size, threads.</param>
    /// <exception cref="ArgumentException">The source is empty, or an option or setting is impossible.</exception>
    public Batches(IImageSource source, ImagePreprocessing preprocessing, CpuDevice device, BatchOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (source.Count == 0) throw new ArgumentException("there are no pictures to make batches of", nameof(source));
        this.source = source;
        this.device = device;
        this.options = options;
        transforms = new ImageTransforms(preprocessing, options.Training ? options.Seed : null);
        prepared = new PreparedImages(source, transforms, options.CacheBytes);
        Plan = new BatchPlan(source.Count, options.BatchSize, even: options.Training);
    }

    /// <summary>How the pictures of an epoch are divided.</summary>
    public BatchPlan Plan { get; }

    /// <summary>Batches an epoch.</summary>
    public int Count => Plan.Count;

    /// <summary>What messages call a picture of the source.</summary>
    public string Name(int example) => source.Name(example);

    /// <summary>The batches of one epoch, each the caller's to dispose. Leaving the loop early stops the threads.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="cancellation">Ends the wait for a batch.</param>
    /// <exception cref="ImageException">A picture cannot be decoded, or has another size than the first where no size is set; thrown
    /// in place of its batch, for the batch's first such picture, unless the options say who is told of it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IEnumerable<ImageBatch> Epoch(int epoch, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        return Run(epoch, cancellation);
    }

    private IEnumerable<ImageBatch> Run(int epoch, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        int[] order = options.Shuffle ?? options.Training
            ? new RandomStream(options.Seed, "shuffle").Permutation(source.Count, (ulong)epoch)
            : [.. Enumerable.Range(0, source.Count)];
        // where no size is set the first picture of the source decides, whatever the order
        var size = transforms.OutputSize ?? prepared.Get(0).Size;
        using var ahead = new BatchesAhead(order, Plan, options, device, size, source, Write, cancellation);
        while (ahead.Next() is { } batch) yield return batch;

        void Write(int example, Span<float> destination)
        {
            var image = prepared.Get(example);
            if (transforms.OutputSize is null && image.Size != size)
                throw new ImageException(source.Name(example), $"is {image.Size} pixels where {source.Name(0)} is {size}; set a crop size so that all agree");
            transforms.Write(image, example, epoch, destination);
        }
    }
}
