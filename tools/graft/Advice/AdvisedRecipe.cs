using System.Globalization;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>A recipe that is tried: depth, rate and strategy.</summary>
/// <param name="Strategy">What learns when.</param>
/// <param name="FreezeBelow">The first stage that learns; null for all.</param>
/// <param name="RateFactor">Times the usual rate.</param>
/// <param name="RateDecay">What the rate is divided by from a stage to the one below.</param>
internal sealed record AdvisedRecipe(FineTuneStrategy Strategy, string? FreezeBelow, double RateFactor, double RateDecay)
{
    private static readonly double[] Factors = [1, 1.0 / 3, 3];

    /// <summary>The recipes that are tried, the proposed one first: it, a linear probe, a probe before everything and fastai's way, each at three rates.</summary>
    public static IReadOnlyList<AdvisedRecipe> Around(AdvisedRecipe proposed, string head)
    {
        AdvisedRecipe[] kinds =
        [
            proposed, proposed with { Strategy = FineTuneStrategy.LinearProbe, FreezeBelow = head }, proposed with { Strategy = FineTuneStrategy.ProbeThenFull, FreezeBelow = null },
            proposed with { Strategy = FineTuneStrategy.FineTune, FreezeBelow = null },
        ];
        return [.. Factors.SelectMany(factor => kinds.Select(kind => kind with { RateFactor = factor })).Distinct()];
    }

    public FineTuneOptions On(FineTuneOptions options, int epochs, double rate, ulong seed) => options with
    {
        Strategy = Strategy,
        FreezeBelow = FreezeBelow,
        LearningRate = rate * RateFactor,
        RateDecayPerStage = RateDecay,
        Epochs = epochs,
        Seed = seed,
    };

    /// <summary>As options of the command line.</summary>
    public string Line(double rate) => string.Create(CultureInfo.InvariantCulture,
        $" --strategy {Strategy.Name}{(FreezeBelow is null ? "" : $" --freeze-below {FreezeBelow}")} --learning-rate {rate * RateFactor:0.######} --rate-decay {RateDecay:0.##}");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Strategy.Name}{(FreezeBelow is null ? "" : $" from {FreezeBelow}")}, rate x {RateFactor:0.##}");
}
