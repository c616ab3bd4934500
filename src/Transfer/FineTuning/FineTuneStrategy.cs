using Graft.Models;

namespace Graft.Transfer;

/// <summary>What of a model learns when: the phases of a fine-tuning, by the name that recipes and command lines give them. A new one is a
/// row in <see cref="All"/>; one of the caller's is made here and set as <see cref="FineTuneOptions.Strategy"/>.</summary>
/// <remarks>Every strategy trains <see cref="StrategySetting.TotalEpochs"/>, and leaves alone what is below
/// <see cref="FineTuneOptions.FreezeBelow"/> or frozen by name. "The rate" is <see cref="FineTuneOptions.LearningRate"/>, the head's highest;
/// each phase is one cycle.</remarks>
public sealed class FineTuneStrategy
{
    // fastai's two cycles: the frozen one rises almost to its end, the unfrozen one starts at a fifth of the highest rate
    private const double HeadRisingShare = 0.99;
    private const double UnfrozenStartDivisor = 5;
    private const double AfterOthers = 0.5;

    // what fine_tune and fit_one_cycle have where nothing else is said
    private const double WarmDivisor = 25, FinalDivisor = 1e5, RisingShare = 0.3, StemDivisor = 100, HighMomentum = 0.95, LowMomentum = 0.85;

    private readonly Func<StrategySetting, IEnumerable<FineTunePhase>> phases;

