using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>How well a recipe does on examples that it has not learnt from: the examples in parts, each evaluated by a model that learnt from the others
/// (scikit-learn's <c>StratifiedKFold</c>).</summary>
/// <param name="Folds">The evaluation of each part.</param>
/// <example><code>
/// var checking = CrossValidation.OfImages(() => ImageClassifier.FromPretrained("resnet18", "resnet18.pth"), LabelledImages.Open("photos/"), options, folds: 5);
/// Console.WriteLine($"{checking.Mean(Metrics.Accuracy):P1} +/- {checking.Spread(Metrics.Accuracy):P1}");
/// </code></example>
public sealed record CrossValidation(IReadOnlyList<Evaluation> Folds)
{
    /// <summary>The mean of a figure over the parts, which count alike.</summary>
    /// <param name="metric">The figure's name.</param>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public double Mean(string metric) => Folds.Average(fold => fold.Metrics[metric]);

    /// <summary>The standard deviation of a figure between the parts, by n - 1.</summary>
    /// <param name="metric">The figure's name.</param>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public double Spread(string metric)
    {
        double mean = Mean(metric);
        return Math.Sqrt(Folds.Sum(fold => Math.Pow(fold.Metrics[metric] - mean, 2)) / (Folds.Count - 1));
    }

    /// <summary>The part of each example: of each class as many in every part, but for one, and so of all.</summary>
    /// <param name="classes">Each example's class.</param>
    /// <param name="folds">How many parts; at least 2.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <exception cref="ArgumentException">There are fewer examples than parts, or a class has one alone, which a part would have to do without.</exception>
    public static int[] PartsOf(IReadOnlyList<int> classes, int folds, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        if (classes.Count < folds) throw new ArgumentException($"{classes.Count} examples are too few for {folds} parts");
        var stream = new RandomStream(seed, "folds");
        var parts = new int[classes.Count];
        int next = 0;
        foreach (var group in classes.Index().GroupBy(static example => example.Item).OrderBy(static group => group.Key))
        {
            int[] members = [.. group.Select(static example => example.Index)];
            if (members.Length < 2) throw new ArgumentException($"the class number {group.Key} has one example: with it in one part there would be none to learn from");
            foreach (int place in stream.Permutation(members.Length, (ulong)group.Key)) parts[members[place]] = next++ % folds;
        }
        return parts;
    }

    /// <summary>Evaluates every part by whatever learns from the others.</summary>
    /// <param name="classes">Each example's class.</param>
    /// <param name="folds">How many parts; at least 2.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <param name="evaluate">Learns from the first examples and evaluates on the second; begins anew each time.</param>
    /// <param name="cancellation">Ends the work between two parts.</param>
    /// <exception cref="ArgumentException">The examples are too few.</exception>
    public static CrossValidation Run(
        IReadOnlyList<int> classes, int folds, ulong seed, Func<IReadOnlySet<int>, IReadOnlySet<int>, Evaluation> evaluate, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(evaluate);
        int[] parts = PartsOf(classes, folds, seed);
        var evaluations = new List<Evaluation>();
        for (int fold = 0; fold < folds; fold++)
        {
            cancellation.ThrowIfCancellationRequested();
            HashSet<int> held = [.. Enumerable.Range(0, parts.Length).Where(example => parts[example] == fold)];
            evaluations.Add(evaluate(Enumerable.Range(0, parts.Length).Where(example => parts[example] != fold).ToHashSet(), held));
        }
        return new CrossValidation(evaluations);
    }

    /// <summary>Of image classifiers.</summary>
    /// <param name="begin">Makes what each part's training begins with.</param>
    /// <param name="pictures">The pictures.</param>
    /// <param name="options">How; what is held out by them is not.</param>
    /// <param name="folds">How many parts; at least 2.</param>
    /// <param name="told">Reports each evaluation.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">The pictures are too few.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static CrossValidation OfImages(
        Func<ImageClassifier> begin, LabelledImages pictures, ImageFineTuneOptions options, int folds, Action<Evaluation>? told = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(begin);
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(options);
        options = options with { HeldOut = 0, Validation = null, Recipe = options.Recipe with { Run = null } };
        int[] classes = [.. Enumerable.Range(0, pictures.Count).Select(pictures.Label)];
        return Run(classes, folds, options.Recipe.Seed, (learnt, held) =>
        {
            using var classifier = begin();
            classifier.FineTune(pictures.Where(learnt.Contains), null, options, progress: null, cancellation);
            cancellation.ThrowIfCancellationRequested();
            return Told(classifier.Evaluate(pictures.Where(held.Contains), options.Unreadable is { } leave ? (_, problem) => leave(problem) : null, cancellation), told);
        }, cancellation);
    }

    /// <summary>Of text classifiers.</summary>
    /// <param name="begin">Makes what each part's training begins with.</param>
    /// <param name="texts">The texts, with one class each.</param>
    /// <param name="options">How; what is held out by them is not.</param>
    /// <param name="folds">How many parts; at least 2.</param>
    /// <param name="told">Reports each evaluation.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">The texts are too few, or have not one class each.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static CrossValidation OfTexts(
        Func<TextClassifier> begin, LabelledTexts texts, TextFineTuneOptions options, int folds, Action<Evaluation>? told = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(begin);
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(options);
        if (texts.Kind != TextLabelKind.SingleLabel) throw new ArgumentException("cross-validation divides texts by their classes: give texts of one class each");
        options = options with { HeldOut = 0, Validation = null, Recipe = options.Recipe with { Run = null } };
        int[] classes = [.. Enumerable.Range(0, texts.Count).Select(texts.Class)];
        return Run(classes, folds, options.Recipe.Seed, (learnt, held) =>
        {
            using var classifier = begin();
            classifier.FineTune(texts.Where(learnt.Contains), null, options, progress: null, cancellation);
            cancellation.ThrowIfCancellationRequested();
            return Told(classifier.Evaluate(texts.Where(held.Contains), cancellation), told);
        }, cancellation);
    }

    private static Evaluation Told(Evaluation evaluation, Action<Evaluation>? told)
    {
        told?.Invoke(evaluation);
        return evaluation;
    }
}
