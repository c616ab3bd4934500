using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A task over texts.</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say.</remarks>
public abstract class TextTask : TaskModel<TextModel, TextPreparation, TextFineTuneOptions>
{
    internal const string LengthKey = "max_length";

    private protected TextTask(TextModelSource source, Device? device) : base((source ?? throw new ArgumentNullException(nameof(source))).State, device) =>
        WeightsReport = source.Report;

    /// <summary>How texts become tokens.</summary>
    public TextPreparation Preparation => Current.Inputs;

    /// <summary>Refuses texts that are longer than the model takes, before any work begins.</summary>
    /// <param name="options">How the model is to be fine-tuned.</param>
    /// <exception cref="ArgumentException">They are.</exception>
    public void RequireLength(TextFineTuneOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        RequireLength(Current, options);
    }

    /// <summary>What was taken of the file of published weights; null for a model from elsewhere.</summary>
    public LoadReport? WeightsReport { get; }

    private protected override IReadOnlyCollection<string> NewTensors => WeightsReport?.Replaced ?? [];

    private protected override RecipeTable<TextFineTuneOptions> Options => TextRecipe.Options;

    private protected override TextModel Remake(TextModel like, int labels, ulong seed)
    {
        var model = like.Remake(Math.Max(1, labels), seed);
        model.ProblemType = like.ProblemType;
        return model;
    }

    private protected override byte[] FormatInputs(TextPreparation inputs) => JsonFile.Format(writer => writer.WriteNumber(LengthKey, inputs.MaximumLength));

    private protected override void WriteInputs(string folder, TextPreparation inputs) => inputs.Tokeniser.Save(folder);

    private protected override ModelConfig ConfigOf(TaskState<TextModel, TextPreparation, TextFineTuneOptions> now) => now.Model.ConfigFor(now.Labels, now.Model.ProblemType);

    private protected override TextPreparation Adopt(TextPreparation inputs, TextFineTuneOptions recipe, IReadOnlyList<string> labels) =>
        inputs with { MaximumLength = recipe.MaximumLength ?? inputs.MaximumLength };

    /// <summary>Adapts the model to examples, with a new head unless it has one for the labels.</summary>
    /// <param name="labels">The names of the outputs; empty for a head without labels.</param>
    /// <param name="training">The examples under a preparation.</param>
    /// <param name="validate">What says after each epoch how well a model does; null for nothing.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running.</param>
    /// <param name="problemType">What a sequence classifier's outputs mean.</param>
    private protected FitReport Fit(
        IReadOnlyList<string> labels, Func<TextPreparation, TextExamples> training,
        Func<TextModel, TextPreparation, CancellationToken, Evaluation>? validate, TextFineTuneOptions options,
        IProgress<FitProgress>? progress, CancellationToken cancellation, string? problemType = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Fit(labels, options.Recipe.Seed, copy => Prepare(copy, training, validate, options, problemType), progress, cancellation);
    }

    /// <summary>Looks for the learning rate of such a fine-tuning on a copy of the model.</summary>
    private protected RateSearch FindRate(
        IReadOnlyList<string> labels, Func<TextPreparation, TextExamples> training, TextFineTuneOptions options, RateFinder? finder, string? phase,
        IProgress<FitProgress>? progress, CancellationToken cancellation, string? problemType = null) => FindRate(
        labels, options.Recipe.Seed, copy => Prepare(copy, training, null, options, problemType), finder, phase, progress, cancellation);

    private static TaskRun<TextFineTuneOptions> Prepare(
        TaskState<TextModel, TextPreparation, TextFineTuneOptions> copy, Func<TextPreparation, TextExamples> training,
        Func<TextModel, TextPreparation, CancellationToken, Evaluation>? validate, TextFineTuneOptions options, string? problemType)
    {
        RequireLength(copy, options);
        if (problemType is not null) copy.Model.ProblemType = problemType;
        var preparation = copy.Inputs with { MaximumLength = options.MaximumLength ?? copy.Inputs.MaximumLength };
        var examples = training(preparation);
        if ((examples.SmoothsLabels ? options with { LabelSmoothing = 0 } : options).IsOfClasses && examples.Classes is null)
            throw new ArgumentException("label smoothing, weights and sampling of classes, focal loss, R-Drop and a teacher are for texts of one class each: leave them out");
        var how = options.Resolved(copy.Model, examples.Count, preparation.MaximumLength);
        int batches = new BatchPlan(Math.Max(1, examples.Count), how.BatchSize!.Value, even: true).Count;
        var target = how.Adaptation.Method is null || how.Adaptation.Method == DomainMethodKind.SourceOnly ? null : new TextTarget(copy.Model, examples, how, batches);
        return new TaskRun<TextFineTuneOptions>(
            new TextTrainingSet(copy.Model, examples, how.BatchSize!.Value, how.Recipe.Seed, how.Classes.Order(examples.Classes, how.Recipe.Seed)) { Target = target },
            validate is null ? null : token => validate(copy.Model, preparation, token),
            how with { Recipe = how.Recipe with { Run = null } }, how.Recipe, examples.AddTo)
        {
            Beside = target?.Group is { } group ? [group] : [],
        };
    }

    /// <summary>The examples in two parts, where a share is to be held out and nothing else is there to evaluate on.</summary>
    private protected static (IReadOnlyList<T> Training, IReadOnlyList<T>? Validation) HoldOut<T>(
        IReadOnlyList<T> examples, IReadOnlyList<T>? validation, TextFineTuneOptions options)
    {
        if (validation is not null || options.HeldOut <= 0) return (examples, validation);
        var held = StratifiedDraw.HeldOut(new int[examples.Count], options.HeldOut, options.Recipe.Seed);
        return ([.. examples.Where((_, index) => !held.Contains(index))], [.. examples.Where((_, index) => held.Contains(index))]);
    }

    private static void RequireLength(TaskState<TextModel, TextPreparation, TextFineTuneOptions> now, TextFineTuneOptions options)
    {
        int longest = now.Inputs.Longest(now.Model);
        if (options.MaximumLength > longest) throw new ArgumentException($"{options.MaximumLength} tokens are more than the {longest} that {now.Model.Name} takes");
    }

    private protected IEnumerable<TextRow> Rows(
        TaskState<TextModel, TextPreparation, TextFineTuneOptions> now, IEnumerable<TextExample> texts, CancellationToken cancellation)
    {
        now.RequireTrainedHead();
        return TextInference.Run(now.Model, Device, now.Inputs, texts.Select(text => now.Inputs.Encode(text.Text, text.Pair)), cancellation);
    }

    /// <summary>The outputs for labelled texts, in order.</summary>
    private protected IEnumerable<ReadOnlyMemory<float>> Logits(TextModel model, TextPreparation preparation, LabelledTexts texts, CancellationToken cancellation) =>
        TextInference.Run(
            model, Device, preparation, Enumerable.Range(0, texts.Count).Select(index => preparation.Encode(texts[index].Text, texts[index].Pair)), cancellation)
        .Select(static row => row.Outputs[0].Values);
}
