namespace Graft.Transfer;

/// <summary>A method of domain adaptation by the name that recipes and command lines give it. A new one is a row in <see cref="All"/>; a custom one is made here.</summary>
public sealed class DomainMethodKind
{
    private readonly Func<DomainSetting, DomainMethod>? create;

    /// <summary>Describes a method.</summary>
    /// <param name="name">Its name in recipes.</param>
    /// <param name="summary">What it is, in a few words.</param>
    /// <param name="create">Makes it for a model; null for one that has no loss beside the source's.</param>
    public DomainMethodKind(string name, string summary, Func<DomainSetting, DomainMethod>? create)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(summary);
        (Name, Summary, this.create) = (name, summary, create);
    }

    /// <summary><see cref="DomainAdversarial"/>.</summary>
    public static DomainMethodKind Dann { get; } = new(
        "dann", "features that a discriminator cannot tell apart", static setting => new DomainAdversarial(setting.Features) { Strength = setting.StrengthOr(1) });

    /// <summary><see cref="ConditionalAdversarial"/> without weights.</summary>
    public static DomainMethodKind Cdan { get; } = new(
        "cdan", "the same class by class",
        static setting => new ConditionalAdversarial(setting.Features, setting.Classes, seed: setting.Seed) { IsWeightedByEntropy = false, Strength = setting.StrengthOr(1) });

    /// <summary><see cref="ConditionalAdversarial"/> with entropy conditioning.</summary>
    public static DomainMethodKind CdanE { get; } = new(
        "cdan-e", "the same, where what is sure counts more",
        static setting => new ConditionalAdversarial(setting.Features, setting.Classes, seed: setting.Seed) { Strength = setting.StrengthOr(1) });

    /// <summary><see cref="DeepAdaptation"/>.</summary>
    public static DomainMethodKind Dan { get; } = new(
        "dan", "features and answers with the same means in the space of a kernel", static setting => new DeepAdaptation { Strength = setting.StrengthOr(1) });

    /// <summary><see cref="CorrelationAlignment"/>.</summary>
    public static DomainMethodKind Coral { get; } = new(
        "coral", "features that vary together alike", static setting => new CorrelationAlignment { Strength = setting.StrengthOr(1) });

    /// <summary><see cref="ClassifierDiscrepancy"/>.</summary>
    public static DomainMethodKind Mcd { get; } = new(
        "mcd", "features on which two classifiers agree", static setting => new ClassifierDiscrepancy(setting.Features, setting.Classes) { Strength = setting.StrengthOr(1) });

    /// <summary><see cref="DiscriminativeAdversarial"/>.</summary>
    public static DomainMethodKind Adda { get; } = new(
        "adda", "a trunk for the target whose features a discriminator takes for the source's",
        static setting => new DiscriminativeAdversarial(setting.Features) { Strength = setting.StrengthOr(1) });

    /// <summary><see cref="Graft.Transfer.PseudoLabels"/>.</summary>
    public static DomainMethodKind PseudoLabels { get; } = new(
        "pseudo-labels", "what the model is sure of is a label",
        static setting => new PseudoLabels { Strength = setting.StrengthOr(1), Threshold = setting.Threshold ?? new PseudoLabels().Threshold });

    /// <summary><see cref="Graft.Transfer.FixMatch"/>.</summary>
    public static DomainMethodKind FixMatch { get; } = new(
        "fixmatch", "the same, learnt on strong variations",
        static setting => new FixMatch { Strength = setting.StrengthOr(1), Threshold = setting.Threshold ?? new FixMatch().Threshold });

    /// <summary>Adaptive batch normalisation (AdaBN; Li et al. 2016): the statistics of batch norms are measured on the target, and nothing is learnt.</summary>
    public static DomainMethodKind AdaBn { get; } = new("adabn", "the batch norms' statistics are the target's; without a source", create: null) { NeedsSource = false };

    /// <summary><see cref="TestTimeEntropy"/>.</summary>
    public static DomainMethodKind Tent { get; } = new("tent", "norms that make the model sure of its answers; without a source", create: null) { NeedsSource = false };

    /// <summary>The source's labels alone, for a comparison.</summary>
    public static DomainMethodKind SourceOnly { get; } = new("source-only", "the source alone, for a comparison", create: null);

    /// <summary>The methods known by name.</summary>
    public static IReadOnlyList<DomainMethodKind> All { get; } = [Dann, Cdan, CdanE, Dan, Coral, Mcd, Adda, PseudoLabels, FixMatch, AdaBn, Tent, SourceOnly];

    /// <summary>Its name in recipes and on the command line: <c>dann</c>.</summary>
    public string Name { get; }

    /// <summary>What it is, in a few words.</summary>
    public string Summary { get; }

    /// <summary>Whether labelled examples of a source are learnt from beside the target.</summary>
    public bool NeedsSource { get; init; } = true;

    /// <summary>The method of a name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static DomainMethodKind Named(string name) => NearName.Pick(name, All, static kind => kind.Name, "method of adaptation");

    /// <summary>Makes it for a model; null where it has no loss beside the source's.</summary>
    /// <param name="setting">What it is made for.</param>
    public DomainMethod? Create(DomainSetting setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        return create?.Invoke(setting);
    }

    /// <summary>The name: <c>dann</c>.</summary>
    public override string ToString() => Name;
}

/// <summary>What a <see cref="DomainMethod"/> is made for.</summary>
/// <param name="Features">How many features go into the model's head.</param>
/// <param name="Classes">How many classes there are.</param>
/// <param name="Seed">The seed of what it draws.</param>
public sealed record DomainSetting(int Features, int Classes, ulong Seed)
{
    /// <summary>What its loss is multiplied by; null for its own.</summary>
    public double? Strength { get; init; }

    /// <summary>How sure an answer is that counts as a label; null for its own.</summary>
    public double? Threshold { get; init; }

    internal double StrengthOr(double usual) => Strength ?? usual;
}
