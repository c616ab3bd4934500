using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The options of <see cref="TextFineTuneOptions"/>.</summary>
public static class TextRecipe
{
    /// <summary>A row for each of them, those of its <see cref="TextFineTuneOptions.Recipe"/> first.</summary>
    public static RecipeTable<TextFineTuneOptions> Options { get; } = new(
    [
        .. FineTuneRecipe.Options.Within<TextFineTuneOptions>(static recipe => recipe.Recipe, static (recipe, part) => recipe with { Recipe = part }),
        RecipeOption.Of("--batch-size", "batch_size", RecipeKind.WholeNumber(1).OrNone(), static (TextFineTuneOptions recipe) => recipe.BatchSize,
            static (recipe, value) => recipe with { BatchSize = value },
            "Texts a step, at most; they are spread evenly and none is left out. 16 without it, fewer where there are not 400."),
        RecipeOption.Of("--max-length", "max_length", RecipeKind.WholeNumber(2).OrNone(), static (TextFineTuneOptions recipe) => recipe.MaximumLength,
            static (recipe, value) => recipe with { MaximumLength = value },
            "The most tokens of a text; what is longer is cut off, or read in windows. What the model takes without it, 256 at most."),
        RecipeOption.Of("--label-smoothing", "label_smoothing", RecipeKind.Number("a number in [0, 1)", static value => (float)value is >= 0 and < 1, "SHARE"),
            static (TextFineTuneOptions recipe) => (double)recipe.LabelSmoothing, static (recipe, value) => recipe with { LabelSmoothing = (float)value },
            "The share of the target that is spread over all classes, or over all words that could be written."),
        .. ClassRecipe.Options.Within<TextFineTuneOptions>(static recipe => recipe.Classes, static (recipe, part) => recipe with { Classes = part }),
        RecipeOption.Of("--r-drop", "r_drop", RecipeKind.Number("a number above 0", static value => value > 0, "ALPHA").OrNone(),
            static (TextFineTuneOptions recipe) => recipe.DropoutConsistency, static (recipe, value) => recipe with { DropoutConsistency = value },
            "How strongly two runs of a text with other dropout are held together (R-Drop); a step costs two."),
        RecipeOption.Of("--packing", "packing", RecipeKind.Choice([("none", TextPacking.None), ("blocks", TextPacking.Blocks)]).OrNone(),
            static (TextFineTuneOptions recipe) => recipe.Packing, static (recipe, value) => recipe with { Packing = value },
            "Whether short texts share blocks of the maximum length, for causal-lm: blocks, or none, which is what is done without it."),
        .. DistillationRecipe.Options.Within<TextFineTuneOptions>(static recipe => recipe.Distillation, static (recipe, part) => recipe with { Distillation = part }),
        .. AdaptationRecipe.Options.Within<TextFineTuneOptions>(static recipe => recipe.Adaptation, static (recipe, part) => recipe with { Adaptation = part }),
        RecipeOption.Of("--held-out", "held_out", RecipeKind.Number("a number in [0, 1)", static value => value is >= 0 and < 1, "SHARE"),
            static (TextFineTuneOptions recipe) => recipe.HeldOut, static (recipe, value) => recipe with { HeldOut = value },
            "The share of each class's texts that is kept from training and evaluated on."),
        RecipeOption.Of("--validation", "validation", RecipeKind.Text("the path of a file", "FILE"),
            static (TextFineTuneOptions recipe) => recipe.Validation, static (recipe, value) => recipe with { Validation = value },
            "A file to evaluate on after each epoch instead, with the same columns."),
    ]);
}
