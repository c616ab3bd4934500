using System.Text.Json;
using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>BitFit (Ben Zaken et al. 2021): the biases learn, and nothing else but the modules to save. Nothing is added to the model; a file has
/// the biases by their keys.</summary>
public sealed record BitFitConfig : AdapterConfig
{
    /// <summary>The kind in the file; PEFT itself has it only as <c>bias</c> of a LoRA.</summary>
    public override string PeftType => "BITFIT";

    /// <inheritdoc/>
    internal override IReadOnlyList<AdapterSlot> Slots(AdapterPlan plan) => [];

    /// <inheritdoc/>
    internal override IEnumerable<Parameter> Beside(AdapterPlan plan, IReadOnlyList<AdapterSlot> slots)
    {
        Parameter[] biases = [.. Biases(plan.Model)];
        return biases.Length > 0 ? biases : throw new ArgumentException($"{plan.Model.Name} has no biases that could learn");
    }

    /// <inheritdoc/>
    private protected override void WriteMembers(Utf8JsonWriter json, Model model, bool isTransposed)
    {
    }

    /// <summary>The biases of linear maps, convolutions and norms: the parameters whose last name is <c>bias</c>, or ends with <c>_bias</c>.</summary>
    internal static IEnumerable<Parameter> Biases(Model model) => model.Parameters().Where(static parameter =>
        AdapterTargets.IsNamed(parameter.Name, "bias") || parameter.Name.EndsWith("_bias", StringComparison.Ordinal));
}
