using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Text classification: a published encoder, fine-tuned on labelled texts or pairs of them, saved and loaded. The labels may be one class a text,
/// several, or a number (regression).</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say.</remarks>
/// <example><code>
/// using var classifier = TextClassifier.FromPretrained("all-MiniLM-L6-v2");
/// classifier.FineTune("reviews.tsv", new TextColumns { Text = "review", Label = "sentiment" });
/// Console.WriteLine(classifier.Predict("I would read it again.").Label);
/// classifier.Save("my-classifier");
/// </code></example>
public sealed partial class TextClassifier : TextTask
{
    private TextClassifier(TextModelSource source, Device? device) : base(source, device)
    {
    }

    /// <summary>What its labels are; null where neither its folder nor a fine-tuning has said it.</summary>
    public TextLabelKind? Kind => KindOf(Current.Model);

    /// <summary>Opens a folder of the hub, with a classifier or of an encoder alone, which is given one by a fine-tuning.</summary>
    /// <param name="folder">A folder with <c>config.json</c>, weights and the tokeniser's files.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, the architecture is not built, or the weights do not fit.</exception>
    public static TextClassifier FromPretrained(string folder, Device? device = null, ulong seed = 0, LoadOptions? options = null) =>
        new(TextModelSource.FromFolder(folder, TextHead.SequenceClassification, seed, options), device);

    /// <summary>Starts from a model of any source with a head for sequences.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="ArgumentException">It has another head.</exception>
    public static TextClassifier From(TextModelSource source, Device? device = null) =>
        new(TextModelSource.Fitting(source, static model => model.Head == TextHead.SequenceClassification, "is no sequence classifier"), device);

    /// <summary>Loads a folder that <see cref="TaskModel{TModel, TInputs, TRecipe}.Save"/> wrote, or a classifier's folder of the hub.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the model is of another task.</exception>
    public static TextClassifier Load(string folder, Device? device = null)
    {
        var classifier = FromPretrained(folder, device);
        classifier.RequireTrainedHead();
        return classifier;
    }

    /// <summary>Fine-tunes the classifier on the labelled texts of a file: CSV, TSV or JSON lines.</summary>
    /// <param name="file">The file.</param>
    /// <param name="columns">Which columns hold what.</param>
    /// <param name="options">How; null for the default recipe.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the classifier keeps what it learnt.</param>
    /// <exception cref="TextFileException">The file, a column or a label cannot be used; nothing was changed.</exception>
    /// <exception cref="ArgumentException">An option is impossible; nothing was changed.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the classifier is as it was before that step.</exception>
    /// <exception cref="InvalidOperationException">Another thread is fine-tuning it; nothing was changed.</exception>
    public FitReport FineTune(
        string file, TextColumns columns, TextFineTuneOptions? options = null, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new TextFineTuneOptions();
        options.Validate();
        var training = LabelledTexts.Open(file, columns);
        options = WithTarget(options, columns.Text, columns.Pair);
        return FineTune(training, options.Validation is { } other ? LabelledTexts.Open(other, columns) : null, options, progress, cancellation);
    }

    /// <summary>Fine-tunes the classifier on labelled texts. Where the labels are not those of the head it gets a new one.</summary>
    /// <param name="training">What is learnt from.</param>
    /// <param name="validation">What is evaluated on after each epoch; null for nothing.</param>
    /// <param name="options">How; null for the default recipe.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the classifier keeps what it learnt.</param>
    /// <inheritdoc cref="FineTune(string, TextColumns, TextFineTuneOptions, IProgress{FitProgress}, CancellationToken)" path="/exception"/>
    public FitReport FineTune(
        LabelledTexts training, LabelledTexts? validation = null, TextFineTuneOptions? options = null, IProgress<FitProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        options ??= new TextFineTuneOptions();
        options.Validate();
        options = WithTarget(options, null, null);
        if (options.HeldOut > 0 && validation is null) (training, validation) = training.Split(options.HeldOut, options.Recipe.Seed);
        string[] labels = LabelsOf(training);
        var held = validation?.Match(labels, out _);
        if (held is not null && held.Kind != training.Kind) throw new ArgumentException($"the labels to evaluate on are {held.Kind}, those to learn from {training.Kind}");
        TextTeacher? teacher = null;
        try
        {
            return Fit(
                labels, preparation => new LabelledTextExamples(preparation, training, options, teacher = TeacherOf(training, preparation, labels, options)),
                held is null ? null : (model, preparation, token) => Measure(model, preparation, held, null, token), options, progress, cancellation, ProblemOf(training.Kind));
        }
        finally
        {
            teacher?.Dispose();
        }
    }

    /// <summary>Looks for the learning rate of a fine-tuning (fastai's <c>lr_find</c>). Nothing of the classifier changes.</summary>
    /// <param name="training">What would be learnt from.</param>
    /// <param name="options">How it would be learnt; null for the default recipe.</param>
    /// <param name="finder">How rates rise; null for the usual hundred steps.</param>
    /// <param name="phase">The phase of the fine-tuning; null for the first.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Ends the search after the step that is running; the curve is as long as it came.</param>
    /// <exception cref="TextFileException">A label cannot be used.</exception>
    /// <exception cref="ArgumentException">An option is impossible, or there is no such phase.</exception>
    public RateSearch FindRate(
        LabelledTexts training, TextFineTuneOptions? options = null, RateFinder? finder = null, string? phase = null, IProgress<FitProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        options ??= new TextFineTuneOptions();
        options.Validate();
        return FindRate(
            LabelsOf(training), preparation => new LabelledTextExamples(preparation, training, options), options, finder, phase, progress, cancellation, ProblemOf(training.Kind));
    }