    /// <summary>Describes a strategy.</summary>
    /// <param name="name">Its name in recipes.</param>
    /// <param name="summary">What it is, in a few words.</param>
    /// <param name="phases">Its phases, in order; at least one.</param>
    public FineTuneStrategy(string name, string summary, Func<StrategySetting, IEnumerable<FineTunePhase>> phases)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(phases);
        (Name, Summary, this.phases) = (name, summary, phases);
    }

    /// <summary>fastai's <c>fine_tune</c> (Howard and Gugger 2020): the head alone for the frozen epochs, then everything at half the rate,
    /// less by <see cref="FineTuneOptions.RateDecayPerStage"/> from stage to stage.</summary>
    public static FineTuneStrategy FineTune { get; } = new("fine-tune", "the head, then everything at half the rate", static setting =>
    [
        .. Part("head", setting.FrozenEpochs, setting.Head, setting.RateDecayPerStage, static steps => new OneCycle(steps, HeadRisingShare)),
        .. setting.FrozenEpochs > 0 ? Afterwards(setting, setting.Epochs, setting.RateDecayPerStage)
            : Part("all", setting.Epochs, setting.Stages, setting.RateDecayPerStage),
    ]);

    /// <summary>fastai's <c>fine_tune</c> to the step: as <see cref="FineTune"/>, with <c>fit_one_cycle</c>'s positions and ends of the cycles, momenta that
    /// go from 0.95 to 0.85 and back, and the stem at a hundredth of the head's rate (<c>lr_mult</c>), geometric between them. fastai's own optimiser is Adam.</summary>
    /// <remarks>fastai lets batch norms of frozen stages learn: <see cref="FineTuneOptions.FrozenNorm"/> of <see cref="FrozenNormPolicy.TrainAffine"/> comes near it.</remarks>
    public static FineTuneStrategy Fastai { get; } = new("fastai", "as fine-tune, with fastai's own cycles of rates and momenta", static setting =>
    [
        .. Fitted("head", setting.FrozenEpochs, setting.Head, 1, 1, HeadRisingShare, WarmDivisor),
        .. Fitted(
            "all", setting.Epochs, setting.Stages, AfterOthers, setting.Stages.Count == 1 ? 1 : Math.Pow(StemDivisor, 1.0 / (setting.Stages.Count - 1)), RisingShare,
            UnfrozenStartDivisor),
    ]);

    /// <summary>A linear probe (Alain and Bengio 2016): the head alone all the time, at the rate times
    /// <see cref="FineTuneOptions.HeadRateFactor"/>.</summary>
    public static FineTuneStrategy LinearProbe { get; } = new(
        "linear-probe", "the head alone", static setting => Part("head", setting.TotalEpochs, setting.Head, 1, factor: setting.HeadRateFactor));

    /// <summary>Plain fine-tuning: everything all the time, at one rate.</summary>
    public static FineTuneStrategy Full { get; } = new(
        "full", "everything at one rate", static setting => Part("all", setting.TotalEpochs, setting.Stages, 1));

    /// <summary>Discriminative fine-tuning (Howard and Ruder 2018): everything all the time, at a rate that is divided by
    /// <see cref="FineTuneOptions.RateDecayPerStage"/> from a stage to the one below.</summary>
    public static FineTuneStrategy Discriminative { get; } = new(
        "discriminative", "everything, lower stages slower", static setting => Part("all", setting.TotalEpochs, setting.Stages, setting.RateDecayPerStage));

    /// <summary>Gradual unfreezing (Howard and Ruder 2018): the head for an epoch at the rate times
    /// <see cref="FineTuneOptions.HeadRateFactor"/>, then with one stage more each epoch at the rate, and everything at half the rate for the
    /// rest. Where there are fewer epochs than stages, several are let go at a time.</summary>
    public static FineTuneStrategy GradualUnfreezing { get; } = new("gradual-unfreezing", "one stage more each epoch, from the head down", Unfreezing);

    /// <summary>Chain-thaw (Felbo et al. 2017): the head for an epoch at the rate times <see cref="FineTuneOptions.HeadRateFactor"/>, then
    /// each other stage alone for an epoch, from the stem up, and everything for the rest, both at half the rate. Where there are fewer epochs
    /// than that takes, neighbouring stages learn together.</summary>
    public static FineTuneStrategy ChainThaw { get; } = new("chain-thaw", "the head, each stage alone, then everything", Thawing);

    /// <summary>Linear probing, then fine-tuning (Kumar et al. 2022): the head alone at the rate times
    /// <see cref="FineTuneOptions.HeadRateFactor"/> for half of the epochs, the odd one included, so that its cycle ends; then everything at half
    /// the rate, one for all stages.</summary>
    public static FineTuneStrategy ProbeThenFull { get; } = new("lp-ft", "a linear probe, then everything at half the rate", static setting =>
    [
        .. Part("head", (setting.TotalEpochs + 1) / 2, setting.Head, 1, factor: setting.HeadRateFactor),
        .. Afterwards(setting, setting.TotalEpochs / 2, decay: 1),
    ]);

    /// <summary>The strategies known by name.</summary>
    public static IReadOnlyList<FineTuneStrategy> All { get; } = [FineTune, Fastai, LinearProbe, Full, Discriminative, GradualUnfreezing, ChainThaw, ProbeThenFull];

    /// <summary>Its name in recipes and on the command line: <c>fine-tune</c>, <c>linear-probe</c>.</summary>
    public string Name { get; }

    /// <summary>What it is, in a few words.</summary>
    public string Summary { get; }

    /// <summary>The strategy of a name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static FineTuneStrategy Named(string name) => NearName.Pick(name, All, static strategy => strategy.Name, "strategy");

    /// <summary>The phases of a fine-tuning, in order.</summary>
    /// <param name="setting">What they are made of.</param>
    /// <exception cref="ArgumentException">It has none, or one in which nothing is done.</exception>
    public IReadOnlyList<FineTunePhase> Phases(StrategySetting setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        if (setting.Stages.Count == 0) throw new ArgumentException("no stage may learn: there is nothing to plan", nameof(setting));
        FineTunePhase[] plan = [.. phases(setting)];
        if (plan.Length == 0) throw new ArgumentException($"{Name} has no phase for {setting.FrozenEpochs} and {setting.Epochs} epochs: ask for one epoch at least");
        foreach (var phase in plan) phase.Validate(Name);
        return plan;
    }

    /// <summary>The name: <c>fine-tune</c>.</summary>
    public override string ToString() => Name;

    private static FineTunePhase[] Unfreezing(StrategySetting setting)
    {
        int stages = setting.Stages.Count, total = setting.TotalEpochs;
        if (stages == 1 || total <= 1) return Part("all", total, setting.Stages, setting.RateDecayPerStage);
        int before = Math.Min(stages, total) - 1;
        var plan = new List<FineTunePhase>();
        for (int i = 1; i <= before; i++)
        {
            // spread evenly where the epochs are fewer than the stages
            int first = stages - (total >= stages ? i : 1 + (i - 1) * (stages - 1) / (total - 1));
            plan.AddRange(Part(
                i == 1 ? "head" : $"from {setting.Stages[first]}", 1, [.. setting.Stages.Skip(first)], setting.RateDecayPerStage,
                factor: i == 1 ? setting.HeadRateFactor : 1));
        }
        return [.. plan, .. Afterwards(setting, total - before, setting.RateDecayPerStage)];
    }

    private static FineTunePhase[] Thawing(StrategySetting setting)
    {
        int trunk = setting.Stages.Count - 1, total = setting.TotalEpochs;
        if (trunk == 0 || total <= 1) return Part("all", total, setting.Stages, 1);
        int alone = Math.Min(trunk, total - 2);
        var plan = new List<FineTunePhase>(Part("head", 1, setting.Head, 1, factor: setting.HeadRateFactor));
        for (int i = 0; i < alone; i++)
        {
            string[] stages = [.. setting.Stages.Take((i * trunk / alone)..((i + 1) * trunk / alone))];
            plan.AddRange(Part(stages.Length == 1 ? stages[0] : $"{stages[0]} to {stages[^1]}", 1, stages, 1, factor: AfterOthers));
        }
        return [.. plan, .. Afterwards(setting, total - 1 - alone, decay: 1)];
    }

    /// <summary>Everything, after other phases: fastai's half rate, from a fifth of it on.</summary>
    private static FineTunePhase[] Afterwards(StrategySetting setting, int epochs, double decay) => Part(
        "all", epochs, setting.Stages, decay, static steps => new OneCycle(steps) with { StartDivisor = UnfrozenStartDivisor }, AfterOthers);

    /// <summary>fastai's <c>fit_one_cycle</c>.</summary>
    private static FineTunePhase[] Fitted(
        string name, int epochs, IReadOnlyList<string> stages, double factor, double decay, double risingShare, double startDivisor) => epochs == 0 ? [] :
        [
            new FineTunePhase
            {
                Name = name, Epochs = epochs, Stages = stages, RateFactor = factor, RateDecayPerStage = decay,
                Schedule = _ => Schedule.CosineCycle(risingShare, 1 / startDivisor, 1, 1 / FinalDivisor),
                Momentum = _ => Schedule.CosineCycle(risingShare, HighMomentum, LowMomentum, HighMomentum),
            },
        ];

    private static FineTunePhase[] Part(
        string name, int epochs, IReadOnlyList<string> stages, double decay, Func<int, ISchedule>? schedule = null, double factor = 1) => epochs == 0 ? [] :
        [
            new FineTunePhase
            {
                Name = name, Epochs = epochs, Stages = stages, RateFactor = factor, RateDecayPerStage = decay,
                Schedule = schedule ?? (static steps => new OneCycle(steps)),
            },
        ];
}
