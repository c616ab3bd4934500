using System.Collections;
using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>What an optimiser updates, in parameter groups (PyTorch's <c>param_groups</c>): a model's stages, stem first and head last, or
/// groups of the caller's over any number of modules and models. They say what is frozen and how fast each group learns.</summary>
/// <remarks>Used by the training thread alone.</remarks>
/// <example><code>
/// var groups = new ParameterGroups(model);
/// groups.FreezeBelow("layer4");
/// groups.Rates(head: 0.01, decayPerStage: 2.6);
/// </code></example>
public sealed class ParameterGroups : IReadOnlyList<ParameterGroup>
{
    private readonly ParameterGroup[] groups;
    private readonly string? model;

    /// <summary>A group for each stage of a model. The model is taken as it is: what is frozen stays so.</summary>
    public ParameterGroups(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        this.model = model.Name;
        groups = [.. model.Stages.Select(stage => new ParameterGroup(stage.Name, stage.Modules))];
        RequireOnce();
        Models = [model];
    }

    /// <summary>Groups of the caller's, in the order of depth; their parameters may be of several models.</summary>
    /// <param name="groups">At least one; <c>[.. new ParameterGroups(encoder), new("domain", discriminator)]</c> adds one to a model's.</param>
    /// <exception cref="ArgumentException">No group, two of one name, or a parameter in two groups.</exception>
    public ParameterGroups(params IEnumerable<ParameterGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        this.groups = [.. groups];
        if (this.groups.Length == 0) throw new ArgumentException("there is no group: give one at least", nameof(groups));
        if (this.groups.CountBy(static group => group.Name).FirstOrDefault(static name => name.Value > 1).Key is { } twice)
            throw new ArgumentException($"two groups are called '{twice}': give each a name of its own", nameof(groups));
        RequireOnce();
        Models = [.. this.groups.SelectMany(static group => group.Parameters).Select(Model.Of).OfType<Model>().Distinct()];
    }

    /// <summary>The models that the parameters belong to.</summary>
    public IReadOnlyList<Model> Models { get; }

    /// <summary>How many groups there are.</summary>
    public int Count => groups.Length;

    /// <summary>A group by its index: 0 is the stem, ^1 the head.</summary>
    public ParameterGroup this[int index] => groups[index];

    /// <summary>A group by its name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public ParameterGroup this[string name] => groups[IndexOf(name)];

    /// <summary>As the list, for allocation-free loops.</summary>
    internal ReadOnlySpan<ParameterGroup> All => groups;

    /// <summary>The number of trainable elements.</summary>
    public long TrainableParameters =>
        groups.SelectMany(group => group.Parameters).Where(parameter => !parameter.IsFrozen).Sum(parameter => (long)parameter.Shape.ElementCount);

    /// <summary>The first trainable group, of a model where one is; the last where none is.</summary>
    internal ParameterGroup FirstThatLearns =>
        groups.FirstOrDefault(static group => group.Learns && group.IsOfModel) ?? groups.FirstOrDefault(static group => group.Learns) ?? groups[^1];

    /// <summary>The last trainable group, where it is not the last of all; else null.</summary>
    internal string? LastThatLearnsBelowOthers => groups.LastOrDefault(group => group.Learns) is { } last && last != groups[^1] ? last.Name : null;

    /// <summary>Freezes every group before the named one, and lets that one and those after it learn, but for what was frozen by hand
    /// (<see cref="Module.Freeze()"/>, <see cref="Parameter.IsFrozen"/>): by going from the head down to the stem, gradual unfreezing
    /// (Howard and Ruder 2018).</summary>
    /// <param name="stage">The first group that learns.</param>
    /// <param name="norm">What norms do that are frozen; null for what <see cref="BatchNorm2d.Policy"/> says.</param>
    /// <param name="dropout">What dropout does in what is frozen; null for <see cref="FrozenDropoutPolicy.Active"/>.</param>
    /// <exception cref="ArgumentException">There is no group of that name.</exception>
    public void FreezeBelow(string stage, FrozenNormPolicy? norm = null, FrozenDropoutPolicy? dropout = null) => SetFrontier(IndexOf(stage), norm, dropout);

    /// <summary>As <see cref="FreezeBelow"/>, by a group's index (fastai's <c>freeze_to</c>): <c>FreezeTo(^1)</c> lets the head alone learn.</summary>
    /// <param name="first">The first group that learns; <c>^0</c> for none.</param>
    /// <param name="norm">What norms do that are frozen; null for what <see cref="BatchNorm2d.Policy"/> says.</param>
    /// <param name="dropout">What dropout does in what is frozen; null for <see cref="FrozenDropoutPolicy.Active"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such group.</exception>
    public void FreezeTo(Index first, FrozenNormPolicy? norm = null, FrozenDropoutPolicy? dropout = null)
    {
        int at = first.GetOffset(groups.Length);
        if (at < 0 || at > groups.Length)
            throw new ArgumentOutOfRangeException(nameof(first), first, $"there are {groups.Length} groups: give an index from 0 to {groups.Length}, or from the end");
        SetFrontier(at, norm, dropout);
    }

    /// <summary>Freezes parameters by name, until they are let go by name (<see cref="Unfreeze(string)"/>): stages, ranges of stages and patterns of keys.</summary>
    /// <param name="pattern">As for <see cref="Module.Freeze(string, FrozenNormPolicy?, FrozenDropoutPolicy?)"/>; of groups of the caller's it is to fit a
    /// model at least.</param>
    /// <param name="norm">What norms do that are frozen whole; null for what the model's policies say.</param>
    /// <param name="dropout">What dropout does in what is frozen; null for what the model's policies say.</param>
    /// <returns>How many parameters it names.</returns>
    /// <exception cref="ArgumentException">It names none.</exception>
    public int Freeze(string pattern, FrozenNormPolicy? norm = null, FrozenDropoutPolicy? dropout = null) =>
        OverModels(pattern, model => model.Freeze(pattern, norm, dropout));

    /// <summary>Lets parameters that were frozen by name learn again.</summary>
    /// <param name="pattern">As for <see cref="Freeze"/>.</param>
    /// <returns>How many parameters it names.</returns>
    /// <exception cref="ArgumentException">It names none.</exception>
    public int Unfreeze(string pattern) => OverModels(pattern, model => model.Unfreeze(pattern));

    /// <summary>Lets the named groups learn and no other, as chain-thaw (Felbo et al. 2017) does; what was frozen by hand stays so.</summary>
    /// <exception cref="ArgumentException">There is no group of a name; nothing was changed.</exception>
    public void LearnOnly(params IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var learning = names.Select(IndexOf).ToHashSet();
        for (int i = 0; i < groups.Length; i++) groups[i].SetBelowFrontier(!learning.Contains(i));
    }

    /// <summary>Lets every group learn, but for what was frozen by hand.</summary>
    public void Unfreeze() => SetFrontier(0, norm: null, dropout: null);

    /// <summary>Gives each group a rate of its own.</summary>
    /// <param name="rates">One for each group, from stem to head.</param>
    /// <exception cref="ArgumentException">There are not as many rates as groups; nothing was changed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A rate is not above 0 and finite; nothing was changed.</exception>
    public void Rates(IReadOnlyList<double> rates)
    {
        ArgumentNullException.ThrowIfNull(rates);
        if (rates.Count != groups.Length)
            throw new ArgumentException(
                $"{rates.Count} rates do not fit {groups.Length} groups: give one for each, in order {string.Join(", ", groups.Select(static group => group.Name))}", nameof(rates));
        foreach (double rate in rates)
            if (!(rate > 0 && double.IsFinite(rate))) throw new ArgumentOutOfRangeException(nameof(rates), rate, "a learning rate is above 0 and finite");
        for (int i = 0; i < groups.Length; i++) groups[i].Rate = rates[i];
    }

    /// <summary>Spreads rates geometrically from the first group to the last (fastai's <c>slice(first, last)</c> and <c>even_mults</c>).</summary>
    /// <param name="first">The stem's rate; above 0.</param>
    /// <param name="last">The head's rate; above 0. A single group has this one.</param>
    /// <exception cref="ArgumentOutOfRangeException">A rate that is not above 0 and finite.</exception>
    public void RatesBetween(double first, double last) =>
        Rates([.. groups.Select((_, index) => groups.Length == 1 ? last : first * Math.Pow(last / first, (double)index / (groups.Length - 1)))]);

    /// <summary>Gives the head a rate, and each group before it the rate of the one above divided by <paramref name="decayPerStage"/>:
    /// discriminative rates, geometric from stem to head (Howard and Ruder 2018, who divide by 2.6). A single group's is
    /// <see cref="ParameterGroup.Rate"/>.</summary>
    /// <param name="head">The head's highest rate; above 0.</param>
    /// <param name="decayPerStage">What the rate is divided by from a group to the one below; 1 for one rate everywhere.</param>
    /// <exception cref="ArgumentOutOfRangeException">A rate or a divisor that is not above 0.</exception>
    public void Rates(double head, double decayPerStage = 1)
    {
        if (!(head > 0 && double.IsFinite(head)))
            throw new ArgumentOutOfRangeException(nameof(head), head, "a learning rate is above 0 and finite");
        if (!(decayPerStage > 0 && double.IsFinite(decayPerStage)))
            throw new ArgumentOutOfRangeException(nameof(decayPerStage), decayPerStage, "what the rate is divided by from stage to stage is above 0 and finite");
        for (int i = 0; i < groups.Length; i++) groups[i].Rate = head / Math.Pow(decayPerStage, groups.Length - 1 - i);
    }

    /// <summary>The groups in the order of depth.</summary>
    public IEnumerator<ParameterGroup> GetEnumerator() => groups.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Each parameter by its group and its key: <c>head/fc.weight</c>.</summary>
    internal IEnumerable<(string Name, Parameter Parameter)> Named() =>
        groups.SelectMany(static group => group.Parameters.Select(parameter => ($"{group.Name}/{parameter.Name}", parameter)));

    /// <exception cref="ArgumentException">There is no group of that name.</exception>
    internal void Require(string stage) => _ = IndexOf(stage);

    private void SetFrontier(int first, FrozenNormPolicy? norm, FrozenDropoutPolicy? dropout)
    {
        for (int i = 0; i < groups.Length; i++) groups[i].SetBelowFrontier(i < first);
        foreach (var one in Models) one.ApplyFrozenPolicies(norm, dropout);
    }

    private int OverModels(string pattern, Func<Model, int> freeze)
    {
        if (Models.Count == 1) return freeze(Models[0]);
        int count = 0;
        ArgumentException? refusal = null;
        foreach (var one in Models)
        {
            try
            {
                count += freeze(one);
            }
            catch (ArgumentException exception)
            {
                refusal ??= exception;
            }
        }
        if (count > 0) return count;
        throw refusal ?? new ArgumentException($"'{pattern}' names no parameter: the groups have none of a model", nameof(pattern));
    }

    private void RequireOnce()
    {
        var owners = new Dictionary<Parameter, ParameterGroup>();
        foreach (var group in groups)
        {
            foreach (var parameter in group.All)
            {
                if (owners.TryAdd(parameter, group)) continue;
                throw new ArgumentException(
                    $"the parameter '{parameter.Name}' is in two groups, '{owners[parameter].Name}' and '{group.Name}': "
                    + "it would be moved twice a step, so take it out of one");
            }
        }
    }

    /// <exception cref="ArgumentException">There is no group of that name.</exception>
    internal int IndexOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        int at = Array.FindIndex(groups, group => group.Name == name);
        if (at >= 0) return at;
        string names = string.Join(", ", groups.Select(group => group.Name));
        throw new ArgumentException(model is null
            ? $"there is no group '{name}'; in order there are {names}"
            : $"{model} has no stage '{name}'; from stem to head it has {names}");
    }
}
