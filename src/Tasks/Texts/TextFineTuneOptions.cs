using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>How a text model is fine-tuned. The defaults are those that BERT was published with (Devlin et al. 2018), its rate in proportion to the width.</summary>
public sealed record TextFineTuneOptions
{
    private const double RateOfBase = 5e-5, WidthOfBase = 768, RateOfWords = 1e-3, UsualHeadRateFactor = 20;

    private static readonly StepBudget Budget = new(StepsAnEpoch: 24, SmallestBatch: 4, LargestBatch: 16, StepsInAll: 100, FewestEpochs: 3, MostEpochs: 20);

    /// <summary>What suits networks over word vectors (<see cref="TextModelSource.Words"/>): ten epochs, one rate for every layer.</summary>
    public static TextFineTuneOptions ForWords { get; } = new() { Recipe = new TextFineTuneOptions().Recipe with { Epochs = 10, RateDecayPerStage = 1 } };

    /// <summary>Epochs, rates, freezing, optimiser: AdamW, three epochs of everything or more where texts are few (<see cref="EpochsFor"/>), a tenth
    /// less rate for each layer below the head.</summary>
    public FineTuneOptions Recipe { get; init; } = new()
    {
        Epochs = null,
        FrozenEpochs = 0,
        Optimiser = OptimiserKind.AdamW,
        RateDecayPerStage = 1.1,
        WeightDecay = 0.01,
        ClipNorm = 1,
    };

    /// <summary>Texts a step, at most. Null: 16, or fewer where they would make less than 24 steps an epoch, but 4.</summary>
    public int? BatchSize { get; init; }

    /// <summary>The most tokens of a text or pair, special ones included; null for what the model takes, 256 at most.</summary>
    public int? MaximumLength { get; init; }

    /// <summary>Label smoothing of classes, or of the words that are to be written: the share of the target that is spread over all of them (Szegedy et al.
    /// 2016), in [0, 1).</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>What is done about classes that have unequally many texts.</summary>
    public ClassOptions Classes { get; init; } = new();

    /// <summary>How strongly two runs of a text with other dropout are held together (alpha of R-Drop; Liang et al. 2021); null for one run.</summary>
    public double? DropoutConsistency { get; init; }

    /// <summary>Whether short texts share blocks of the maximum length, of a language model that writes; null for each text by itself.</summary>
    public TextPacking? Packing { get; init; }

    /// <summary>A teacher that is learnt from beside the labels; none at first.</summary>
    public DistillationOptions Distillation { get; init; } = new();

    /// <summary>Another domain that is adapted to beside the labels; none at first. For texts of one class each.</summary>
    public AdaptationOptions Adaptation { get; init; } = new();

    /// <summary>What adapters multiply the usual rate with.</summary>
    private double RateFactor => Recipe.Adapter.Kind?.RateFactor ?? 1;

    /// <summary>Whether anything is set that only classes have.</summary>
    internal bool IsOfClasses => LabelSmoothing > 0 || DropoutConsistency is not null || Distillation.Teacher is not null || Classes != new ClassOptions();

    /// <summary>The share of each class's texts, or of a ranker's queries, that is kept from training and evaluated on after each epoch, in [0, 1).</summary>
    public double HeldOut { get; init; }

    /// <summary>A file to evaluate on after each epoch instead, with the columns of the one that is learnt from; null for none.</summary>
    public string? Validation { get; init; }

    /// <summary>Reads the recipe of a saved model, with which the same run can be made again from the same start.</summary>
    /// <param name="path">The model's folder, or its <c>graft.json</c>.</param>
    /// <exception cref="CheckpointException">There is no such file, it is malformed, or the model was not fine-tuned on texts.</exception>
    public static TextFineTuneOptions Load(string path) =>
        ModelManifest<TextFineTuneOptions>.ReadRecipe(path, TextRecipe.Options, (ImageRecipe.Options.Keys, "pictures"));

    /// <summary>Texts a step at most, for as many texts in all.</summary>
    /// <param name="examples">How many texts are learnt from.</param>
    public int BatchSizeFor(int examples) => Budget.BatchSize(BatchSize, examples);

    /// <summary>Epochs for as many texts in all, where none are given: 3 (Devlin et al. 2018), or as many as make 100 steps, but at most 20. A few steps
    /// leave a new head where it began (Mosbach et al. 2021).</summary>
    /// <param name="examples">How many texts are learnt from.</param>
    public int EpochsFor(int examples) => Budget.Epochs(Recipe.Epochs, examples, BatchSizeFor(examples));

    /// <summary>The recipe with what a run of so many texts would decide for itself.</summary>
    /// <param name="model">The model that is to be fine-tuned.</param>
    /// <param name="examples">How many texts are learnt from.</param>
    public FineTuneOptions RecipeFor(TextModel model, int examples)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Resolved(model, examples, model.Sizes.MaximumLength).Recipe;
    }

    /// <summary>The options with defaults resolved for a model and a number of texts.</summary>
    internal TextFineTuneOptions Resolved(TextModel model, int examples, int maximumLength) => this with
    {
        Recipe = Recipe with
        {
            Epochs = EpochsFor(examples),
            FrozenEpochs = Recipe.FrozenEpochsOn(model),
            HeadRateFactor = Recipe.HeadRateFactor
                ?? (model is WordModel || model.Head is TextHead.CausalLanguageModel or TextHead.SequenceToSequence ? 1 : Math.Max(1, UsualHeadRateFactor / RateFactor)),
            LearningRate = Recipe.LearningRate ?? (model is WordModel ? RateOfWords : RateOfBase * WidthOfBase / model.Sizes.HiddenSize * RateFactor),
        },
        BatchSize = BatchSizeFor(examples),
        MaximumLength = maximumLength,
    };

    /// <summary>Refuses options that are impossible or contradict each other, before any work begins; every fine-tuning does so first.</summary>
    /// <exception cref="ArgumentException">They do.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Classes);
        ArgumentNullException.ThrowIfNull(Distillation);
        Distillation.Validate();
        ArgumentNullException.ThrowIfNull(Adaptation);
        Adaptation.Validate();
        if (Adaptation.Method is { } kind && kind != DomainMethodKind.SourceOnly) TextTarget.Require(kind);
        if (Adaptation.Pictures is not null) throw new ArgumentException("texts are adapted to texts, not to pictures: give those of the target");
        if (Adaptation.Method is not null && (DropoutConsistency is not null || Distillation.Teacher is not null))
            throw new ArgumentException("a step of adaptation has one run and no teacher: leave R-Drop and distillation out");
        TextRecipe.Options.Validate(this);
        Classes.Loss([], 0, LabelSmoothing).Validate();
        if (HeldOut > 0 && Validation is not null) throw new ArgumentException("evaluate on a share that is held out or on a file, not on both");
    }
}
