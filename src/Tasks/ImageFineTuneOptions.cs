using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>How much each channel of feature maps that are held counts.</summary>
public enum FeatureAttention
{
    /// <summary>All alike.</summary>
    Uniform,

    /// <summary>By how much worse a head that learnt on the maps does without the channel: it is run once for each of them.</summary>
    Supervised,
}

/// <summary>How an image model is fine-tuned on a dataset.</summary>
public sealed record ImageFineTuneOptions
{
    private const int FewInAStep = 16, UsualFeatures = 512;

    private static readonly StepBudget Budget = new(
        StepsAnEpoch: 24, SmallestBatch: 4, LargestBatch: 64, StepsInAll: 0, FewestEpochs: FineTuneOptions.UsualEpochs, MostEpochs: FineTuneOptions.UsualEpochs);

    /// <summary>Epochs, rates, freezing, optimiser.</summary>
    public FineTuneOptions Recipe { get; init; } = new();

    /// <summary>Pictures a step, at most: an epoch's pictures are spread evenly over its steps, and none is left out. Null fits the
    /// steps to the data: 24 of them an epoch, with 4 to 64 pictures each.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Label smoothing: the share of the target that is spread over all classes (Szegedy et al. 2016), in [0, 1).</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>What is done about classes that have unequally many pictures.</summary>
    public ClassOptions Classes { get; init; } = new();

    /// <summary>What else is done to training pictures, beside <see cref="Augmentation"/>; nothing at first.</summary>
    public VariationOptions Variation { get; init; } = new();

    /// <summary>How pictures of a batch are mixed; nothing at first.</summary>
    public MixingOptions Mixing { get; init; } = new();

    /// <summary>How strongly feature maps are held where they were before the fine-tuning (DELTA's alpha; Li et al. 2019); null for not at all.</summary>
    public double? FeaturePenalty { get; init; }

    /// <summary>How much each channel of them counts then; null for all alike.</summary>
    public FeatureAttention? FeatureAttention { get; init; }

    /// <summary>A teacher that is learnt from beside the labels; none at first.</summary>
    public DistillationOptions Distillation { get; init; } = new();

    /// <summary>How strongly feature maps are to be those of the teacher, through a projection that learns with them (FitNets; Romero et al. 2015); null for not
    /// at all.</summary>
    public double? FeatureDistillation { get; init; }

    /// <summary>The stage whose maps those are; null for the last below the head.</summary>
    public string? FeatureStage { get; init; }

    /// <summary>The teacher's stage; null for the last below its head.</summary>
    public string? TeacherStage { get; init; }

    /// <summary>A domain that the model is adapted to while it learns; none at first.</summary>
    public AdaptationOptions Adaptation { get; init; } = new();

    /// <summary>What is done so that pictures of earlier are not forgotten; nothing at first.</summary>
    public EarlierOptions Earlier { get; init; } = new();

    /// <summary>Another task that is learnt in the same steps; none at first.</summary>
    public JointOptions Joint { get; init; } = new();

    /// <summary>The share of each class's pictures that is kept from training and evaluated on after each epoch, in [0, 1).</summary>
    public double HeldOut { get; init; }

    /// <summary>A folder to evaluate on after each epoch instead, a sub-folder a class; null for none.</summary>
    public string? Validation { get; init; }

    /// <summary>Augmentation of training pictures; null for that of the model's preprocessing.</summary>
    public TrainingAugmentation? Augmentation { get; init; }

    /// <summary>How many variations of each picture augmentation makes, in turn, one an epoch, so that what a frozen trunk makes of each is computed once; null where
    /// each epoch has variations of its own.</summary>
    public int? Views { get; init; }

    /// <summary>Reports each picture that cannot be read: it is left out and the rest is learnt from, as long as something is left
    /// of every class. Null refuses such pictures before anything changes. A picture that can no longer be read while the training
    /// runs is left out and reported in the same way, or ends it.</summary>
    public Action<ImageException>? Unreadable { get; init; }

    /// <summary>Reads the recipe of a saved model, with which the same run can be made again from the same start.</summary>
    /// <param name="path">The model's folder, or its <c>graft.json</c>.</param>
    /// <exception cref="CheckpointException">There is no such file, it is malformed, or the model was not fine-tuned.</exception>
    public static ImageFineTuneOptions Load(string path) =>
        ModelManifest<ImageFineTuneOptions>.ReadRecipe(path, ImageRecipe.Options, (TextRecipe.Options.Keys, "texts"));

