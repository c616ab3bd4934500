using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>One way to learn a task, as a transfer is compared: what it begins with, and by which strategy it learns. All arms have the recipe's epochs, steps, seeds and
/// order.</summary>
/// <param name="Name">Its name on a command line.</param>
/// <param name="Description">What it does, in a few words.</param>
/// <param name="Strategy">How it learns; null for the recipe's own way.</param>
/// <param name="IsFromScratch">Whether it begins with random weights.</param>
public sealed record TransferArm(string Name, string Description, FineTuneStrategy? Strategy, bool IsFromScratch = false)
{
    /// <summary>Random weights, one rate for all stages.</summary>
    public static TransferArm Scratch { get; } = new("scratch", "random weights, everything at one rate", FineTuneStrategy.Full, IsFromScratch: true);

    /// <summary>The published trunk as it is; the head alone learns.</summary>
    public static TransferArm LinearProbe { get; } = Of(FineTuneStrategy.LinearProbe);

    /// <summary>The chosen recipe.</summary>
    public static TransferArm Chosen { get; } = new("recipe", "published weights, the chosen recipe", null);

    /// <summary>The chosen recipe without the domain that it adapts to: what <see cref="TransferReport.Adaptation"/> compares with.</summary>
    public static TransferArm SourceOnly { get; } = new("source-only", "published weights, the chosen recipe without the target", null);

    /// <summary>Everything learns at one rate from the first step.</summary>
    public static TransferArm Full { get; } = Of(FineTuneStrategy.Full);

    /// <summary>The arms where none are named.</summary>
    public static IReadOnlyList<TransferArm> Usual { get; } = [Scratch, LinearProbe, Chosen, Full];

    /// <summary>The arms known by name: the usual ones, and one for each strategy.</summary>
    public static IReadOnlyList<TransferArm> All { get; } =
    [
        Scratch, Chosen, SourceOnly, LinearProbe, Full,
        .. FineTuneStrategy.All.Where(static strategy => strategy != FineTuneStrategy.LinearProbe && strategy != FineTuneStrategy.Full).Select(Of),
    ];

    /// <summary>Published weights by a strategy.</summary>
    /// <param name="strategy">The strategy.</param>
    public static TransferArm Of(FineTuneStrategy strategy)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        return new TransferArm(strategy.Name, $"published weights, {strategy.Summary}", strategy);
    }

    /// <summary>The arm of a name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static TransferArm Named(string name) => NearName.Pick(name, All, static arm => arm.Name, "arm");

    /// <summary>The recipe with this arm's way.</summary>
    internal FineTuneOptions On(FineTuneOptions recipe) => Strategy is null ? recipe
        : recipe with { Strategy = Strategy, FreezeBelow = null, Adapter = new(), RateDecayPerStage = IsFromScratch ? 1 : recipe.RateDecayPerStage };
}
