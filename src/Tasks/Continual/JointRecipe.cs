using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The options of <see cref="JointOptions"/>.</summary>
internal static class JointRecipe
{
    /// <summary>A row for each of them.</summary>
    public static RecipeTable<JointOptions> Options { get; } = new(
        RecipeOption.Of("--jointly", "joint_data", RecipeKind.Text("the path of a folder or archive", "DIR|FILE.npz"),
            static (JointOptions recipe) => recipe.Data, static (recipe, value) => recipe with { Data = value },
            "Pictures of another task, of classes of its own, that is learnt in the same steps by the same trunk and a head of its own."),
        RecipeOption.Of("--joint-weight", "joint_weight", RecipeKind.Number("a number above 0", static value => value > 0, "W").OrNone(),
            static (JointOptions recipe) => recipe.Weight, static (recipe, value) => recipe with { Weight = value },
            "What that task's loss is multiplied by; 1 where it is not given."));
}
