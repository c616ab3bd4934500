using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The options of <see cref="EarlierOptions"/>.</summary>
internal static class EarlierRecipe
{
    /// <summary>A row for each of them.</summary>
    public static RecipeTable<EarlierOptions> Options { get; } = new(
        RecipeOption.Of("--earlier", "earlier_data", RecipeKind.Text("the path of a folder or archive", "DIR|FILE.npz"),
            static (EarlierOptions recipe) => recipe.Data, static (recipe, value) => recipe with { Data = value },
            "Pictures that the model has learnt earlier and is not to forget, of the same classes: what is done about it is --elastic-weights or --replay."),
        RecipeOption.Of("--elastic-weights", "elastic_weights", RecipeKind.Number("a number above 0", static value => value > 0, "LAMBDA").OrNone(),
            static (EarlierOptions recipe) => recipe.ElasticWeights, static (recipe, value) => recipe with { ElasticWeights = value },
            "How strongly each weight is held where it is, times how much the earlier pictures depend on it (EWC)."),
        RecipeOption.Of("--elastic-examples", "elastic_examples", RecipeKind.WholeNumber(1).OrNone(),
            static (EarlierOptions recipe) => recipe.ElasticExamples, static (recipe, value) => recipe with { ElasticExamples = value },
            "By how many of them that is measured; 200 where it is not given."),
        RecipeOption.Of("--replay", "replay", RecipeKind.WholeNumber(1).OrNone(),
            static (EarlierOptions recipe) => recipe.Replay, static (recipe, value) => recipe with { Replay = value },
            "How many earlier pictures of each class are learnt again beside the new ones."));
}
