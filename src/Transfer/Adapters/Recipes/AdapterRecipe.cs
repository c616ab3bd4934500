using System.Diagnostics.CodeAnalysis;

namespace Graft.Transfer;

/// <summary>The options of <see cref="AdapterOptions"/>.</summary>
public static class AdapterRecipe
{
    private static readonly RecipeKind<AdapterKind> Words = RecipeKind.Choice([.. AdapterKind.All.Select(static kind => (kind.Name, kind))]);

    private static readonly RecipeKind<AdapterKind?> Kinds = new(
        Words.Rule, Words.HelpName,
        static (string text, [MaybeNullWhen(false)] out AdapterKind? kind) => (kind = AdapterKind.All.FirstOrDefault(known => known.Name == text)) is not null,
        static kind => kind?.Name)
    {
        IsText = true,
        Words = Words.Words,
    };

    /// <summary>A row for each of them.</summary>
    public static RecipeTable<AdapterOptions> Options { get; } = new(
    [
        RecipeOption.Of("--adapter", "adapter", Kinds, static (AdapterOptions options) => options.Kind, static (options, value) => options with { Kind = value },
            "Adapters that learn, with the head, instead of the whole model; they are saved in PEFT's files in the folder 'adapter' of the model's. "
            + "Without --rate-decay every stage then has one rate."),
        RecipeOption.Of("--rank", "adapter_rank", RecipeKind.WholeNumber(1).OrNone(), static (AdapterOptions options) => options.Rank,
            static (options, value) => options with { Rank = value }, "The rank of a LoRA or DoRA; 8 where it is not given."),
        RecipeOption.Of("--alpha", "adapter_alpha", RecipeKind.Number("a number above 0", static value => value > 0, "A").OrNone(), static (AdapterOptions options) => options.Alpha,
            static (options, value) => options with { Alpha = value }, "What a LoRA is multiplied with before it is divided by the rank; twice the rank where it is not given."),
        RecipeOption.Of("--adapter-dropout", "adapter_dropout", RecipeKind.Number("a number in [0, 1)", static value => value is >= 0 and < 1, "SHARE").OrNone(),
            static (AdapterOptions options) => options.Dropout, static (options, value) => options with { Dropout = value }, "The share of a LoRA's input that training drops."),
        RecipeOption.Of("--virtual-tokens", "virtual_tokens", RecipeKind.WholeNumber(1).OrNone(), static (AdapterOptions options) => options.VirtualTokens,
            static (options, value) => options with { VirtualTokens = value }, "How many tokens prefix-tuning and prompt-tuning learn; 20 where it is not given."),
        RecipeOption.Of("--reduction-factor", "reduction_factor", RecipeKind.Number("a number above 0", static value => value > 0, "F").OrNone(),
            static (AdapterOptions options) => options.ReductionFactor, static (options, value) => options with { ReductionFactor = value },
            "How many times narrower the bottleneck of pfeiffer and houlsby is than the layer; 16 where it is not given."),
        RecipeOption.Of("--target-modules", "target_modules", RecipeKind.Text("the names of layers with commas between them, all-linear or a regular expression", "NAMES"),
            static (AdapterOptions options) => options.TargetModules, static (options, value) => options with { TargetModules = value },
            "The layers that get an adapter: the last names of their keys (query,value), all-linear, or a regular expression for whole keys. "
            + "Without it queries and values of attention (IA3: keys, values and the perceptrons' second maps), or all convolutions."),
        RecipeOption.Of("--modules-to-save", "modules_to_save", RecipeKind.Text("the names of modules with commas between them", "NAMES"),
            static (AdapterOptions options) => options.ModulesToSave, static (options, value) => options with { ModulesToSave = value },
            "Modules that learn whole beside the head and the adapters, and are saved with them."),
    ]);
}
