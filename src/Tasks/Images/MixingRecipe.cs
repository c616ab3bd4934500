using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The options of <see cref="MixingOptions"/>.</summary>
internal static class MixingRecipe
{
    private const string AboveZero = "a number above 0";

    /// <summary>A row for each of them.</summary>
    public static RecipeTable<MixingOptions> Options { get; } = new(
        RecipeOption.Of("--mixup", "mixup", RecipeKind.Number(AboveZero, static value => value > 0, "ALPHA").OrNone(),
            static (MixingOptions recipe) => recipe.Mixup, static (recipe, value) => recipe with { Mixup = value },
            "Two pictures shine through each other, by a share drawn from Beta(ALPHA, ALPHA); 0.2 is usual."),
        RecipeOption.Of("--cutmix", "cutmix", RecipeKind.Number(AboveZero, static value => value > 0, "ALPHA").OrNone(),
            static (MixingOptions recipe) => recipe.CutMix, static (recipe, value) => recipe with { CutMix = value },
            "A rectangle of one picture in another, by a share drawn from Beta(ALPHA, ALPHA); 1 is usual."),
        RecipeOption.Of("--mix-switch", "mix_switch", RecipeKind.Number("a number in [0, 1)", static value => value is >= 0 and < 1, "SHARE").OrNone(),
            static (MixingOptions recipe) => recipe.Switch, static (recipe, value) => recipe with { Switch = value },
            "The share of batches that have CutMix where mixup is given too; 0.5 where it is not given."));
}
