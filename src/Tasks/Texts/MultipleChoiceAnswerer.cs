using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Multiple choice (SWAG, RACE): which of several texts goes on with a context, or answers a question about it. The model rates the context with
/// each of them.</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say. Its folder is one of Hugging Face's
/// <c>ForMultipleChoice</c>.</remarks>
/// <example><code>
/// using var answerer = MultipleChoiceAnswerer.FromPretrained("all-MiniLM-L6-v2");
/// answerer.FineTune(ChoiceFile.Read("swag.csv"));
/// Console.WriteLine(answerer.Predict("She opened the umbrella.", ["It was raining.", "It was an apple."]).Text);
/// </code></example>
public sealed class MultipleChoiceAnswerer : TextTask
{
    private MultipleChoiceAnswerer(TextModelSource source, Device? device) : base(source, device)
    {
    }

    /// <summary>Opens a folder of the hub, with a head for choices or of an encoder alone, which is given one by a fine-tuning.</summary>
    /// <param name="folder">A folder with <c>config.json</c>, weights and the tokeniser's files.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, the architecture is not built, or the weights do not fit.</exception>
    public static MultipleChoiceAnswerer FromPretrained(string folder, Device? device = null, ulong seed = 0, LoadOptions? options = null) =>
        new(TextModelSource.FromFolder(folder, TextHead.MultipleChoice, seed, options), device);

    /// <summary>Starts from a model of any source with a head for choices.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="ArgumentException">It has another head.</exception>
    public static MultipleChoiceAnswerer From(TextModelSource source, Device? device = null) =>
        new(TextModelSource.Fitting(source, static model => model.Head == TextHead.MultipleChoice, "has no head for choices"), device);

    /// <summary>Loads a folder that <see cref="TaskModel{TModel, TInputs, TRecipe}.Save"/> wrote, or one of the hub with a head for choices.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the model is of another task.</exception>
    public static MultipleChoiceAnswerer Load(string folder, Device? device = null)
    {
        var answerer = FromPretrained(folder, device);
        answerer.RequireTrainedHead();
        return answerer;
    }

    /// <summary>Fine-tunes the answerer. Examples may have different numbers of choices.</summary>
    /// <param name="training">What is learnt from.</param>
    /// <param name="validation">What is evaluated on after each epoch; null for nothing.</param>
    /// <param name="options">How; null for the default recipe.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the answerer keeps what it learnt.</param>
    /// <exception cref="ArgumentException">There is no example, one has fewer than two choices or no right one, or an option is impossible; nothing was
    /// changed.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the answerer is as it was before that step.</exception>
    /// <exception cref="InvalidOperationException">Another thread is fine-tuning it; nothing was changed.</exception>
    public FitReport FineTune(
        IReadOnlyList<ChoiceExample> training, IReadOnlyList<ChoiceExample>? validation = null, TextFineTuneOptions? options = null,
        IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        options ??= new TextFineTuneOptions();
        options.Validate();
        RequireAnswers(training);
        if (validation is not null) RequireAnswers(validation);
        (training, validation) = HoldOut(training, validation, options);
        return Fit(
            [], preparation => new ChoiceExamples(preparation, training),
            validation is null ? null : (model, preparation, token) => Measure(model, preparation, validation, token), options, progress, cancellation);
    }

    /// <summary>Evaluates the answerer: <c>accuracy</c>, and the mean cross-entropy among the choices of each example as <c>loss</c>.</summary>
    /// <param name="examples">The examples.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">An example has fewer than two choices, or no right one.</exception>
    public Evaluation Evaluate(IReadOnlyList<ChoiceExample> examples, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(examples);
        RequireAnswers(examples);
        var now = Current;
        now.RequireTrainedHead();
        return Measure(now.Model, now.Inputs, examples, cancellation);
    }

    /// <summary>The choice for a context.</summary>
    /// <param name="context">What is read first.</param>
    /// <param name="choices">The texts to choose from, two or more.</param>
    /// <param name="question">What stands before each choice; empty for nothing.</param>
    /// <exception cref="ArgumentException">There are fewer than two choices.</exception>
    public ChoicePrediction Predict(string context, IReadOnlyList<string> choices, string question = "")
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(choices);
        ArgumentNullException.ThrowIfNull(question);
        return Predict([new ChoiceExample(context, choices, Question: question)]).Single();
    }

    /// <summary>The choices for examples, in their order; they are read as they are needed, so there may be any number.</summary>
    /// <param name="examples">The examples; it does not matter whether they say which choice is right.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">An example has fewer than two choices.</exception>
    public IEnumerable<ChoicePrediction> Predict(IEnumerable<ChoiceExample> examples, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(examples);
        var now = Current;
        now.RequireTrainedHead();
        return Logits(now.Model, now.Inputs, examples, cancellation).Select(static one => Choose(one.Example, one.Logits));
    }

    /// <summary>The logit of each choice of each example.</summary>
    private IEnumerable<(ChoiceExample Example, float[] Logits)> Logits(
        TextModel model, TextPreparation preparation, IEnumerable<ChoiceExample> examples, CancellationToken cancellation)
    {
        var asked = new Queue<ChoiceExample>();
        var rows = TextInference.Run(model, Device, preparation, examples.SelectMany(example =>
        {
            RequireChoices(example);
            asked.Enqueue(example);
            return ChoiceExamples.Encode(preparation, example);
        }), cancellation);
        var logits = new List<float>();
        foreach (var row in rows)
        {
            logits.Add(row["logits"][0]);
            if (logits.Count < asked.Peek().Choices.Count) continue;
            yield return (asked.Dequeue(), [.. logits]);
            logits.Clear();
        }
    }

    private static ChoicePrediction Choose(ChoiceExample example, float[] logits)
    {
        int best = ImageInference.IndexOfLargest(logits);
        return new ChoicePrediction(best, example.Choices[best], Array.ConvertAll(ImageInference.LogSoftmax(logits), Math.Exp));
    }

    private Evaluation Measure(TextModel model, TextPreparation preparation, IReadOnlyList<ChoiceExample> examples, CancellationToken cancellation)
    {
        double loss = 0;
        int correct = 0;
        foreach (var (example, logits) in Logits(model, preparation, examples, cancellation))
        {
            loss -= ImageInference.LogSoftmax(logits)[example.Answer!.Value];
            if (ImageInference.IndexOfLargest(logits) == example.Answer) correct++;
        }
        return new Evaluation(examples.Count, correct, loss / Math.Max(1, examples.Count));
    }

    private static void RequireChoices(ChoiceExample example)
    {
        if (example.Choices.Count < 2) throw new ArgumentException($"'{Printable.Text(example.Context)}' has {example.Choices.Count} choices: two are needed, or more");
    }

    private static void RequireAnswers(IReadOnlyList<ChoiceExample> examples)
    {
        foreach (var (index, example) in examples.Index())
        {
            RequireChoices(example);
            if (example.Answer is not { } answer) throw new ArgumentException($"example {index + 1} does not say which choice is right");
            if ((uint)answer >= (uint)example.Choices.Count)
                throw new ArgumentException($"the answer {answer} of example {index + 1} is none of its {example.Choices.Count} choices, 0 to {example.Choices.Count - 1}");
        }
    }
}
