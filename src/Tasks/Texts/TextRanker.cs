using System.Globalization;
using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Ranks documents by how relevant they are to a query, reading both at once: a cross-encoder (Nogueira and Cho 2019), as sentence-transformers'
/// <c>CrossEncoder</c> with one label, whose folders it opens and writes.</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say. It learns by the binary cross-entropy of
/// labels from 0 to 1 (<c>BinaryCrossEntropyLoss</c>).</remarks>
/// <example><code>
/// using var ranker = TextRanker.FromPretrained("all-MiniLM-L6-v2");
/// ranker.FineTune("answers.tsv", new TextColumns { Text = "question", Pair = "answer", Label = "right" });
/// foreach (var found in ranker.Rank("How do I reset my password?", answers, count: 3)) Console.WriteLine($"{found.Score:0.00} {found.Text}");
/// </code></example>
public sealed class TextRanker : TextTask
{
    private TextRanker(TextModelSource source, Device? device) : base(source, device) => CrossEncoderConfig.IsLogit(Current.Config);

    /// <summary>Whether a folder holds a ranker: a sequence classifier of one output, marked as a cross-encoder's or of unsaid meaning.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="CheckpointException">Its <c>config.json</c> is malformed.</exception>
    public static bool IsOne(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return CrossEncoderConfig.IsIn(folder);
    }

    /// <summary>Opens a folder of the hub: a cross-encoder, or any encoder, which is given a head by a fine-tuning.</summary>
    /// <param name="folder">A folder with <c>config.json</c>, weights and the tokeniser's files.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, the architecture is not built, or the weights do not fit.</exception>
    public static TextRanker FromPretrained(string folder, Device? device = null, ulong seed = 0, LoadOptions? options = null) =>
        new(TextModelSource.FromFolder(folder, TextHead.SequenceClassification, seed, options), device);

    /// <summary>Starts from a model of any source with a head for sequences.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="ArgumentException">It has another head.</exception>
    public static TextRanker From(TextModelSource source, Device? device = null) =>
        new(TextModelSource.Fitting(source, static model => model.Head == TextHead.SequenceClassification, "is no sequence classifier"), device);

    /// <summary>Loads a folder that <see cref="TaskModel{TModel, TInputs, TRecipe}.Save"/> wrote, or a cross-encoder's folder of the hub.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the model is of another task.</exception>
    public static TextRanker Load(string folder, Device? device = null)
    {
        var ranker = FromPretrained(folder, device);
        _ = ranker.Trained();
        return ranker;
    }

    /// <summary>Refuses what is no ranking, before any work begins.</summary>
    /// <param name="pairs">Queries and documents.</param>
    /// <exception cref="TextFileException">A query has no document, or a label is no number from 0 to 1.</exception>
    public static void Require(LabelledTexts pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        if (pairs.Kind != TextLabelKind.Regression)
            throw new TextFileException(pairs.Source, "has classes, and a ranker needs numbers from 0 to 1: 1 where the document is relevant, 0 where it is not");
        for (int pair = 0; pair < pairs.Count; pair++)
        {
            if (pairs[pair].Pair is null) throw new TextFileException(pairs.Source, "has a query without a document: give pairs", pairs[pair].Line);
            if (pairs.Value(pair) is not (>= 0 and <= 1))
                throw new TextFileException(pairs.Source, string.Create(
                    CultureInfo.InvariantCulture, $"has the label {pairs.Value(pair)}, and a ranker learns numbers from 0 to 1: divide them by the largest"), pairs[pair].Line);
        }
    }

    /// <summary>Fine-tunes the ranker on the pairs of a file: CSV, TSV or JSON lines, with labels from 0 to 1.</summary>
    /// <param name="file">The file.</param>
    /// <param name="columns">Which columns hold the query, the document and the label.</param>
    /// <param name="options">How; null for the default recipe.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the ranker keeps what it learnt.</param>
    /// <exception cref="TextFileException">The file, a column or a label cannot be used; nothing was changed.</exception>
    /// <exception cref="ArgumentException">An option is impossible; nothing was changed.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the ranker is as it was before that step.</exception>
    /// <exception cref="InvalidOperationException">Another thread is fine-tuning it; nothing was changed.</exception>
    public FitReport FineTune(
        string file, TextColumns columns, TextFineTuneOptions? options = null, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(columns);
        options ??= new TextFineTuneOptions();
        options.Validate();
        columns = columns with { Kind = TextLabelKind.Regression };
        var training = LabelledTexts.Open(file, columns);
        return FineTune(training, options.Validation is { } other ? LabelledTexts.Open(other, columns) : null, options, progress, cancellation);
    }

