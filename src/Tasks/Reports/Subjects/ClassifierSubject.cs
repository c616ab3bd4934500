using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Examples of one class each, whatever they are.</summary>
/// <param name="state">The published weights.</param>
/// <param name="training">What is learnt from.</param>
/// <param name="test">What is tested on, under the same class numbers.</param>
/// <param name="old">Examples of the task that the weights were trained for, under its class numbers; null for none.</param>
/// <param name="recipe">The recipe.</param>
/// <param name="device">Where to compute.</param>
internal abstract class ClassifierSubject<TModel, TInputs, TRecipe, TExamples>(
    TaskState<TModel, TInputs, TRecipe> state, TExamples training, TExamples test, TExamples? old, FineTuneOptions recipe, Device device) : ComparisonSubject
    where TModel : Model where TRecipe : class, new() where TExamples : class
{
    private float[]? oldOutputs;
    private double? rightBefore;

    protected TExamples TrainingSet => training;

    protected TExamples TestSet => test;

    public override string Model => state.Model.Name;

    public override string Weights => state.Manifest.Provenance?.FileName ?? Model;

    public override int[] TestLabels => Labels(test);

    public override Device Device => device;

    public override ulong Seed => recipe.Seed;

    /// <summary>The epochs of the head alone, as many for each arm.</summary>
    protected abstract int FrozenEpochs { get; }

    /// <summary>How many classes the head of the published weights has; 0 where they have none.</summary>
    protected abstract int OldClasses { get; }

    public override TrainedArm Train(TransferArm arm, ulong seed, double? share, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        var examples = share is { } part ? Share(training, part, seed) : training;
        var start = Start(arm.IsFromScratch, seed);
        var own = arm.On(recipe with { Seed = seed });
        own = own with { FrozenEpochs = own.FrozenEpochs ?? FrozenEpochs };
        var classifier = start();
        var report = FineTune(classifier, examples, own, isAdapted: arm == TransferArm.Chosen, progress, cancellation);
        // what is compared is the model, and not how it is kept
        if (classifier.Adapters is not null && report.Steps > 0) classifier.MergeAdapters();
        return new TrainedArm(
            arm, report.Steps > 0 ? classifier : new NothingHeld(), classifier.Model, report, Labels(examples).Length, () => start().StartOf(Classes, seed));
    }

    public override float[] Logits(TrainedArm arm, CancellationToken cancellation) => Outputs((TModel)arm.Model, test, cancellation);

    public override Forgetting? Forgotten(TrainedArm arm, CancellationToken cancellation)
    {
        var before = state.Model;
        int classes = OldClasses;
        if (arm.Arm.IsFromScratch || classes < 2 || state.Labels.SequenceEqual(Classes)) return null;
        using var now = Remake(before, classes);
        now.CopyWeightsFrom(before);
        now.CopyWeightsFrom(arm.Model, includeHead: false);
        KeepHead(before, now);
        now.IsHeadNew = false;
        var forgetting = Compare(oldOutputs ??= Outputs(before, test, cancellation), Outputs(now, test, cancellation), classes);
        if (old is null) return forgetting;
        int[] labels = Labels(old);
        rightBefore ??= Right(Outputs(before, old, cancellation), labels, classes);
        return forgetting with { AccuracyBefore = rightBefore, AccuracyAfter = Right(Outputs(now, old, cancellation), labels, classes) };
    }

    /// <summary>A pooler counts as the encoder's where weights are copied, and learns with the head: the old head has its own.</summary>
    private static void KeepHead(TModel before, TModel now)
    {
        foreach (var (from, to) in before.Stages[^1].Modules.Zip(now.Stages[^1].Modules))
        {
            foreach (var (old, kept) in from.Parameters().Concat(from.Buffers()).Zip(to.Parameters().Concat(to.Buffers())))
            {
                float[] numbers = old.Value.ToArray();
                kept.Fill(values => numbers.CopyTo(values));
            }
        }
    }

    /// <summary>The class of each example.</summary>
    protected abstract int[] Labels(TExamples examples);

    /// <summary>A share of each class's examples.</summary>
    protected abstract TExamples Share(TExamples examples, double share, ulong seed);

    /// <summary>What makes classifiers of the published weights, or of none.</summary>
    protected abstract Func<TaskModel<TModel, TInputs, TRecipe>> Start(bool isFromScratch, ulong seed);

    /// <summary>Fine-tunes a classifier that <see cref="Start"/> made; to the source alone, or adapted to the recipe's target.</summary>
    protected abstract FitReport FineTune(
        TaskModel<TModel, TInputs, TRecipe> classifier, TExamples examples, FineTuneOptions own, bool isAdapted, IProgress<FitProgress> progress,
        CancellationToken cancellation);

    /// <summary>A new model of the same architecture.</summary>
    protected abstract TModel Remake(TModel model, int classes);

    /// <summary>A model's outputs, row by row.</summary>
    protected abstract float[] Outputs(TModel model, TExamples examples, CancellationToken cancellation);
}
