using System.Text.Json;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>IA3 (Liu et al. 2022; PEFT's <c>IA3Config</c>): a learnt factor for each output of a frozen <see cref="Linear"/>, or for each
/// input of a feed-forward one. At first all are one, so that the model is the base.</summary>
public sealed record Ia3Config : LayerAdapterConfig
{
    /// <summary>Those of <see cref="LayerAdapterConfig.TargetModules"/> whose inputs are multiplied (<c>feedforward_modules</c>); null for none.</summary>
    public AdapterTargets? FeedforwardModules { get; init; }

    /// <inheritdoc/>
    public override string PeftType => "IA3";

    /// <inheritdoc/>
    internal override string FittingLayers => "Linear layers";

    /// <inheritdoc/>
    internal override void Validate()
    {
        base.Validate();
        RequireFew(FeedforwardModules?.Names.Count ?? 0, "feed-forward modules");
        if (FeedforwardModules is { Pattern: null } inner && TargetModules.Pattern is null && !TargetModules.IsAllLinear
            && inner.Names.FirstOrDefault(name => !TargetModules.Names.Contains(name)) is { } outside)
            throw new ArgumentException($"the feed-forward module '{Printable.Text(outside)}' is not among the target modules: name it there too");
    }

    /// <inheritdoc/>
    internal override Func<string, AdaptableLayer, LayerAdapter?> Maker() =>
        (key, layer) => layer is Linear linear ? new Ia3Linear(linear, FeedforwardModules?.Matches(key) ?? false) : null;

    /// <summary>The members of a file that are read.</summary>
    internal static IReadOnlyList<string> Members { get; } = ["feedforward_modules", "fan_in_fan_out", "init_ia3_weights"];

    /// <exception cref="CheckpointException">A member is missing or malformed.</exception>
    internal static Ia3Config Read(JsonObjectReader json) => new() { TargetModules = TargetsOf(json), FeedforwardModules = AdapterTargets.Read(json, "feedforward_modules") };

    /// <inheritdoc/>
    private protected override void WriteMembers(Utf8JsonWriter json, Model model, bool isTransposed)
    {
        base.WriteMembers(json, model, isTransposed);
        json.WriteBoolean("fan_in_fan_out", isTransposed);
        AdapterTargets.Write(json, "feedforward_modules", FeedforwardModules ?? AdapterTargets.Named());
        json.WriteBoolean("init_ia3_weights", true);
    }
}
