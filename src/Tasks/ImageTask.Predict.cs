namespace Graft.Tasks;

/// <content>Predictions for pictures of any source: files, memory, streams, a dataset.</content>
public abstract partial class ImageTask<TData, TPrediction>
{
    /// <summary>The model's prediction for a picture.</summary>
    /// <param name="file">The picture's file.</param>
    /// <exception cref="ImageException">The picture cannot be decoded.</exception>
    public TPrediction Predict(string file) => Predict([file]).Single();

    /// <summary>The model's predictions for pictures, in their order.</summary>
    /// <param name="files">The pictures' files.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">A picture cannot be decoded.</exception>
    public IEnumerable<TPrediction> Predict(IReadOnlyList<string> files, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Predict(new ImageFiles(files), null, cancellation).Select(static answer => answer.Prediction);
    }

    /// <summary>The model's predictions for pictures, in their order; those that cannot be read are left out.</summary>
    /// <param name="files">The pictures' files.</param>
    /// <param name="unreadable">Reports each that cannot be read.</param>
    /// <param name="cancellation">Ends the work.</param>
    public IEnumerable<TPrediction> Predict(IReadOnlyList<string> files, Action<ImageException> unreadable, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(unreadable);
        return Predict(new ImageFiles(files), (_, problem) => unreadable(problem), cancellation).Select(static answer => answer.Prediction);
    }

    /// <summary>The model's prediction for a picture in memory: the bytes of a JPEG, PNG, BMP, GIF, WebP or PPM file.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="name">What the prediction and messages call it.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">The picture cannot be decoded.</exception>
    public TPrediction Predict(ReadOnlyMemory<byte> encoded, string name = "the picture", CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Predict(new EncodedImages([encoded], _ => name), null, cancellation).Single().Prediction;
    }

    /// <summary>The model's prediction for a picture in a stream, read from its position to its end.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="name">What the prediction and messages call it.</param>
    /// <param name="cancellation">Ends the work; a read of the stream that has begun is waited for (<see cref="PredictAsync"/> ends it).</param>
    /// <exception cref="ImageException">The picture cannot be decoded, or is a longer file than decoding may take.</exception>
    public TPrediction Predict(Stream encoded, string name = "the picture", CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        return Predict(EncodedImages.ReadAll(encoded, name, cancellation), name, cancellation);
    }

    /// <summary>The model's predictions for pictures in streams, in their order, computed as one batch.</summary>
    /// <param name="encoded">The files' bytes, each read from its stream's position to its end.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">A picture cannot be decoded, or is a longer file than decoding may take; messages call it picture 1,
    /// picture 2 ...</exception>
    public IReadOnlyList<TPrediction> Predict(IReadOnlyList<Stream> encoded, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        ReadOnlyMemory<byte>[] files = [.. encoded.Select((stream, index) => (ReadOnlyMemory<byte>)EncodedImages.ReadAll(stream, Numbered(index), cancellation))];
        return [.. Predict(new EncodedImages(files, Numbered), null, cancellation).Select(static answer => answer.Prediction)];
    }

    /// <summary>As <see cref="Predict(Stream, string, CancellationToken)"/>, without holding the thread that waits for the stream; the
    /// computation runs on the thread pool.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="name">What the prediction and messages call it.</param>
    /// <param name="cancellation">Ends the wait and the work.</param>
    /// <exception cref="ImageException">The picture cannot be decoded, or is a longer file than decoding may take.</exception>
    public async Task<TPrediction> PredictAsync(Stream encoded, string name = "the picture", CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        ArgumentNullException.ThrowIfNull(name);
        var file = new EncodedImages([await EncodedImages.ReadAllAsync(encoded, name, cancellation).ConfigureAwait(false)], _ => name);
        return await Task.Run(() => Predict(file, null, cancellation).Single().Prediction, cancellation).ConfigureAwait(false);
    }

    /// <summary>The model's predictions for the pictures of a dataset, in their order, with their indices. One model answers all of a call,
    /// even if a fine-tuning replaces it in the meantime.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="unreadable">Reports each that cannot be read and is left out; null to end there.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">A picture cannot be decoded and <paramref name="unreadable"/> is null.</exception>
    public IEnumerable<(int Index, TPrediction Prediction)> Predict(
        IImageDataset pictures, Action<int, ImageException>? unreadable = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        return Predictions(Current, pictures, unreadable, cancellation);
    }

    private IEnumerable<(int Index, TPrediction Prediction)> Predictions(
        TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> now, IImageDataset pictures, Action<int, ImageException>? unreadable,
        CancellationToken cancellation)
    {
        if (pictures.Count == 0) yield break;
        now.RequireTrainedHead();
        foreach (var (index, outputs) in ImageInference.Rows(now.Model, Device, InOrder(now.Inputs, pictures, unreadable), cancellation))
            yield return (index, Answer(pictures.Name(index), outputs, now.Labels));
    }

    /// <summary>The outputs for the pictures of a dataset that can be read, with their indices.</summary>
    private protected IEnumerable<(int Index, ReadOnlyMemory<float> Row)> OutputRows(IImageDataset pictures, CancellationToken cancellation)
    {
        var now = Current;
        return ImageInference.Rows(now.Model, Device, InOrder(now.Inputs, pictures, static (_, _) => { }), cancellation);
    }

    private static string Numbered(int index) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"picture {index + 1}");
}
