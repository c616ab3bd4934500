using Graft.Models;

namespace Graft.Transfer;

/// <summary>A model's parameters by stage, stem first and head last: what is frozen, and how fast each stage learns.</summary>
/// <example><code>
/// var groups = new ParameterGroups(model);
/// groups.FreezeBelow("layer4");
/// groups.Rates(head: 0.01, decayPerStage: 2.6);
/// </code></example>
public sealed class ParameterGroups
{
    private readonly ParameterGroup[] groups;
    private readonly string model;

    /// <summary>Takes a model as it is: what is frozen stays so.</summary>
    public ParameterGroups(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        this.model = model.Name;
        groups = [.. model.Stages.Select(stage => new ParameterGroup(stage))];
    }

    /// <summary>The stages, stem first, head last.</summary>
    public IReadOnlyList<ParameterGroup> Stages => groups;

    /// <summary>As <see cref="Stages"/>, for loops that take nothing from the heap.</summary>
    internal ReadOnlySpan<ParameterGroup> All => groups;

    /// <summary>How many numbers learn.</summary>
    public long TrainableParameters =>
        groups.SelectMany(group => group.Parameters).Where(parameter => !parameter.IsFrozen).Sum(parameter => (long)parameter.Shape.ElementCount);

    /// <summary>Freezes every stage before the named one, and lets that one and those after it learn, but for what was frozen by hand
    /// (<see cref="Module.Freeze()"/>, <see cref="Graft.Autograd.Parameter.IsFrozen"/>): by going from the head down to the stem, gradual
    /// unfreezing (Howard and Ruder 2018).</summary>
    /// <exception cref="ArgumentException">The model has no such stage.</exception>
    public void FreezeBelow(string stage)
    {
        int first = IndexOf(stage);
        for (int i = 0; i < groups.Length; i++) groups[i].SetBelowFrontier(i < first);
    }

    /// <summary>Lets every stage learn, but for what was frozen by hand.</summary>
    public void Unfreeze()
    {
        foreach (var group in groups) group.SetBelowFrontier(false);
    }

    /// <summary>Gives the head a rate, and each stage before it the rate of the one above divided by <paramref name="decayPerStage"/>:
    /// discriminative rates, geometric from stem to head (Howard and Ruder 2018, who divide by 2.6).</summary>
    /// <param name="head">The head's highest rate; above 0.</param>
    /// <param name="decayPerStage">What the rate is divided by from a stage to the one below; 1 for one rate everywhere.</param>
    /// <exception cref="ArgumentOutOfRangeException">A rate or a divisor that is not above 0.</exception>
    public void Rates(double head, double decayPerStage = 1)
    {
        if (!(head > 0 && double.IsFinite(head)))
            throw new ArgumentOutOfRangeException(nameof(head), head, "a learning rate is above 0 and finite");
        if (!(decayPerStage > 0 && double.IsFinite(decayPerStage)))
            throw new ArgumentOutOfRangeException(nameof(decayPerStage), decayPerStage, "what the rate is divided by from stage to stage is above 0 and finite");
        for (int i = 0; i < groups.Length; i++) groups[i].Rate = head / Math.Pow(decayPerStage, groups.Length - 1 - i);
    }

    /// <exception cref="ArgumentException">The model has no such stage.</exception>
    internal void Require(string stage) => _ = IndexOf(stage);

    private int IndexOf(string stage)
    {
        ArgumentNullException.ThrowIfNull(stage);
        int at = Array.FindIndex(groups, group => group.Name == stage);
        return at >= 0
            ? at
            : throw new ArgumentException($"{model} has no stage '{stage}'; from stem to head it has {string.Join(", ", groups.Select(group => group.Name))}");
    }
}
