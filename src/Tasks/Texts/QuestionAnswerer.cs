using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Extractive question answering (SQuAD): where in a context the answer to a question stands. Long contexts are read in windows that overlap.</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say.</remarks>
/// <example><code>
/// using var reader = QuestionAnswerer.FromPretrained("all-MiniLM-L6-v2");
/// reader.FineTune(SquadFile.Read("train-v1.1.json"));
/// Console.WriteLine(reader.Answer("Who wrote it?", "Ada Lovelace wrote the first program.").Text);
/// </code></example>
public sealed class QuestionAnswerer : TextTask
{
    /// <summary>How many starts and ends of a window are considered (<c>n_best_size</c>).</summary>
    private const int Best = 20;

    private QuestionAnswerer(TextModelSource source, Device? device) : base(source, device)
    {
    }

    /// <summary>Opens a folder of the hub, with a head for questions or of an encoder alone, which is given one by a fine-tuning.</summary>
    /// <param name="folder">A folder with <c>config.json</c>, weights and the tokeniser's files.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, the architecture is not built, or the weights do not fit.</exception>
    public static QuestionAnswerer FromPretrained(string folder, Device? device = null, ulong seed = 0, LoadOptions? options = null) =>
        new(TextModelSource.FromFolder(folder, TextHead.QuestionAnswering, seed, options), device);

    /// <summary>Starts from a model of any source with a head for questions.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="ArgumentException">It has another head.</exception>
    public static QuestionAnswerer From(TextModelSource source, Device? device = null) =>
        new(TextModelSource.Fitting(source, static model => model.Head == TextHead.QuestionAnswering, "answers no questions"), device);

    /// <summary>Loads a folder that <see cref="TaskModel{TModel, TInputs, TRecipe}.Save"/> wrote, or a reader's folder of the hub.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the model is of another task.</exception>
    public static QuestionAnswerer Load(string folder, Device? device = null)
    {
        var reader = FromPretrained(folder, device);
        reader.RequireTrainedHead();
        return reader;
    }

    /// <summary>Fine-tunes the reader. A window without the answer learns to point at the token that stands for the whole: no answer.</summary>
    /// <param name="training">What is learnt from; of several answers the first.</param>
    /// <param name="validation">What is evaluated on after each epoch; null for nothing.</param>
    /// <param name="options">How; null for the default recipe.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the reader keeps what it learnt.</param>
    /// <exception cref="ArgumentException">There is no question, or an option is impossible; nothing was changed.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the reader is as it was before that step.</exception>
    /// <exception cref="InvalidOperationException">Another thread is fine-tuning it; nothing was changed.</exception>
    public FitReport FineTune(
        IReadOnlyList<QuestionExample> training, IReadOnlyList<QuestionExample>? validation = null, TextFineTuneOptions? options = null,
        IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        options ??= new TextFineTuneOptions();
        options.Validate();
        (training, validation) = HoldOut(training, validation, options);
        return Fit(
            [], preparation => new Examples(preparation, training),
            validation is null ? null : (model, preparation, token) => Measure(model, preparation, validation, new AnswerOptions(), token),
            options, progress, cancellation);
    }

    /// <summary>Evaluates the reader by SQuAD's rule: <c>exact_match</c> and <c>f1</c>, shares from 0 to 1.</summary>
    /// <param name="examples">The questions. Where some have no answer one is given as long as none is not thought likelier, unless the options say otherwise.</param>
    /// <param name="options">How they are answered; null for the usual way.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">There is no question.</exception>
    public Evaluation Evaluate(IReadOnlyList<QuestionExample> examples, AnswerOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(examples);
        var now = Current;
        now.RequireTrainedHead();
        return Measure(now.Model, now.Inputs, examples, options ?? new AnswerOptions(), cancellation);
    }

    /// <summary>The answer to a question.</summary>
    /// <param name="question">The question; one that would take more than half of a window is cut off.</param>
    /// <param name="context">The text that is read, of any length.</param>
    /// <param name="options">How it is answered; null for the usual way.</param>
    public Answer Answer(string question, string context, AnswerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(context);
        return Answer([(question, context)], options).Single();
    }

    /// <summary>The answers to questions, in their order; they are read as they are needed.</summary>
    /// <param name="questions">Each question and its context.</param>
    /// <param name="options">How they are answered; null for the usual way.</param>
    /// <param name="cancellation">Ends the work.</param>
    public IEnumerable<Answer> Answer(
        IEnumerable<(string Question, string Context)> questions, AnswerOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        options ??= new AnswerOptions();
        options.Validate();
        var now = Current;
        now.RequireTrainedHead();
        return Answers(now.Model, now.Inputs, questions, options, cancellation);
    }

