using System.Diagnostics.CodeAnalysis;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The options of <see cref="AdaptationOptions"/>.</summary>
internal static class AdaptationRecipe
{
    private static readonly string[] Names = [.. DomainMethodKind.All.Select(static kind => kind.Name)];

    // a program may use a method of its own, which a file can name but not make
    private static readonly RecipeKind<DomainMethodKind?> Methods = new(
        $"{string.Join(", ", Names.SkipLast(1))} or {Names[^1]}", string.Join('|', Names),
        static (string text, [MaybeNullWhen(false)] out DomainMethodKind? value) => (value = DomainMethodKind.All.FirstOrDefault(kind => kind.Name == text)) is not null,
        static kind => kind?.Name)
    {
        IsText = true,
        Words = Names,
        Allows = static _ => true,
    };

    /// <summary>A row for each of them.</summary>
    public static RecipeTable<AdaptationOptions> Options { get; } = new(
        RecipeOption.Of("--adapt", "adaptation", Methods,
            static (AdaptationOptions recipe) => recipe.Method, static (recipe, value) => recipe with { Method = value },
            "How the model is adapted to examples of --target, whose classes nobody says: "
            + $"{string.Join("; ", DomainMethodKind.All.Select(static kind => $"{kind.Name} ({kind.Summary})"))}."),
        RecipeOption.Of("--target", "adaptation_target", RecipeKind.Text("the path of a folder or archive", "DIR|FILE"),
            static (AdaptationOptions recipe) => recipe.Target, static (recipe, value) => recipe with { Target = value },
            "Examples of the domain that is adapted to: pictures in the folder and below it, or texts of a file, with the column of those that are learnt from or one in each line. What "
            + "classes they are of is not looked at."),
        RecipeOption.Of("--adapt-strength", "adaptation_strength", RecipeKind.Number("a number above 0", static value => value > 0, "X").OrNone(),
            static (AdaptationOptions recipe) => recipe.Strength, static (recipe, value) => recipe with { Strength = value },
            "What the loss of --adapt is multiplied by; 1 where it is not given."),
        RecipeOption.Of("--adapt-threshold", "adaptation_threshold", RecipeKind.Number("a number in [0, 1)", static value => value is >= 0 and < 1, "SHARE").OrNone(),
            static (AdaptationOptions recipe) => recipe.Threshold, static (recipe, value) => recipe with { Threshold = value },
            "How sure an answer is that counts as a label; 0.9 for pseudo-labels, 0.95 for fixmatch."));
}
