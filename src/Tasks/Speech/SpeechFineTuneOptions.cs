using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>How a model of sounds is fine-tuned. The rates are in proportion to the width: 1e-4 for signs of frames and 5e-5 for classes at wav2vec 2.0's
/// 768, 1e-5 for a Whisper of that width.</summary>
public sealed record SpeechFineTuneOptions
{
    private const double RateOfFrames = 1e-4, RateOfClasses = 5e-5, RateOfWriting = 1e-5, WidthOfBase = 768, UsualHeadRateFactor = 20;
    private static readonly StepBudget Budget = new(StepsAnEpoch: 24, SmallestBatch: 4, LargestBatch: 8, StepsInAll: 200, FewestEpochs: 10, MostEpochs: 30);

    /// <summary>Epochs, rates, freezing, optimiser: AdamW, ten epochs of everything or more where sounds are few (<see cref="EpochsFor"/>).</summary>
    public FineTuneOptions Recipe { get; init; } = new()
    {
        Epochs = null,
        FrozenEpochs = 0,
        Optimiser = OptimiserKind.AdamW,
        RateDecayPerStage = 1,
        WeightDecay = 0.01,
        ClipNorm = 1,
    };

    /// <summary>Sounds a step, at most. Null: 8, or fewer where they would make less than 24 steps an epoch, but 4.</summary>
    public int? BatchSize { get; init; }

    /// <summary>The share of frames that training hides from wav2vec 2.0, in stretches of ten (<c>mask_time_prob</c>; SpecAugment, Park et al. 2019), in [0, 1).</summary>
    public double HiddenShare { get; init; }

    /// <summary>The language that is spoken, by the code of a Whisper of several languages ("en"); null for models of one.</summary>
    public string? Language { get; init; }

    /// <summary>The share of the target that is spread over all classes (Szegedy et al. 2016), in [0, 1).</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>What is done about classes that have unequally many sounds.</summary>
    public ClassOptions Classes { get; init; } = new();

    /// <summary>The share of the sounds that is kept from training and evaluated on after each epoch, in [0, 1).</summary>
    public double HeldOut { get; init; }

    /// <summary>A folder or table to evaluate on after each epoch instead; null for none.</summary>
    public string? Validation { get; init; }

    /// <summary>Whether anything is set that only classes have.</summary>
    internal bool IsOfClasses => LabelSmoothing > 0 || Classes != new ClassOptions();

    /// <summary>Reads the recipe of a saved model, with which the same run can be made again from the same start.</summary>
    /// <param name="path">The model's folder, or its <c>graft.json</c>.</param>
    /// <exception cref="CheckpointException">There is no such file, it is malformed, or the model was not fine-tuned on sounds.</exception>
    public static SpeechFineTuneOptions Load(string path) =>
        ModelManifest<SpeechFineTuneOptions>.ReadRecipe(path, SpeechRecipe.Options, (ImageRecipe.Options.Keys.Concat(TextRecipe.Options.Keys), "pictures or texts"));

    /// <summary>Sounds a step at most, for as many in all.</summary>
    /// <param name="examples">How many sounds are learnt from.</param>
    public int BatchSizeFor(int examples) => Budget.BatchSize(BatchSize, examples);

    /// <summary>Epochs for as many sounds in all, where none are given: 10, or as many as make 200 steps, but at most 30.</summary>
    /// <param name="examples">How many sounds are learnt from.</param>
    public int EpochsFor(int examples) => Budget.Epochs(Recipe.Epochs, examples, BatchSizeFor(examples));

    /// <summary>The options with defaults resolved for a model and a number of sounds.</summary>
    internal SpeechFineTuneOptions Resolved(SpeechModel model, int examples)
    {
        double factor = Recipe.Adapter.Kind?.RateFactor ?? 1;
        double rate = model.Head switch { SpeechHead.Ctc => RateOfFrames, SpeechHead.SequenceToSequence => RateOfWriting, _ => RateOfClasses };
        return this with
        {
            Recipe = Recipe with
            {
                Epochs = EpochsFor(examples),
                FrozenEpochs = Recipe.FrozenEpochsOn(model),
                HeadRateFactor = Recipe.HeadRateFactor ?? (model.Head == SpeechHead.SequenceClassification ? Math.Max(1, UsualHeadRateFactor / factor) : 1),
                LearningRate = Recipe.LearningRate ?? rate * WidthOfBase / model.HiddenSize * factor,
            },
            BatchSize = BatchSizeFor(examples),
        };
    }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Classes);
        SpeechRecipe.Options.Validate(this);
        Classes.Loss([], 0, LabelSmoothing).Validate();
        if (HeldOut > 0 && Validation is not null) throw new ArgumentException("evaluate on a share that is held out or on other sounds, not on both");
    }
}

/// <summary>The options of <see cref="SpeechFineTuneOptions"/>.</summary>
public static class SpeechRecipe
{
    private const string ShareRule = "a number in [0, 1)";

    /// <summary>A row for each of them, those of its <see cref="SpeechFineTuneOptions.Recipe"/> first.</summary>
    public static RecipeTable<SpeechFineTuneOptions> Options { get; } = new(
    [
        .. FineTuneRecipe.Options.Within<SpeechFineTuneOptions>(static recipe => recipe.Recipe, static (recipe, part) => recipe with { Recipe = part }),
        RecipeOption.Of("--batch-size", "batch_size", RecipeKind.WholeNumber(1).OrNone(), static (SpeechFineTuneOptions recipe) => recipe.BatchSize,
            static (recipe, value) => recipe with { BatchSize = value },
            "Sounds a step, at most; they are spread evenly and none is left out. 8 without it, fewer where there are not 200."),
        RecipeOption.Of("--mask-time", "mask_time", RecipeKind.Number(ShareRule, static value => value is >= 0 and < 1, "SHARE"),
            static (SpeechFineTuneOptions recipe) => recipe.HiddenShare, static (recipe, value) => recipe with { HiddenShare = value },
            "The share of a sound's frames that training hides from wav2vec 2.0, in stretches of ten (SpecAugment)."),
        RecipeOption.Of("--language", "language", RecipeKind.Text("the code of a language", "CODE"),
            static (SpeechFineTuneOptions recipe) => recipe.Language, static (recipe, value) => recipe with { Language = value },
            "The language that is spoken, of a Whisper of several: en, de ..."),
        RecipeOption.Of("--label-smoothing", "label_smoothing", RecipeKind.Number(ShareRule, static value => (float)value is >= 0 and < 1, "SHARE"),
            static (SpeechFineTuneOptions recipe) => (double)recipe.LabelSmoothing, static (recipe, value) => recipe with { LabelSmoothing = (float)value },
            "The share of the target that is spread over all classes."),
        .. ClassRecipe.Options.Within<SpeechFineTuneOptions>(static recipe => recipe.Classes, static (recipe, part) => recipe with { Classes = part }),
        RecipeOption.Of("--held-out", "held_out", RecipeKind.Number(ShareRule, static value => value is >= 0 and < 1, "SHARE"),
            static (SpeechFineTuneOptions recipe) => recipe.HeldOut, static (recipe, value) => recipe with { HeldOut = value },
            "The share of the sounds, of each class where they have classes, that is kept from training and evaluated on."),
        RecipeOption.Of("--validation", "validation", RecipeKind.Text("the path of a folder or table", "DIR|FILE"),
            static (SpeechFineTuneOptions recipe) => recipe.Validation, static (recipe, value) => recipe with { Validation = value },
            "A folder or table to evaluate on after each epoch instead, laid out like the one that is learnt from."),
    ]);
}
