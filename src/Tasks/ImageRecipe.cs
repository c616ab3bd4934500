using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The options of <see cref="ImageFineTuneOptions"/>.</summary>
public static class ImageRecipe
{
    private const string ShareRule = "a number in [0, 1)";

    /// <summary>A row for each of them, those of its <see cref="ImageFineTuneOptions.Recipe"/> first.</summary>
    public static RecipeTable<ImageFineTuneOptions> Options { get; } = new(
    [
        .. FineTuneRecipe.Options.Within<ImageFineTuneOptions>(static recipe => recipe.Recipe, static (recipe, part) => recipe with { Recipe = part }),
        RecipeOption.Of("--batch-size", "batch_size", RecipeKind.WholeNumber(1).OrNone(), static (ImageFineTuneOptions recipe) => recipe.BatchSize,
            static (recipe, value) => recipe with { BatchSize = value },
            "Pictures a step, at most; they are spread evenly and none is left out. Without it there are 24 steps an epoch of 4 to 64 pictures."),
        RecipeOption.Of("--label-smoothing", "label_smoothing", RecipeKind.Number(ShareRule, static value => (float)value is >= 0 and < 1, "SHARE"),
            static (ImageFineTuneOptions recipe) => (double)recipe.LabelSmoothing, static (recipe, value) => recipe with { LabelSmoothing = (float)value },
            "The share of the target that is spread over all classes."),
        .. ClassRecipe.Options.Within<ImageFineTuneOptions>(static recipe => recipe.Classes, static (recipe, part) => recipe with { Classes = part }),
        .. VariationRecipe.Options.Within<ImageFineTuneOptions>(static recipe => recipe.Variation, static (recipe, part) => recipe with { Variation = part }),
        .. MixingRecipe.Options.Within<ImageFineTuneOptions>(static recipe => recipe.Mixing, static (recipe, part) => recipe with { Mixing = part }),
        RecipeOption.Of("--delta", "delta", RecipeKind.Number("a number above 0", static value => value > 0, "ALPHA").OrNone(),
            static (ImageFineTuneOptions recipe) => recipe.FeaturePenalty, static (recipe, value) => recipe with { FeaturePenalty = value },
            "How strongly feature maps are held where they were before the fine-tuning (DELTA)."),
        RecipeOption.Of("--delta-attention", "delta_attention", RecipeKind.Choice([("uniform", FeatureAttention.Uniform), ("supervised", FeatureAttention.Supervised)]).OrNone(),
            static (ImageFineTuneOptions recipe) => recipe.FeatureAttention, static (recipe, value) => recipe with { FeatureAttention = value },
            "How much each channel of them counts: all alike, or by how much worse a head does without it, which takes a run for each."),
        .. DistillationRecipe.Options.Within<ImageFineTuneOptions>(static recipe => recipe.Distillation, static (recipe, part) => recipe with { Distillation = part }),
        RecipeOption.Of("--distill-features", "distill_features", RecipeKind.Number("a number above 0", static value => value > 0, "ALPHA").OrNone(),
            static (ImageFineTuneOptions recipe) => recipe.FeatureDistillation, static (recipe, value) => recipe with { FeatureDistillation = value },
            "How strongly feature maps are to be those of the teacher, through a projection that learns with them (FitNets); they are not where it is not given."),
        RecipeOption.Of("--distill-stage", "distill_stage", RecipeKind.Text("the name of a stage", "STAGE"),
            static (ImageFineTuneOptions recipe) => recipe.FeatureStage, static (recipe, value) => recipe with { FeatureStage = value },
            "The stage whose feature maps those are; the last below the head without it."),
        RecipeOption.Of("--distill-teacher-stage", "distill_teacher_stage", RecipeKind.Text("the name of a stage of the teacher", "STAGE"),
            static (ImageFineTuneOptions recipe) => recipe.TeacherStage, static (recipe, value) => recipe with { TeacherStage = value },
            "The teacher's stage; the last below its head without it."),
        .. AdaptationRecipe.Options.Within<ImageFineTuneOptions>(static recipe => recipe.Adaptation, static (recipe, part) => recipe with { Adaptation = part }),
        .. EarlierRecipe.Options.Within<ImageFineTuneOptions>(static recipe => recipe.Earlier, static (recipe, part) => recipe with { Earlier = part }),
        .. JointRecipe.Options.Within<ImageFineTuneOptions>(static recipe => recipe.Joint, static (recipe, part) => recipe with { Joint = part }),
        RecipeOption.Of("--held-out", "held_out", RecipeKind.Number(ShareRule, static value => value is >= 0 and < 1, "SHARE"),
            static (ImageFineTuneOptions recipe) => recipe.HeldOut, static (recipe, value) => recipe with { HeldOut = value },
            "The share of each class's pictures that is kept from training and evaluated on."),
        RecipeOption.Of("--validation", "validation", RecipeKind.Text("the path of a folder or archive", "DIR|FILE.npz"),
            static (ImageFineTuneOptions recipe) => recipe.Validation, static (recipe, value) => recipe with { Validation = value },
            "A folder to evaluate on after each epoch instead, a sub-folder a class, or a NumPy archive with a val part."),
        new AugmentationOption(),
        RecipeOption.Of("--views", "views", RecipeKind.WholeNumber(1).OrNone(), static (ImageFineTuneOptions recipe) => recipe.Views,
            static (recipe, value) => recipe with { Views = value },
            "How many variations of each picture augmentation makes, in turn, one an epoch: with --cache a frozen trunk then sees each once. Without it each epoch has its own."),
    ]);
}
