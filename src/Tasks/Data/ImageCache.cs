namespace Graft.Tasks;

/// <summary>Pictures after the steps that every epoch repeats, kept in memory up to a limit; those beyond it are decoded again.</summary>
internal sealed class ImageCache(IImageDataset dataset, ImageTransforms transforms, long cacheBytes)
{
    private readonly RgbImage?[] kept = new RgbImage?[dataset.Count];
    private long bytes;

    /// <summary>Bytes of pictures kept so far.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    public RgbImage Get(int example)
    {
        if (Volatile.Read(ref kept[example]) is { } known) return known;
        var image = transforms.Prepare(dataset.Load(example), dataset.Name(example));
        long size = image.Pixels.LongLength;
        if (Interlocked.Add(ref bytes, size) > cacheBytes || Interlocked.CompareExchange(ref kept[example], image, null) is not null)
            Interlocked.Add(ref bytes, -size);
        return image;
    }
}
