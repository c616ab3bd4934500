using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A task over sounds.</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say.</remarks>
public abstract class SpeechTask : TaskModel<SpeechModel, SpeechPreparation, SpeechFineTuneOptions>
{
    private protected SpeechTask(SpeechModelSource source, Device? device) : base((source ?? throw new ArgumentNullException(nameof(source))).State, device)
    {
        WeightsReport = source.Report;
        Folder = source.Folder;
    }

    /// <summary>What is done to sounds, and what the signs or tokens are.</summary>
    public SpeechPreparation Preparation => Current.Inputs;

    /// <summary>What was taken of the file of published weights; null for a model from elsewhere.</summary>
    public LoadReport? WeightsReport { get; }

    /// <summary>The folder that the model came from; null for none.</summary>
    private protected string? Folder { get; }

    private protected override IReadOnlyCollection<string> NewTensors => WeightsReport?.Replaced ?? [];

    private protected override RecipeTable<SpeechFineTuneOptions> Options => SpeechRecipe.Options;

    private protected override SpeechModel Remake(SpeechModel like, int labels, ulong seed) => like.Remake(Math.Max(1, labels), seed);

    private protected override byte[] FormatInputs(SpeechPreparation inputs) => inputs.Format();

    private protected override void WriteInputs(string folder, SpeechPreparation inputs)
    {
        AtomicFile.Write(Path.Combine(folder, SpeechPreparation.FileName), stream => stream.Write(inputs.Format()));
        inputs.Vocabulary?.Save(folder);
        inputs.Tokeniser?.Save(folder);
    }

    /// <summary>The signs of frames are in a file of their own.</summary>
    private protected override ModelConfig ConfigOf(TaskState<SpeechModel, SpeechPreparation, SpeechFineTuneOptions> now) =>
        now.Model.ConfigFor(now.Model.Head == SpeechHead.SequenceClassification ? now.Labels : []);

    private protected override SpeechPreparation Adopt(SpeechPreparation inputs, SpeechFineTuneOptions recipe, IReadOnlyList<string> labels) => Named(inputs, Model, labels);

    /// <summary>Adapts the model to examples, with a new head unless it has one for the labels.</summary>
    /// <param name="labels">The names of the outputs: classes, or signs of frames; empty for a model that writes.</param>
    /// <param name="training">The examples under a preparation.</param>
    /// <param name="validate">What says after each epoch how well a model does; null for nothing.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running.</param>
    private protected FitReport Fit(
        IReadOnlyList<string> labels, Func<SpeechModel, SpeechPreparation, SpeechExamples> training,
        Func<SpeechModel, SpeechPreparation, CancellationToken, Evaluation>? validate, SpeechFineTuneOptions options, IProgress<FitProgress>? progress, CancellationToken cancellation) =>
        Fit(labels, options.Recipe.Seed, copy =>
        {
            var preparation = Named(copy.Inputs, copy.Model, copy.Labels);
            var examples = training(copy.Model, preparation);
            for (int index = 0; index < examples.Count; index++) SpeechInference.RequireFrame(copy.Model, preparation, examples.Name(index), examples.Lengths[index]);
            if (options.IsOfClasses && examples.Classes is null)
                throw new ArgumentException("label smoothing, weights and sampling of classes and focal loss are for sounds of one class each: leave them out");
            var how = options.Resolved(copy.Model, examples.Count);
            return new TaskRun<SpeechFineTuneOptions>(
                new SpeechTrainingSet(copy.Model, examples, how), validate is null ? null : token => validate(copy.Model, preparation, token),
                how with { Recipe = how.Recipe with { Run = null } }, how.Recipe, examples.AddTo);
        }, progress, cancellation);

    /// <summary>A preparation with the signs that the labels are.</summary>
    private static SpeechPreparation Named(SpeechPreparation inputs, SpeechModel model, IReadOnlyList<string> labels) =>
        model.Head != SpeechHead.Ctc || inputs.Vocabulary is { } own && own.Tokens.SequenceEqual(labels) ? inputs : inputs with { Vocabulary = CtcVocabulary.FromTokens(labels) };
}
