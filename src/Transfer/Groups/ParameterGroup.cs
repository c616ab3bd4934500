using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>The parameters of one stage of a model, frozen or learning at a rate of their own.</summary>
public sealed class ParameterGroup
{
    private readonly Parameter[] parameters;
    private double? rate;

    internal ParameterGroup(Stage stage)
    {
        Name = stage.Name;
        parameters = [.. stage.Modules.SelectMany(module => module.Parameters())];
    }

    /// <summary>The stage's name: <c>stem</c>, <c>layer1</c>, ... <c>head</c>.</summary>
    public string Name { get; }

    /// <summary>The stage's parameters, in the order of the checkpoint.</summary>
    public IReadOnlyList<Parameter> Parameters => parameters;

    /// <summary>As <see cref="Parameters"/>, for loops that take nothing from the heap.</summary>
    internal ReadOnlySpan<Parameter> All => parameters;

    /// <summary>The highest learning rate of the stage; a schedule scales it. 0 until <see cref="ParameterGroups.Rates"/> has given one,
    /// without which an optimiser refuses to step.</summary>
    public double Rate
    {
        get => rate ?? 0;
        internal set => rate = value;
    }

    internal bool HasRate => rate is not null;

    /// <summary>Whether the stage as a whole is frozen: no gradient, no decay, no clipping, stored statistics in its batch norms.</summary>
    public bool IsFrozen => parameters.Length > 0 && parameters.All(parameter => parameter.IsFrozen);

    /// <summary>Puts the stage below the first one that learns, or not; what was frozen by hand stays so.</summary>
    internal void SetBelowFrontier(bool below)
    {
        foreach (var parameter in parameters) parameter.IsBelowFrontier = below;
    }
}
