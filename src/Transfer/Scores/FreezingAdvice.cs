namespace Graft.Transfer;

/// <summary>A proposal of what to freeze and how fast to learn, by the scores of a trunk's stages.</summary>
/// <remarks>The rule. The best stage is the lowest whose probe is within one standard error of the best probe: what stands above it adds nothing that the target
/// shows. With fewer than 20 examples a class it and what is below it keep their weights; with fewer than 200 what is below it; with more nothing is frozen. Where
/// the best stage is the trunk's last, lower stages suit too and learn slowly (2.6 times slower from stage to stage, Howard and Ruder 2018); where it is
/// lower, the stages above it have to change and rates fall by 1.5 only.</remarks>
/// <param name="BestStage">The best stage.</param>
/// <param name="FreezeBelow">The first stage that learns; null where all do.</param>
/// <param name="Strategy">What learns when: a linear probe where the head is all that learns, else a probe and then everything that may learn, or fastai's way where nothing is
/// frozen.</param>
/// <param name="RateDecayPerStage">What the rate is divided by from a stage to the one below it.</param>
/// <param name="Reason">Why, in a sentence.</param>
public sealed record FreezingAdvice(string BestStage, string? FreezeBelow, FineTuneStrategy Strategy, double RateDecayPerStage, string Reason)
{
    private const int Few = 20, Many = 200;
    private const double SlowBelow = 2.6, FastAbove = 1.5;

    /// <summary>Proposes by the rule above.</summary>
    /// <param name="trunk">The scores of the trunk's stages, stem first.</param>
    /// <param name="head">The name of the stage behind them.</param>
    /// <param name="examples">How many examples there will be to learn from.</param>
    /// <param name="classes">How many classes they are of.</param>
    /// <exception cref="ArgumentException">There is no stage.</exception>
    public static FreezingAdvice Of(IReadOnlyList<StageScore> trunk, string head, int examples, int classes)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        if (trunk.Count == 0) throw new ArgumentException("there is no stage below the head: there is nothing to freeze", nameof(trunk));
        double most = trunk.Max(static score => score.Probe.Accuracy), error = Math.Sqrt(most * (1 - most) / Math.Max(1, examples));
        int best = trunk.Index().First(score => score.Item.Probe.Accuracy >= most - error).Index;
        bool isLast = best == trunk.Count - 1;
        double perClass = (double)examples / classes;
        string? below = perClass < Few ? isLast ? head : trunk[best + 1].Stage : perClass < Many && best > 0 ? trunk[best].Stage : null;
        var strategy = below == head ? FineTuneStrategy.LinearProbe : below is null ? FineTuneStrategy.FineTune : FineTuneStrategy.ProbeThenFull;
        string few = FormattableString.Invariant($"{perClass:0.#} examples a class are {(perClass < Few ? "few" : perClass < Many ? "some" : "many")}");
        string where = isLast ? $"the trunk's last stage, {trunk[best].Stage}, suits best" : $"{trunk[best].Stage} suits as well as anything above it";
        string what = below is null ? "everything may learn" : below == head ? "the head alone learns" : $"{below} and what is above it learn";
        return new FreezingAdvice(trunk[best].Stage, below, strategy, isLast ? SlowBelow : FastAbove, $"{where}, and {few}: {what}");
    }
}
