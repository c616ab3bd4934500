using Graft.Transfer;

namespace Graft.Tasks;

/// <content>What is known of a domain without labels.</content>
public sealed partial class ImageClassifier
{
    /// <summary>How a model is adapted without a source where nothing else is said: an epoch of Adam at 0.001, 64 pictures a step.</summary>
    public static ImageFineTuneOptions TestTimeOptions { get; } = new()
    {
        Recipe = new FineTuneOptions { Epochs = 1, Optimiser = OptimiserKind.Adam, LearningRate = 1e-3, WeightDecay = 0 },
        BatchSize = InferenceBatch,
        Augmentation = TrainingAugmentation.None,
    };

    /// <summary>Adapts the classifier to pictures without labels, and without those that it has learnt from: its norms' weights and biases learn to make it sure of its
    /// answers (TENT, <see cref="TestTimeEntropy"/>).</summary>
    /// <param name="target">The pictures.</param>
    /// <param name="options">How; null for <see cref="TestTimeOptions"/>. What is frozen, the policy of batch norms and the strategy are the method's.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the classifier keeps what it learnt, and batch norms the statistics that they have then.</param>
    /// <exception cref="ImageException">A picture cannot be used; the classifier keeps what it learnt until then.</exception>
    /// <exception cref="ArgumentException">An option is impossible, or the model has no norms; nothing was changed.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the classifier is as it was before that step.</exception>
    /// <exception cref="CheckpointException">The head is untrained.</exception>
    /// <exception cref="InvalidOperationException">Another thread is fine-tuning it; nothing was changed.</exception>
    public FitReport Adapt(IImageDataset target, ImageFineTuneOptions? options = null, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        options ??= TestTimeOptions;
        var report = AdaptAlone(target, options, TestTimeEntropy.Of, progress, cancellation);
        // a few steps move running statistics part of the way alone, and the norms have learnt behind those of batches
        if (report is { Steps: > 0, Interrupted: false } && Model.Descendants().OfType<BatchNorm2d>().Any())
            AdaptStatistics(target, options.Unreadable is null ? null : static (_, _) => { }, CancellationToken.None);
        return report;
    }

    /// <summary>How the model does on pictures of which nobody says what they show, as far as that can be told without.</summary>
    /// <param name="source">Pictures that it learnt from; null where there are none at hand.</param>
    /// <param name="held">Others of the same kind, with labels, that it did not learn from; null for none, and no estimate of errors.</param>
    /// <param name="target">The pictures. Of more than 2,000 some are looked at, evenly spread, and so of the others.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">No picture of a domain can be decoded.</exception>
    /// <exception cref="CheckpointException">The head is untrained.</exception>
    public DomainComparison CompareDomains(LabelledImages? source, LabelledImages? held, IImageDataset target, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        RequireTrainedHead();
        var answers = AnswersOf(target);
        if (source is null) return DomainComparison.Of([.. answers.Values], null, null, null, cancellation);
        (float[][] Features, double[] Errors)? kept = null;
        if (held is { Count: > 0 })
        {
            var features = FeaturesOf(held);
            var said = AnswersOf(held);
            int[] order = [.. features.Keys];
            kept = ([.. order.Select(index => features[index])], [.. order.Select(index => ImageInference.IndexOfLargest(said[index]) == held.Label(index) ? 0.0 : 1.0)]);
        }
        return DomainComparison.Of([.. answers.Values], [.. FeaturesOf(source).Values], [.. FeaturesOf(target).Values], kept, cancellation);

        SortedDictionary<int, float[]> AnswersOf(IImageDataset pictures) =>
            Looked(pictures, some => OutputRows(some, cancellation).Select(static answer => (answer.Index, answer.Row.ToArray())));

        SortedDictionary<int, float[]> FeaturesOf(IImageDataset pictures) => Looked(pictures, some => Features(some, static (_, _) => { }, cancellation));
    }

    /// <summary>Rows of as many pictures as are looked at, by index.</summary>
    private static SortedDictionary<int, float[]> Looked(IImageDataset pictures, Func<IImageDataset, IEnumerable<(int Index, float[] Row)>> rowsOf)
    {
        int[] places = DomainComparison.Places(pictures.Count);
        var rows = new SortedDictionary<int, float[]>();
        foreach (var (index, row) in rowsOf(new SomeImages(pictures, places))) rows[places[index]] = row;
        return rows.Count > 0 ? rows : throw new ImageException(pictures.Name(0), "cannot be decoded, and none of the others of its kind either");
    }
}
