using Graft.Autograd;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>Parameters with one learning rate and weight decay, or frozen (an entry of PyTorch's <c>param_groups</c>).</summary>
/// <remarks>Used by the training thread alone.</remarks>
public sealed class ParameterGroup
{
    private readonly Parameter[] parameters;
    private double? rate;
    private double? weightDecay;

    /// <summary>The parameters of one or several modules, each once.</summary>
    /// <param name="name">What the group is called in messages and reports.</param>
    /// <param name="modules">The modules; of one model or of several.</param>
    public ParameterGroup(string name, params IEnumerable<Module> modules)
        : this(name, Of(modules))
    {
    }

    /// <summary>Parameters one by one, each once.</summary>
    /// <param name="name">What the group is called in messages and reports.</param>
    /// <param name="parameters">The parameters; of one model or of several.</param>
    public ParameterGroup(string name, IEnumerable<Parameter> parameters)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(parameters);
        Name = name;
        this.parameters = [.. parameters.Distinct()];
    }

    /// <summary>The group's name, where it is a stage of a model: <c>stem</c>, <c>layer1</c>, ... <c>head</c>.</summary>
    public string Name { get; }

    /// <summary>The group's parameters, in the order of the checkpoint.</summary>
    public IReadOnlyList<Parameter> Parameters => parameters;

    /// <summary>As <see cref="Parameters"/>, for allocation-free loops.</summary>
    internal ReadOnlySpan<Parameter> All => parameters;

    /// <summary>The highest learning rate of the group; a schedule scales it. 0 until it was given, here or by
    /// <see cref="ParameterGroups.Rates(double, double)"/>, without which an optimiser refuses to step.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A rate that is not above 0 and finite.</exception>
    public double Rate
    {
        get => rate ?? 0;
        set
        {
            if (!(value > 0 && double.IsFinite(value)))
                throw new ArgumentOutOfRangeException(nameof(value), value, "a learning rate is above 0 and finite");
            rate = value;
        }
    }

    /// <summary>The group's weight decay; null for that of the optimiser.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A decay that is not 0 or more and finite.</exception>
    public double? WeightDecay
    {
        get => weightDecay;
        set
        {
            if (value is { } decay && !(decay >= 0 && double.IsFinite(decay)))
                throw new ArgumentOutOfRangeException(nameof(value), decay, "a weight decay is 0 or more and finite");
            weightDecay = value;
        }
    }

    /// <summary>Whether vectors (biases, the weights of norms) decay too, as PyTorch's optimisers have it by themselves; false at first.</summary>
    public bool DecaysVectors { get; set; }

    /// <summary>The group's own schedule, which a <see cref="Trainer"/> follows; null for the fit's alone.</summary>
    public GroupSchedule? Schedule { get; set; }

    /// <summary>What the group's own schedule gives in this step.</summary>
    internal double OwnFactor { get; set; } = 1;

    /// <summary>The learning rate where the fit's schedule gives a factor.</summary>
    internal double RateAt(double factor) => Schedule switch
    {
        null => Rate * factor,
        { ReplacesFit: true } => Rate * OwnFactor,
        _ => Rate * (factor * OwnFactor),
    };

    internal bool HasRate => rate is not null;

    /// <summary>Whether any parameter is trainable.</summary>
    internal bool Learns => parameters.Any(parameter => !parameter.IsFrozen);

    /// <summary>Whether its parameters are a model's, and not of a module that learns beside one.</summary>
    internal bool IsOfModel => parameters.Length == 0 || Model.Of(parameters[0]) is not null;

    /// <summary>Whether the group as a whole is frozen: no gradient, no decay, no clipping, running statistics in its batch norms.</summary>
    public bool IsFrozen => parameters.Length > 0 && !Learns;

    /// <summary>The weight decay of one of its parameters where the optimiser's is <paramref name="usual"/>.</summary>
    internal double DecayOf(Parameter parameter, double usual) => parameter.Shape.Rank > 1 || DecaysVectors ? weightDecay ?? usual : 0;

    /// <summary>Puts the group below the first one that learns, or not; what was frozen by hand stays so.</summary>
    internal void SetBelowFrontier(bool below)
    {
        foreach (var parameter in parameters) parameter.IsBelowFrontier = below;
    }

    private static IEnumerable<Parameter> Of(IEnumerable<Module> modules)
    {
        ArgumentNullException.ThrowIfNull(modules);
        return modules.SelectMany(static module => module.Parameters());
    }
}
