using Graft.Transfer;

namespace Graft.Tasks;

/// <content>Pictures wherever they come from: folders, archives, memory; and what becomes of those that cannot be read.</content>
public sealed partial class ImageClassifier
{
    /// <summary>What the classifier makes of a picture in memory: the bytes of a JPEG, PNG, BMP, GIF, WebP or PPM file.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="name">What the prediction and messages call it.</param>
    /// <exception cref="ImageException">The picture cannot be decoded.</exception>
    public Prediction Predict(ReadOnlyMemory<byte> encoded, string name = "the picture")
    {
        ArgumentNullException.ThrowIfNull(name);
        return Predict(Current, new EncodedImages([encoded], _ => name), unreadable: null, CancellationToken.None).Single().Prediction;
    }

    /// <summary>What the classifier makes of a picture that a stream holds, read from where it stands to its end.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="name">What the prediction and messages call it.</param>
    /// <exception cref="ImageException">The picture cannot be decoded, or is a longer file than decoding may take.</exception>
    public Prediction Predict(Stream encoded, string name = "the picture")
    {
        ArgumentNullException.ThrowIfNull(encoded);
        return Predict(EncodedImages.ReadAll(encoded, name), name);
    }

    /// <summary>What the classifier makes of pictures, in their order; those that cannot be read are left out.</summary>
    /// <param name="files">The pictures.</param>
    /// <param name="unreadable">Is told of each that cannot be read.</param>
    /// <param name="cancellation">Ends the work.</param>
    public IEnumerable<Prediction> Predict(
        IReadOnlyList<string> files, Action<ImageException> unreadable, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(unreadable);
        return Predict(new ImageFiles(files), (_, problem) => unreadable(problem), cancellation).Select(static answer => answer.Prediction);
    }

    /// <summary>Counts how many pictures of a folder, a sub-folder a class, or of a NumPy archive the classifier gets right; those that
    /// cannot be read are left out.</summary>
    /// <param name="folder">The pictures.</param>
    /// <param name="unreadable">Is told of each that cannot be read.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">The folder cannot be used, or it has classes that the classifier does not know.</exception>
    public Evaluation Evaluate(string folder, Action<ImageException> unreadable, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(unreadable);
        return Evaluate(folder, (int _, ImageException problem) => unreadable(problem), cancellation);
    }

    private Evaluation Evaluate(string folder, Action<int, ImageException>? unreadable, CancellationToken cancellation)
    {
        var now = Current;
        var pictures = ClassNumbers.Match(LabelledData.Open(folder, DataUse.Evaluation), now.ClassNames, out _);
        return Evaluate(now, pictures, cancellation, unreadable: unreadable);
    }

    /// <summary>What the classifier makes of pictures, in their order, beside each one's number.</summary>
    internal IEnumerable<(int Index, Prediction Prediction)> Predict(
        IImageDataset pictures, Action<int, ImageException>? unreadable, CancellationToken cancellation) =>
        Predict(Current, pictures, unreadable, cancellation);

    private IEnumerable<(int Index, Prediction Prediction)> Predict(
        Network now, IImageDataset pictures, Action<int, ImageException>? unreadable, CancellationToken cancellation)
    {
        if (pictures.Count == 0) yield break;
        RequireTrainedHead(now);
        foreach (var (batch, logits, classes) in ImageInference.Run(now.Model, device, InOrder(now, pictures, unreadable), cancellation))
        {
            for (int row = 0; row < batch.Count; row++)
            {
                double[] logarithms = ImageInference.LogSoftmax(logits.AsSpan(row * classes, classes));
                int index = batch.Indices[row];
                yield return (index, new Prediction(
                    pictures.Name(index),
                    [.. logarithms.Select((value, number) => new ClassProbability(now.ClassNames[number], Math.Exp(value))).OrderByDescending(entry => entry.Probability)]));
            }
        }
    }

    /// <summary>What the trunk makes of pictures, in their order, beside each one's number.</summary>
    internal IEnumerable<(int Index, float[] Row)> Features(
        IImageDataset pictures, Action<int, ImageException>? unreadable, CancellationToken cancellation) =>
        Features(Current, pictures, unreadable, cancellation);

    private IEnumerable<(int Index, float[] Row)> Features(
        Network now, IImageDataset pictures, Action<int, ImageException>? unreadable, CancellationToken cancellation)
    {
        if (pictures.Count == 0) yield break;
        foreach (var (batch, features, width) in ImageInference.Features(now.Model, device, InOrder(now, pictures, unreadable), cancellation))
            for (int row = 0; row < batch.Count; row++) yield return (batch.Indices[row], features.AsSpan(row * width, width).ToArray());
    }

    /// <summary>Adapts the classifier to pictures that are known to be readable.</summary>
    internal FitReport FineTune(
        LabelledImages training, LabelledImages? validation, ImageFineTuneOptions options, IProgress<FitProgress>? progress, CancellationToken cancellation) =>
        Fit(training.ClassNames, training, validation, options, progress, cancellation);

    /// <summary>The pictures with the classifier's class numbers: by name, or in order where its classes have no names.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="note">How they were matched, where it was not by name.</param>
    internal LabelledImages Known(LabelledImages pictures, out string? note) => ClassNumbers.Match(pictures, ClassNames, out note);

    /// <summary>The pictures without those that cannot be read, which the options' listener is told of; without a listener they are
    /// refused.</summary>
    private (LabelledImages Training, LabelledImages? Validation) Readable(
        (LabelledImages Training, LabelledImages? Validation) pictures, ImageFineTuneOptions options, CancellationToken cancellation)
    {
        var training = Rest(pictures.Training, new ImageTransforms(Preprocessing, options.Recipe.Seed), everyClass: true);
        return (training, pictures.Validation is { } validation ? Rest(validation, new ImageTransforms(Preprocessing), everyClass: false) : null);

        LabelledImages Rest(LabelledImages all, ImageTransforms transforms, bool everyClass)
        {
            // who cancels here has a report without a step coming, as from training
            if (cancellation.IsCancellationRequested) return all;
            var unreadable = PictureCheck.Run(all, transforms, decoding.Threads, counted: null, CancellationToken.None);
            if (unreadable.Count > 0 && options.Unreadable is null) throw new ImageException(PictureCheck.Summary(unreadable));
            foreach (var problem in unreadable.Values) options.Unreadable!(problem);
            return PictureCheck.Rest(all, unreadable, everyClass);
        }
    }

    /// <summary>A listener that hears of each picture once, however many epochs miss it.</summary>
    private static Action<int, ImageException>? Once(Action<ImageException>? unreadable)
    {
        if (unreadable is null) return null;
        var told = new HashSet<int>();
        return (index, problem) =>
        {
            if (told.Add(index)) unreadable(problem);
        };
    }
}
