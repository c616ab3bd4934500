namespace Graft.Transfer;

/// <summary>A method of meta-learning by the name that command lines give it, with the settings of its paper. A new one is a row in <see cref="All"/>; a custom one is made
/// here.</summary>
public sealed class MetaLearningKind
{
    private readonly Func<MetaLearningSetting, MetaLearningMethod> create;

    /// <summary>Describes a method.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="summary">What it is, in a few words.</param>
    /// <param name="create">Makes it for a model.</param>
    public MetaLearningKind(string name, string summary, Func<MetaLearningSetting, MetaLearningMethod> create)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(create);
        (Name, Summary, this.create) = (name, summary, create);
    }

    /// <summary><see cref="PrototypeEpisodes"/>.</summary>
    public static MetaLearningKind Prototypes { get; } = new(
        "prototypes", "pictures are nearest to the mean of their class's examples", static setting => new PrototypeEpisodes(setting));

    /// <summary><see cref="SteppedEpisodes"/> with second derivatives.</summary>
    public static MetaLearningKind Maml { get; } = Stepped("maml", "weights from which a step on a task goes far", SteppedGradient.SecondOrder);

    /// <summary><see cref="SteppedEpisodes"/> without second derivatives.</summary>
    public static MetaLearningKind FirstOrderMaml { get; } = Stepped("fomaml", "the same without second derivatives", SteppedGradient.FirstOrder);

    /// <summary><see cref="SteppedEpisodes"/> of the head alone.</summary>
    public static MetaLearningKind Anil { get; } = Stepped("anil", "the same, the head alone making steps", SteppedGradient.SecondOrder, headAlone: true);

    /// <summary><see cref="SteppedEpisodes"/> with second derivatives, each task's steps beginning with a head of zeros.</summary>
    public static MetaLearningKind ZeroHeadMaml { get; } = new(
        "maml-zero-head", "maml, each task's steps beginning with a head of zeros", static setting => new SteppedEpisodes(setting, SteppedGradient.SecondOrder, zeroHead: true))
    {
        // the first step moves the head alone, the second the trunk
        Inner = new InnerLoop { Rate = 0.2, Steps = 2 },
        LearningRate = 2e-3,
        TasksPerStep = 2,
    };

    /// <summary><see cref="SteppedEpisodes"/> by the way back.</summary>
    public static MetaLearningKind Reptile { get; } = new(
        "reptile", "weights move towards where steps on tasks lead",
        static setting => new SteppedEpisodes(setting, SteppedGradient.WayBack))
    {
        Inner = new InnerLoop { Rate = 0.05, Steps = 5 },
        TestSteps = 20,
        Optimiser = OptimiserKind.Sgd,
        OptimiserOptions = new OptimiserOptions { Momentum = 0 },
        LearningRate = 1,
        TasksPerStep = 5,
    };

    /// <summary><see cref="CosineEpisodes"/>.</summary>
    public static MetaLearningKind Baseline { get; } = new(
        "baseline++", "all classes are told apart by cosines, and a new head is fitted to few examples", static setting => new CosineEpisodes(setting));

    /// <summary>The methods known by name.</summary>
    public static IReadOnlyList<MetaLearningKind> All { get; } = [Prototypes, Maml, FirstOrderMaml, Anil, ZeroHeadMaml, Reptile, Baseline];

    /// <summary>Its name on the command line: <c>prototypes</c>.</summary>
    public string Name { get; }

    /// <summary>What it is, in a few words.</summary>
    public string Summary { get; }

    /// <summary>The optimiser that it is trained by.</summary>
    public OptimiserKind Optimiser { get; init; } = OptimiserKind.Adam;

    /// <summary>That one's settings.</summary>
    public OptimiserOptions OptimiserOptions { get; init; } = new();

    /// <summary>The highest learning rate unless another is asked for.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>How many tasks a step is made of unless others are asked for (the meta-batch).</summary>
    public int TasksPerStep { get; init; } = 1;

    /// <summary>The steps on a task unless others are asked for, those of the paper's characters; null for a method that makes none.</summary>
    public InnerLoop? Inner { get; init; }

    /// <summary>How many of them are made where it is tested, unless others are asked for; null for as many.</summary>
    public int? TestSteps { get; init; }

    /// <summary>The method of a name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static MetaLearningKind Named(string name) => NearName.Pick(name, All, static kind => kind.Name, "method of meta-learning");

    /// <summary>Makes it for a model.</summary>
    /// <param name="setting">What of it a method has to know.</param>
    /// <exception cref="ArgumentException">Too few classes have as many examples as an episode takes.</exception>
    public MetaLearningMethod Create(MetaLearningSetting setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        if (Inner is null && (setting.Inner is not null || setting.TestSteps is not null)) throw new ArgumentException($"{Name} makes no steps on a task: leave their settings out");
        return create(setting with { Inner = setting.Inner ?? Inner, TestSteps = setting.TestSteps ?? (setting.Inner is null ? TestSteps : null) });
    }

    /// <summary>The name: <c>prototypes</c>.</summary>
    public override string ToString() => Name;

    private static MetaLearningKind Stepped(string name, string summary, SteppedGradient gradient, bool headAlone = false) => new(
        name, summary, setting => new SteppedEpisodes(setting, gradient, headAlone))
    {
        Inner = new InnerLoop { Rate = 0.4 },
        TestSteps = 3,
        TasksPerStep = 8,
    };
}
