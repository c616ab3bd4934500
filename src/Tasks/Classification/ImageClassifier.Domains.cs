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

    /// <summary>The most examples of a domain that features are taken of.</summary>
    private const int MostCompared = 2000;

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
        var shares = new double[ClassNames.Count];
        double confidence = 0, entropy = 0;
        foreach (double[] logarithms in answers.Values.Select(static row => ImageInference.LogSoftmax(row)))
        {
            int answer = Array.IndexOf(logarithms, logarithms.Max());
            shares[answer] += 1.0 / answers.Count;
            confidence += Math.Exp(logarithms[answer]) / answers.Count;
            foreach (double logarithm in logarithms) entropy -= Math.Exp(logarithm) * logarithm / answers.Count;
        }
        if (source is null) return new DomainComparison(null, confidence, entropy, shares, null);
        SortedDictionary<int, float[]> here = FeaturesOf(source), there = FeaturesOf(target);
        TargetRisk? error = null;
        if (held is { Count: > 0 })
        {
            var kept = FeaturesOf(held);
            var said = AnswersOf(held);
            int[] order = [.. kept.Keys];
            error = TargetRisk.Estimate(
                [.. here.Values], [.. there.Values], [.. order.Select(index => kept[index])],
                [.. order.Select(index => ImageInference.IndexOfLargest(said[index]) == held.Label(index) ? 0.0 : 1.0)]);
        }
        return new DomainComparison(ProxyDistance.Of([.. here.Values], [.. there.Values], cancellation: cancellation), confidence, entropy, shares, error);

        SortedDictionary<int, float[]> AnswersOf(IImageDataset pictures) =>
            Looked(pictures, some => OutputRows(some, cancellation).Select(static answer => (answer.Index, answer.Row.ToArray())));

        SortedDictionary<int, float[]> FeaturesOf(IImageDataset pictures) => Looked(pictures, some => Features(some, static (_, _) => { }, cancellation));
    }

    /// <summary>Rows of as many pictures as are looked at, by index.</summary>
    private static SortedDictionary<int, float[]> Looked(IImageDataset pictures, Func<IImageDataset, IEnumerable<(int Index, float[] Row)>> rowsOf)
    {
        int count = Math.Min(pictures.Count, MostCompared);
        int[] places = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * pictures.Count / count))];
        var rows = new SortedDictionary<int, float[]>();
        foreach (var (index, row) in rowsOf(new SomeImages(pictures, places))) rows[places[index]] = row;
        return rows.Count > 0 ? rows : throw new ImageException(pictures.Name(0), "cannot be decoded, and none of the others of its kind either");
    }
}