    /// <summary>Fine-tunes the ranker on queries and documents. A share that is held out is one of the queries, with all of their documents.</summary>
    /// <param name="training">Pairs of a query and a document with a number each: 1 where the document is relevant, 0 where it is not, or anything between.</param>
    /// <param name="validation">What is evaluated on after each epoch; null for nothing.</param>
    /// <param name="options">How; null for the default recipe.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the ranker keeps what it learnt.</param>
    /// <inheritdoc cref="FineTune(string, TextColumns, TextFineTuneOptions, IProgress{FitProgress}, CancellationToken)" path="/exception"/>
    public FitReport FineTune(
        LabelledTexts training, LabelledTexts? validation = null, TextFineTuneOptions? options = null, IProgress<FitProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        options ??= new TextFineTuneOptions();
        options.Validate();
        Require(training);
        if (validation is not null) Require(validation);
        else if (options.HeldOut > 0) (training, validation) = Split(training, options);
        return Fit(
            Labels.Count == 1 ? Labels : [PretrainedInfo.Unnamed(0)], preparation => new LabelledTextExamples(preparation, training, options),
            validation is null ? null : (model, preparation, token) => Measure(model, preparation, validation, token), options, progress, cancellation,
            ProblemTypes.MultiLabel);
    }

    /// <summary>Evaluates the ranker: <c>loss</c>; <c>accuracy</c> and <c>average_precision</c> of the pairs; <c>mrr@10</c>, <c>map@10</c> and
    /// <c>ndcg@10</c> of the queries that have documents of different labels. Relevant is what has a label of 0.5 or more; the gain is the label.</summary>
    /// <param name="pairs">Pairs of a query and a document with a number from 0 to 1 each; the pairs of a query have its very text.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="TextFileException">A text has no second one, or a label is no number from 0 to 1.</exception>
    public Evaluation Evaluate(LabelledTexts pairs, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        Require(pairs);
        var now = Trained();
        return Measure(now.Model, now.Inputs, pairs, cancellation);
    }

    /// <summary>The documents by how relevant they are to a query, the most relevant first; of equal ones the one that was given first.</summary>
    /// <param name="query">The query.</param>
    /// <param name="documents">The documents.</param>
    /// <param name="count">How many to return at most; null for all.</param>
    /// <param name="cancellation">Ends the work.</param>
    public IReadOnlyList<RankedText> Rank(string query, IReadOnlyList<string> documents, int? count = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(documents);
        if (count is { } most) ArgumentOutOfRangeException.ThrowIfLessThan(most, 1, nameof(count));
        return [.. Score(documents.Select(document => new TextExample(query, document)), cancellation)
            .Select((score, index) => new RankedText(index, score, documents[index])).OrderByDescending(static found => found.Score).Take(count ?? documents.Count)];
    }

    /// <summary>How relevant a document is to a query: from 0 to 1, or a logit where the model's folder says so.</summary>
    /// <param name="query">The query.</param>
    /// <param name="document">The document.</param>
    public double Score(string query, string document)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(document);
        return Score([new TextExample(query, document)]).Single();
    }

    /// <summary>The scores of queries and documents, in their order; they are read as they are needed, so there may be any number.</summary>
    /// <param name="pairs">The pairs.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">A text has no second one.</exception>
    public IEnumerable<double> Score(IEnumerable<TextExample> pairs, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var now = Trained();
        bool isLogit = CrossEncoderConfig.IsLogit(now.Config);
        return Rows(now, pairs.Select(static pair => pair.Pair is null ? throw new ArgumentException($"'{Printable.Text(pair.Text)}' has no document: give pairs") : pair), cancellation)
            .Select(row => (double)row.Outputs[0].Values.Span[0]).Select(logit => isLogit ? logit : 1 / (1 + Math.Exp(-logit)));
    }

    private protected override ModelConfig ConfigOf(TaskState<TextModel, TextPreparation, TextFineTuneOptions> now) => CrossEncoderConfig.Marked(base.ConfigOf(now));

    private Evaluation Measure(TextModel model, TextPreparation preparation, LabelledTexts pairs, CancellationToken cancellation) =>
        TextRankerMetrics.Of(pairs, [.. Logits(model, preparation, pairs, cancellation).Select(static logits => logits.Span[0])]);

    private TaskState<TextModel, TextPreparation, TextFineTuneOptions> Trained()
    {
        var now = Current;
        now.RequireTrainedHead();
        return now.Labels.Count == 1 ? now : throw new CheckpointException(
            now.Manifest.Provenance?.FileName ?? now.Model.Name, $"is a classifier of {now.Labels.Count} labels and a ranker has one output: fine-tune it as a ranker first");
    }

    /// <summary>Whole queries for either part: a list of some of its documents is another question.</summary>
    private static (LabelledTexts Training, LabelledTexts Validation) Split(LabelledTexts pairs, TextFineTuneOptions options)
    {
        string[] queries = [.. Enumerable.Range(0, pairs.Count).Select(pair => pairs[pair].Text).Distinct(StringComparer.Ordinal)];
        if (queries.Length == 1) return pairs.Split(options.HeldOut, options.Recipe.Seed);
        var drawn = StratifiedDraw.HeldOut(new int[queries.Length], options.HeldOut, options.Recipe.Seed);
        var held = drawn.Select(query => queries[query]).ToHashSet(StringComparer.Ordinal);
        return (pairs.Where(pair => !held.Contains(pairs[pair].Text)), pairs.Where(pair => held.Contains(pairs[pair].Text)));
    }
}