    private IEnumerable<Answer> Answers(
        TextModel model, TextPreparation preparation, IEnumerable<(string Question, string Context)> questions, AnswerOptions options, CancellationToken cancellation)
    {
        var asked = new Queue<(string Context, int Windows)>();
        var rows = TextInference.Run(model, Device, preparation, questions.SelectMany(question =>
        {
            var windows = QuestionWindows.Of(preparation, question.Question, question.Context, options.Stride);
            asked.Enqueue((question.Context, windows.Count));
            return windows;
        }), cancellation);
        var read = new List<TextRow>();
        foreach (var row in rows)
        {
            read.Add(row);
            if (read.Count < asked.Peek().Windows) continue;
            yield return Choose(preparation, asked.Dequeue().Context, read, options);
            read.Clear();
        }
    }

    /// <summary>The best answer of all windows.</summary>
    private static Answer Choose(TextPreparation preparation, string context, List<TextRow> windows, AnswerOptions options)
    {
        double none = double.PositiveInfinity;
        var found = new Dictionary<(int Start, int End), double>();
        foreach (var row in windows)
        {
            var start = row["start_logits"].Slice(row.Start, row.Tokens.Length);
            var end = row["end_logits"].Slice(row.Start, row.Tokens.Length);
            int whole = QuestionWindows.NoAnswer(preparation, row.Tokens);
            none = Math.Min(none, start[whole] + end[whole]);
            int[] ends = Largest(row.Tokens, end);
            foreach (int first in Largest(row.Tokens, start))
            {
                foreach (int last in ends)
                {
                    if (last < first || last - first >= options.MaximumTokens) continue;
                    var place = (row.Tokens.Offsets[first].Start, row.Tokens.Offsets[last].End);
                    double score = (double)start[first] + end[last];
                    if (!found.TryGetValue(place, out double known) || score > known) found[place] = score;
                }
            }
        }
        if (found.Count == 0) return new Answer("", 0, 0, none, 1, double.PositiveInfinity);
        var best = found.MaxBy(static one => one.Value);
        double likeliest = options.NoAnswerThreshold is null ? best.Value : Math.Max(best.Value, none);
        double sum = found.Values.Sum(score => Math.Exp(score - likeliest)) + (options.NoAnswerThreshold is null ? 0 : Math.Exp(none - likeliest));
        double noAnswer = none - best.Value;
        if (noAnswer > options.NoAnswerThreshold) return new Answer("", 0, 0, none, Math.Exp(none - likeliest) / sum, noAnswer);
        var (from, to) = best.Key;
        return new Answer(context[from..to], from, to, best.Value, Math.Exp(best.Value - likeliest) / sum, noAnswer);
    }

    /// <summary>The tokens of the context with the largest logits.</summary>
    private static int[] Largest(TokenisedText tokens, ReadOnlySpan<float> logits)
    {
        var places = new List<(float Logit, int Token)>();
        for (int token = 0; token < tokens.Length; token++)
            if (tokens.Sequences[token] == 1) places.Add((logits[token], token));
        return [.. places.OrderByDescending(static place => place.Logit).Take(Best).Select(static place => place.Token)];
    }

    private Evaluation Measure(
        TextModel model, TextPreparation preparation, IReadOnlyList<QuestionExample> examples, AnswerOptions options, CancellationToken cancellation)
    {
        bool knowsUnanswerable = examples.Any(static example => example.IsImpossible);
        var answers = Answers(
            model, preparation, examples.Select(static example => (example.Question, example.Context)), options with { NoAnswerThreshold = null }, cancellation).ToList();
        var texts = examples.Zip(answers).ToDictionary(static pair => pair.First.Id, static pair => pair.Second.Text);
        var none = knowsUnanswerable ? examples.Zip(answers).ToDictionary(static pair => pair.First.Id, static pair => pair.Second.NoAnswerScore) : null;
        var scores = AnswerScores.Of(examples, texts, none, options.NoAnswerThreshold ?? 0);
        return new Evaluation(scores.Count, (int)Math.Round(scores.ExactMatch * scores.Count), new Metrics(scores.Figures));
    }

    private sealed class Examples : TextExamples
    {
        private readonly List<(TokenisedText Window, int First, int Last)> windows = [];

        public Examples(TextPreparation preparation, IReadOnlyList<QuestionExample> examples) : base(preparation)
        {
            int stride = new AnswerOptions().Stride;
            foreach (var example in examples)
            {
                foreach (var window in QuestionWindows.Of(preparation, example.Question, example.Context, stride))
                {
                    int whole = QuestionWindows.NoAnswer(preparation, window);
                    var (first, last) = example.IsImpossible || example.Answers.Count == 0
                        ? (whole, whole) : QuestionWindows.Find(window, example.Answers[0]) ?? (whole, whole);
                    windows.Add((window, first, last));
                }
            }
        }

        public override int Count => windows.Count;

        protected override TextTargets Targets(TextFrame frame) => new()
        {
            StartPositions = [.. frame.Examples.Select((index, row) => frame.Start(row) + windows[index].First)],
            EndPositions = [.. frame.Examples.Select((index, row) => frame.Start(row) + windows[index].Last)],
        };

        protected override TokenisedText Encode(int index) => windows[index].Window;
    }
}
