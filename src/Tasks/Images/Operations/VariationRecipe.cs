using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The options of <see cref="VariationOptions"/>.</summary>
internal static class VariationRecipe
{
    /// <summary>A row for each of them.</summary>
    public static RecipeTable<VariationOptions> Options { get; } = new(
        RecipeOption.Of("--auto-augment", "auto_augment", RecipeKind.Choice(
                [("rand", AugmentationPolicy.RandAugment), ("trivial", AugmentationPolicy.TrivialAugment), ("color-jitter", AugmentationPolicy.ColorJitter),
                    ("affine", AugmentationPolicy.Affine)]).OrNone(),
            static (VariationOptions recipe) => recipe.Policy, static (recipe, value) => recipe with { Policy = value },
            "Operations on training pictures after crop and flip: a few of one magnitude (RandAugment), one of any (TrivialAugment), other colours (SimCLR's), or places (for drawings)."),
        RecipeOption.Of("--rand-operations", "rand_operations", RecipeKind.WholeNumber(1).OrNone(),
            static (VariationOptions recipe) => recipe.Operations, static (recipe, value) => recipe with { Operations = value },
            "RandAugment's operations a picture; 2 where it is not given."),
        RecipeOption.Of("--rand-magnitude", "rand_magnitude", RecipeKind.WholeNumber(0).OrNone(),
            static (VariationOptions recipe) => recipe.Magnitude, static (recipe, value) => recipe with { Magnitude = value },
            "RandAugment's magnitude, 30 at most; 9 where it is not given."),
        RecipeOption.Of("--random-erasing", "random_erasing", RecipeKind.Number("a number in [0, 1)", static value => value is >= 0 and < 1, "P").OrNone(),
            static (VariationOptions recipe) => recipe.Erasing, static (recipe, value) => recipe with { Erasing = value },
            "How often a rectangle of a training picture is erased."));
}
