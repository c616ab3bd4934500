using System.Buffers;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>Which adapters a fine-tuning trains instead of the whole model, as a recipe says it; what is not said follows from the model.</summary>
public sealed record AdapterOptions
{
    private static readonly SearchValues<char> Metacharacters = SearchValues.Create(@"\*+?()[]|^$");

    /// <summary>The kind; null to train the model itself.</summary>
    public AdapterKind? Kind { get; init; }

    /// <summary>LoRA's and DoRA's rank (<c>r</c>); null for 8.</summary>
    public int? Rank { get; init; }

    /// <summary>What LoRA's product is multiplied with, before it is divided by the rank (<c>lora_alpha</c>); null for twice the rank.</summary>
    public double? Alpha { get; init; }

    /// <summary>The probability with which training drops an element of LoRA's input; null for none.</summary>
    public double? Dropout { get; init; }

    /// <summary>How many virtual tokens prefix and prompt tuning learn; null for 20.</summary>
    public int? VirtualTokens { get; init; }

    /// <summary>How many times narrower a bottleneck is than its layer; null for 16.</summary>
    public double? ReductionFactor { get; init; }

    /// <summary>The layers that get an adapter: names with commas between them, <c>all-linear</c>, or a regular expression; null for queries and values of
    /// attention, or the convolutions where there is none.</summary>
    public string? TargetModules { get; init; }

    /// <summary>Modules that learn whole beside the head, with commas between them; null for none.</summary>
    public string? ModulesToSave { get; init; }

    /// <summary>Whether anything is said that means nothing without a kind.</summary>
    internal bool IsSaidInVain => Kind is null && this != new AdapterOptions();

    /// <summary>The config for a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="newTensors">The keys of tensors that the model's weights did not have, which have to learn.</param>
    /// <param name="baseModel">What the weights are called; null for nothing.</param>
    /// <exception cref="ArgumentException">No kind is said, or the model has no such layers.</exception>
    public AdapterConfig ConfigFor(Model model, IReadOnlyCollection<string> newTensors, string? baseModel = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(newTensors);
        var config = (Kind ?? throw new ArgumentException("the options say no kind of adapter")).Create(this, model);
        return config with
        {
            ModulesToSave = [.. AdapterDefaults.HeadModules(model, newTensors).Concat(Names(ModulesToSave)).Distinct()],
            TaskType = AdapterDefaults.TaskOf(model),
            BaseModel = baseModel,
        };
    }

    internal void Validate()
    {
        AdapterRecipe.Options.Validate(this);
        if (IsSaidInVain) throw new ArgumentException("a rank, targets and the like are of adapters: say which kind (--adapter)");
        if (TargetModules is not null) _ = Targets(AdapterTargets.AllLinear);
    }

    /// <summary>The targets that are said, or others.</summary>
    /// <exception cref="ArgumentException">They are no regular expression.</exception>
    internal AdapterTargets Targets(AdapterTargets otherwise) => TargetModules switch
    {
        null => otherwise,
        "all-linear" => AdapterTargets.AllLinear,
        var text when text.AsSpan().ContainsAny(Metacharacters) => AdapterTargets.Matching(text),
        var text => AdapterTargets.Named(Names(text)),
    };

    private static string[] Names(string? text) => text is null ? [] : text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
