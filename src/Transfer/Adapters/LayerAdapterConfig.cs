using System.Text.Json;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>Adapters beside chosen layers: <see cref="LoraConfig"/> or <see cref="Ia3Config"/>.</summary>
public abstract record LayerAdapterConfig : AdapterConfig
{
    private protected LayerAdapterConfig()
    {
    }

    /// <summary>The layers that get an adapter (<c>target_modules</c>).</summary>
    public required AdapterTargets TargetModules { get; init; }

    /// <summary>The kinds of layers that it fits, in words.</summary>
    internal abstract string FittingLayers { get; }

    /// <inheritdoc/>
    internal override void Validate()
    {
        base.Validate();
        ArgumentNullException.ThrowIfNull(TargetModules);
        RequireFew(TargetModules.Names.Count, "target modules");
    }

    /// <summary>What makes the adapter of a layer by its key; it gives null where it fits no such layer.</summary>
    internal abstract Func<string, AdaptableLayer, LayerAdapter?> Maker();

    /// <inheritdoc/>
    internal sealed override IReadOnlyList<AdapterSlot> Slots(AdapterPlan plan)
    {
        var make = Maker();
        return [.. plan.Targets(TargetModules).Select(target => plan.Slot(target, make, $"{PeftType} fits {FittingLayers}"))];
    }

    /// <summary>The targets of a file.</summary>
    /// <exception cref="CheckpointException">There are none.</exception>
    private protected static AdapterTargets TargetsOf(JsonObjectReader json) => AdapterTargets.Read(json, "target_modules") ?? throw json.Missing("target_modules");

    /// <inheritdoc/>
    private protected override void WriteMembers(Utf8JsonWriter json, Model model, bool isTransposed) => AdapterTargets.Write(json, "target_modules", TargetModules);
}
