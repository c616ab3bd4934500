namespace Graft.Transfer;

/// <summary>The options of <see cref="RegularisationOptions"/>.</summary>
public static class RegularisationRecipe
{
    private const string ZeroUp = "a number from 0 up", AboveZero = "a number above 0", Share = "a number in [0, 1)";

    /// <summary>A row for each of them.</summary>
    public static RecipeTable<RegularisationOptions> Options { get; } = new(
        Row("--l2-sp", "l2_sp", ZeroUp, static value => value >= 0, "ALPHA", static recipe => recipe.StartPenalty,
            static (recipe, value) => recipe with { StartPenalty = value },
            "How strongly weights are pulled towards where they started, in place of the weight decay (L2-SP)."),
        Row("--l2-sp-head", "l2_sp_head", ZeroUp, static value => value >= 0, "BETA", static recipe => recipe.HeadPenalty,
            static (recipe, value) => recipe with { HeadPenalty = value },
            "How strongly a new head's are pulled towards 0 then; 0.01 where it is not given."),
        Row("--sam-rho", "sam_rho", ZeroUp, static value => value >= 0, "RHO", static recipe => recipe.SharpnessRadius,
            static (recipe, value) => recipe with { SharpnessRadius = value },
            "How far up the gradient the loss is looked at (sharpness-aware minimisation); a step costs two."),
        Row("--ema-decay", "ema_decay", Share, static value => value is >= 0 and < 1, "D", static recipe => recipe.AverageDecay,
            static (recipe, value) => recipe with { AverageDecay = value },
            "How much of an average of the weights a step keeps; the average is evaluated and kept."),
        Row("--swa-start", "swa_start", Share, static value => value is >= 0 and < 1, "SHARE", static recipe => recipe.AverageStart,
            static (recipe, value) => recipe with { AverageStart = value },
            "The share of the steps after which the weights of each epoch's end are averaged (SWA); the average is evaluated and kept."),
        Row("--swa-rate", "swa_rate", AboveZero, static value => value > 0, "FACTOR", static recipe => recipe.AverageRateFactor,
            static (recipe, value) => recipe with { AverageRateFactor = value },
            "What the learning rates are multiplied by from there on; 0.5 where it is not given."),
        Row("--stochastic-depth", "stochastic_depth", Share, static value => value is >= 0 and < 1, "P", static recipe => recipe.StochasticDepth,
            static (recipe, value) => recipe with { StochasticDepth = value },
            "How often the last residual branch is dropped, and those before it less; what the architecture says where it is not given."));

    private static RecipeOption<RegularisationOptions> Row(
        string name, string key, string rule, Func<double, bool> holds, string helpName, Func<RegularisationOptions, double?> get,
        Func<RegularisationOptions, double?, RegularisationOptions> set, string help,
        [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(get))] string property = "") =>
        RecipeOption.Of(name, key, RecipeKind.Number(rule, holds, helpName).OrNone(), get, set, help, property: property);
}