    /// <summary>Pictures a step at most, for as many pictures in all.</summary>
    /// <param name="examples">How many pictures are learnt from.</param>
    public int BatchSizeFor(int examples) => Budget.BatchSize(BatchSize, examples);

    /// <summary>The recipe with what a run of so many pictures would decide for itself.</summary>
    /// <param name="model">The model that is to be fine-tuned.</param>
    /// <param name="examples">How many pictures are learnt from.</param>
    public FineTuneOptions RecipeFor(Model model, int examples)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Resolved(model, examples, TrainingAugmentation.None).Recipe;
    }

    /// <summary>The options with defaults resolved for a model and a number of pictures. The statistics of a few pictures are noise to a network
    /// that was trained behind others, so it keeps those it came with; and the rate is in proportion to the pictures (Goyal et al. 2017) and, since
    /// what a step does to the logits grows with the squares of the features, the inverse to their number.</summary>
    internal ImageFineTuneOptions Resolved(Model model, int examples, TrainingAugmentation augmentation)
    {
        int batch = BatchSizeFor(examples);
        bool isNoisy = model.IsHeadNew && batch < FewInAStep;
        return this with
        {
            Recipe = Recipe with
            {
                Epochs = Budget.Epochs(Recipe.Epochs, examples, batch),
                FrozenEpochs = Recipe.FrozenEpochsOn(model),
                LearningRate = Recipe.LearningRate
                    ?? FineTuneOptions.UsualLearningRate * (isNoisy ? Math.Min(1, (double)batch / Budget.LargestBatch * UsualFeatures / FeaturesOf(model)) : 1),
                BatchNorm = Recipe.BatchNorm ?? (isNoisy ? BatchNormPolicy.AlwaysRunningStatistics : BatchNormPolicy.FollowFreezing),
            },
            BatchSize = batch,
            Augmentation = augmentation,
            Unreadable = null,
        };
    }

    /// <summary>What goes into an output of the head.</summary>
    private static double FeaturesOf(Model model) =>
        model.Stages[^1].Modules.SelectMany(module => module.Parameters()).FirstOrDefault() is { Shape: { Rank: >= 2 } shape }
            ? (double)shape.ElementCount / shape[0] : UsualFeatures;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Classes);
        ArgumentNullException.ThrowIfNull(Mixing);
        ArgumentNullException.ThrowIfNull(Variation);
        Variation.Validate();
        ImageRecipe.Options.Validate(this);
        Classes.Loss([], 0, LabelSmoothing).Validate();
        Mixing.Validate();
        ArgumentNullException.ThrowIfNull(Distillation);
        Distillation.Validate();
        if (FeatureDistillation is not null && Distillation.Teacher is null) throw new ArgumentException("feature maps of a teacher need a teacher: name one, or leave them out");
        if (FeatureDistillation is not null && FeaturePenalty is not null)
            throw new ArgumentException("feature maps are held where they were or become a teacher's: ask for one of both");
        if (FeatureDistillation is null && (FeatureStage ?? TeacherStage) is not null)
            throw new ArgumentException("stages of feature maps go with how strongly they are to be the teacher's: give it, or leave them out");
        if (FeatureAttention is not null && FeaturePenalty is null) throw new ArgumentException("what channels count goes with a penalty of feature maps: give it, or leave this out");
        ArgumentNullException.ThrowIfNull(Adaptation);
        Adaptation.Validate();
        if (Adaptation.Texts is not null) throw new ArgumentException("pictures are adapted to pictures, not to texts: give those of the target");
        if (Adaptation.Method is not null && (Distillation.Teacher is not null || FeaturePenalty is not null))
            throw new ArgumentException("a model that is adapted to another domain has no teacher and no feature maps that are held: ask for one of them");
        ArgumentNullException.ThrowIfNull(Earlier);
        Earlier.Validate();
        if (Earlier.Replay is not null && (Adaptation.Method is not null || Classes != new ClassOptions()))
            throw new ArgumentException("earlier pictures are learnt again beside no other domain and without weights of classes: leave one of them out");
        ArgumentNullException.ThrowIfNull(Joint);
        Joint.Validate();
        if (Joint.IsAsked && Recipe.Adapter.Kind is not null) throw new ArgumentException("adapters are one task's alone: leave them or the other task out");
        if (HeldOut > 0 && Validation is not null) throw new ArgumentException("evaluate on a share that is held out or on a folder, not on both");
    }
}
