using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The options of <see cref="DistillationOptions"/>.</summary>
internal static class DistillationRecipe
{
    /// <summary>A row for each of them.</summary>
    public static RecipeTable<DistillationOptions> Options { get; } = new(
        RecipeOption.Of("--teacher", "teacher", RecipeKind.Text("the name or path of a model", "MODEL"),
            static (DistillationOptions recipe) => recipe.Teacher, static (recipe, value) => recipe with { Teacher = value },
            "A classifier of the same classes whose answers are learnt from beside the labels: a saved folder, an ONNX file, a published name."),
        RecipeOption.Of("--distill-temperature", "distill_temperature", RecipeKind.Number("a number above 0", static value => value > 0, "T").OrNone(),
            static (DistillationOptions recipe) => recipe.Temperature, static (recipe, value) => recipe with { Temperature = value },
            "How much is made of what the teacher holds unlikely; 4 where it is not given."),
        RecipeOption.Of("--distill-weight", "distill_weight", RecipeKind.Number("a number from 0 up", static value => value >= 0, "SHARE").OrNone(),
            static (DistillationOptions recipe) => recipe.Weight, static (recipe, value) => recipe with { Weight = value },
            "The teacher's share of the loss, 1 at most; a half where it is not given."));
}
