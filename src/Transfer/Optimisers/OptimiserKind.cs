namespace Graft.Transfer;

/// <summary>An optimiser by the name that recipes and command lines give it. A new one is a row in <see cref="All"/>; a custom one is made
/// here and set as <see cref="FineTuneOptions.Optimiser"/>.</summary>
public sealed class OptimiserKind
{
    private readonly Func<ParameterGroups, OptimiserOptions, Optimiser> create;

    /// <summary>Describes an optimiser.</summary>
    /// <param name="name">Its name in recipes.</param>
    /// <param name="summary">What it is, in a few words.</param>
    /// <param name="create">Makes it over groups, of the options that it reads.</param>
    public OptimiserKind(string name, string summary, Func<ParameterGroups, OptimiserOptions, Optimiser> create)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(create);
        (Name, Summary, this.create) = (name, summary, create);
    }

    /// <summary>Stochastic gradient descent with momentum.</summary>
    public static OptimiserKind Sgd { get; } = new(
        "sgd", "stochastic gradient descent with momentum",
        static (groups, options) => Optimiser.Sgd(groups, options.Momentum, options.WeightDecay, options.ClipNorm));

    /// <summary>Adam with decoupled weight decay; the momentum is its beta1.</summary>
    public static OptimiserKind AdamW { get; } = new(
        "adamw", "Adam with decoupled weight decay",
        static (groups, options) => Optimiser.AdamW(
            groups, beta1: options.Momentum, weightDecay: options.WeightDecay, clipNorm: options.ClipNorm));

    /// <summary>SGD with Nesterov's momentum.</summary>
    public static OptimiserKind Nesterov { get; } = new(
        "nesterov", "SGD with Nesterov's momentum",
        static (groups, options) => Optimiser.Nesterov(groups, options.Momentum, options.WeightDecay, options.ClipNorm));

    /// <summary>Adam with L2 regularisation; the momentum is its beta1.</summary>
    public static OptimiserKind Adam { get; } = new(
        "adam", "Adam with L2 regularisation",
        static (groups, options) => Optimiser.Adam(groups, beta1: options.Momentum, weightDecay: options.WeightDecay, clipNorm: options.ClipNorm));

    /// <summary>RMSprop with momentum.</summary>
    public static OptimiserKind RmsProp { get; } = new(
        "rmsprop", "RMSprop with momentum",
        static (groups, options) => Optimiser.RmsProp(groups, momentum: options.Momentum, weightDecay: options.WeightDecay, clipNorm: options.ClipNorm));

    /// <summary>Adagrad; it has no momentum.</summary>
    public static OptimiserKind Adagrad { get; } = new(
        "adagrad", "Adagrad",
        static (groups, options) => Optimiser.Adagrad(groups, weightDecay: options.WeightDecay, clipNorm: options.ClipNorm));

    /// <summary>LAMB, for large batches; the momentum is its beta1.</summary>
    public static OptimiserKind Lamb { get; } = new(
        "lamb", "LAMB, for large batches",
        static (groups, options) => Optimiser.Lamb(groups, beta1: options.Momentum, weightDecay: options.WeightDecay, clipNorm: options.ClipNorm));

    /// <summary>Lion; the momentum is its beta1.</summary>
    public static OptimiserKind Lion { get; } = new(
        "lion", "the sign of a momentum",
        static (groups, options) => Optimiser.Lion(groups, beta1: options.Momentum, weightDecay: options.WeightDecay, clipNorm: options.ClipNorm));

    /// <summary>The optimisers known by name.</summary>
    public static IReadOnlyList<OptimiserKind> All { get; } = [Sgd, Nesterov, AdamW, Adam, RmsProp, Adagrad, Lamb, Lion];

    /// <summary>Its name in recipes and on the command line: <c>sgd</c>, <c>adamw</c>.</summary>
    public string Name { get; }

    /// <summary>What it is, in a few words.</summary>
    public string Summary { get; }

    /// <summary>The optimiser of a name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static OptimiserKind Named(string name) => NearName.Pick(name, All, static kind => kind.Name, "optimiser");

    /// <summary>Makes the optimiser.</summary>
    /// <param name="groups">The parameters and their rates.</param>
    /// <param name="options">Its settings; each optimiser reads those that it has.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is impossible.</exception>
    public Optimiser Create(ParameterGroups groups, OptimiserOptions options)
    {
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(options);
        return create(groups, options);
    }

    /// <summary>The name: <c>adamw</c>.</summary>
    public override string ToString() => Name;
}

/// <summary>The settings from which optimisers are created by name.</summary>
public sealed record OptimiserOptions
{
    /// <summary>SGD's momentum, or Adam's beta1; in [0, 1).</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>The weight decay of everything but vectors.</summary>
    public double WeightDecay { get; init; }

    /// <summary>The largest norm of all gradients together; null for no clipping.</summary>
    public double? ClipNorm { get; init; }
}