    private static string[] LabelsOf(LabelledTexts training)
    {
        string[] labels = training.Kind == TextLabelKind.Regression ? ["value"] : [.. training.ClassNames];
        return training.Kind != TextLabelKind.SingleLabel || labels.Length >= 2 ? labels : throw new TextFileException(
            training.Source, $"has the class '{Printable.Text(labels.FirstOrDefault() ?? "")}' alone: there is nothing to tell apart");
    }

    /// <summary>Evaluates the classifier: <c>loss</c>, and <c>accuracy</c>, <c>f1</c> and others of classes, or <c>pearson</c> and <c>spearman</c> of numbers.</summary>
    /// <param name="texts">The texts; their labels are matched with the classifier's by name.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="TextFileException">A label is none of the classifier's.</exception>
    public Evaluation Evaluate(LabelledTexts texts, CancellationToken cancellation = default) => Evaluate(texts, answered: null, out _, cancellation);

    /// <summary>Evaluates the classifier, and reports each text of one class.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="answered">Reports each text that has one class, in order: its class and the predicted one.</param>
    /// <param name="note">How the labels were matched, where it was not by name.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="TextFileException">A label is none of the classifier's.</exception>
    public Evaluation Evaluate(LabelledTexts texts, Action<int, int>? answered, out string? note, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var now = Current;
        now.RequireTrainedHead();
        var matched = texts.Match(now.Labels, out note);
        if (KindOf(now.Model) is { } kind && kind != texts.Kind) throw new ArgumentException($"the classifier's labels are {kind}, those of {texts.Source} {texts.Kind}");
        return Measure(now.Model, now.Inputs, matched, answered, cancellation);
    }

    /// <summary>The prediction for a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="pair">The second text, where pairs are judged.</param>
    public TextPrediction Predict(string text, string? pair = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Predict([new TextExample(text, pair)]).Single();
    }

    /// <summary>The predictions for texts, in their order; they are read as they are needed, so there may be any number.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellation">Ends the work.</param>
    public IEnumerable<TextPrediction> Predict(IEnumerable<string> texts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return Predict(texts.Select(static text => new TextExample(text)), cancellation);
    }

    /// <summary>As <see cref="Predict(IEnumerable{string}, CancellationToken)"/>, of texts or pairs. One model answers all of a call, even if a fine-tuning
    /// replaces it in the meantime.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellation">Ends the work.</param>
    public IEnumerable<TextPrediction> Predict(IEnumerable<TextExample> texts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return Predictions(Current, texts, cancellation);
    }

    private IEnumerable<TextPrediction> Predictions(
        TaskState<TextModel, TextPreparation, TextFineTuneOptions> now, IEnumerable<TextExample> texts, CancellationToken cancellation)
    {
        var kind = KindOf(now.Model) ?? (now.Labels.Count == 1 ? TextLabelKind.Regression : TextLabelKind.SingleLabel);
        var asked = new Queue<string>();
        var rows = Rows(now, texts.Select(text =>
        {
            asked.Enqueue(text.Text);
            return text;
        }), cancellation);
        foreach (var row in rows) yield return Answer(asked.Dequeue(), row["logits"], now.Labels, kind);
    }

    /// <summary>The options with the texts of a target that is named by its file.</summary>
    private static TextFineTuneOptions WithTarget(TextFineTuneOptions options, string? text, string? pair) =>
        options.Adaptation is { Texts: null, Target: { } path }
            ? options with { Adaptation = options.Adaptation with { Texts = UnlabelledTexts.Open(path, text, pair) } }
            : options;

    private static TextTeacher? TeacherOf(LabelledTexts training, TextPreparation preparation, IReadOnlyList<string> labels, TextFineTuneOptions options) =>
        options.Distillation.Teacher is not null && training.Kind == TextLabelKind.SingleLabel ? new TextTeacher(options.Distillation, preparation, labels) : null;

    private static TextPrediction Answer(string text, ReadOnlySpan<float> logits, IReadOnlyList<string> labels, TextLabelKind kind)
    {
        var scores = new LabelScore[logits.Length];
        double[]? logarithms = kind == TextLabelKind.SingleLabel ? ImageInference.LogSoftmax(logits) : null;
        for (int label = 0; label < scores.Length; label++)
        {
            scores[label] = new LabelScore(labels[label], kind switch
            {
                TextLabelKind.SingleLabel => Math.Exp(logarithms![label]),
                TextLabelKind.MultiLabel => 1 / (1 + Math.Exp(-logits[label])),
                _ => logits[label],
            });
        }
        LabelScore[] sorted = kind == TextLabelKind.Regression ? scores : [.. scores.OrderByDescending(static score => score.Score)];
        var held = kind switch
        {
            TextLabelKind.SingleLabel => sorted.Take(1),
            TextLabelKind.MultiLabel => sorted.Where(static score => score.Score > 0.5),
            _ => sorted,
        };
        return new TextPrediction(text, sorted, [.. held.Select(static score => score.Label)]);
    }

    private Evaluation Measure(TextModel model, TextPreparation preparation, LabelledTexts texts, Action<int, int>? answered, CancellationToken cancellation) =>
        TextClassifierMetrics.Of(texts, Logits(model, preparation, texts, cancellation), answered);

    private static TextLabelKind? KindOf(TextModel model) => model.ProblemType switch
    {
        ProblemTypes.SingleLabel => TextLabelKind.SingleLabel,
        ProblemTypes.MultiLabel => TextLabelKind.MultiLabel,
        ProblemTypes.Regression => TextLabelKind.Regression,
        _ => null,
    };

    private static string ProblemOf(TextLabelKind kind) => kind switch
    {
        TextLabelKind.MultiLabel => ProblemTypes.MultiLabel,
        TextLabelKind.Regression => ProblemTypes.Regression,
        _ => ProblemTypes.SingleLabel,
    };
}
