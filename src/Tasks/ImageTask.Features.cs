namespace Graft.Tasks;

/// <content>Features of pictures of any source.</content>
public abstract partial class ImageTask<TData, TPrediction>
{
    /// <summary>The trunk's features of pictures, before the head (timm's <c>num_classes=0</c>): one row a picture, in their order.</summary>
    /// <param name="files">The pictures' files.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">A picture cannot be decoded.</exception>
    public IEnumerable<float[]> Features(IReadOnlyList<string> files, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Features(new ImageFiles(files), null, cancellation).Select(static answer => answer.Row);
    }

    /// <summary>The features of a picture in memory: the bytes of a JPEG, PNG, BMP, GIF, WebP or PPM file.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">The picture cannot be decoded.</exception>
    public float[] Features(ReadOnlyMemory<byte> encoded, string name = "the picture", CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Features(new EncodedImages([encoded], _ => name), null, cancellation).Single().Row;
    }

    /// <summary>The features of a picture in a stream, read from its position to its end.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="cancellation">Ends the work; a read of the stream that has begun is waited for.</param>
    /// <exception cref="ImageException">The picture cannot be decoded, or is a longer file than decoding may take.</exception>
    public float[] Features(Stream encoded, string name = "the picture", CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        return Features(EncodedImages.ReadAll(encoded, name, cancellation), name, cancellation);
    }

    /// <summary>The features of the pictures of a dataset, in their order, with their indices.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="unreadable">Reports each that cannot be read and is left out; null to end there.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">A picture cannot be decoded and <paramref name="unreadable"/> is null.</exception>
    public IEnumerable<(int Index, float[] Row)> Features(
        IImageDataset pictures, Action<int, ImageException>? unreadable = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        return FeatureRows(Current, pictures, unreadable, cancellation);
    }

    private IEnumerable<(int Index, float[] Row)> FeatureRows(
        TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> now, IImageDataset pictures, Action<int, ImageException>? unreadable,
        CancellationToken cancellation)
    {
        if (pictures.Count == 0) yield break;
        foreach (var (index, row) in ImageInference.FeatureRows(now.Model, Device, InOrder(now.Inputs, pictures, unreadable), cancellation))
            yield return (index, row.ToArray());
    }
}
