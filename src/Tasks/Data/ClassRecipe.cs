using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The options of <see cref="ClassOptions"/>.</summary>
internal static class ClassRecipe
{
    /// <summary>A row for each of them.</summary>
    public static RecipeTable<ClassOptions> Options { get; } = new(
        RecipeOption.Of("--class-weights", "class_weights", RecipeKind.Choice([("none", ClassWeighting.None), ("balanced", ClassWeighting.Balanced)]).OrNone(),
            static (ClassOptions recipe) => recipe.Weights, static (recipe, value) => recipe with { Weights = value },
            "What each class counts in the loss: balanced makes a small class count as much in all as a large one."),
        RecipeOption.Of("--focal-gamma", "focal_gamma", RecipeKind.Number("a number from 0 up", static value => value >= 0, "GAMMA").OrNone(),
            static (ClassOptions recipe) => recipe.FocalGamma, static (recipe, value) => recipe with { FocalGamma = value },
            "Focal loss in place of cross-entropy: what is known already counts less; 2 is usual."),
        RecipeOption.Of("--sampling", "sampling", RecipeKind.Choice([("shuffled", ExampleSampling.Shuffled), ("balanced", ExampleSampling.Balanced)]).OrNone(),
            static (ClassOptions recipe) => recipe.Sampling, static (recipe, value) => recipe with { Sampling = value },
            "Which examples an epoch has: each once, or as many of each class."));
}
