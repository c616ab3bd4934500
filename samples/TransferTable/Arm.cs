using Graft.Transfer;

namespace Graft.Samples.TransferTable;

/// <summary>A way of learning, in a case's usual recipe with as many epochs and the seed.</summary>
/// <param name="Name">Its name in the results and on the command line.</param>
/// <param name="Title">Its row in the table.</param>
/// <param name="Change">What it makes of the recipe.</param>
internal sealed record Arm(string Name, string Title, Func<FineTuneOptions, FineTuneOptions> Change)
{
    /// <summary>The arms, in the table's order; a new one is a row.</summary>
    public static IReadOnlyList<Arm> All { get; } =
    [
        new("scratch", "from scratch", recipe => recipe with { Strategy = FineTuneStrategy.Full }) { FromScratch = true },
        new("linear-probe", "linear probe", recipe => recipe with { Strategy = FineTuneStrategy.LinearProbe }),
        new("full", "full", recipe => recipe with { Strategy = FineTuneStrategy.Full }),
        new("discriminative", "full, discriminative rates", recipe => recipe with { Strategy = FineTuneStrategy.Discriminative }),
        new("gradual-unfreezing", "gradual unfreezing", recipe => recipe with { Strategy = FineTuneStrategy.GradualUnfreezing }),
        new("l2-sp", "full, L2-SP 0.1", recipe => recipe with { Strategy = FineTuneStrategy.Full, Regularisation = new() { StartPenalty = 0.1 } }),
        new("lora", "LoRA of rank 8", recipe => recipe with { Strategy = FineTuneStrategy.Full, Adapter = new() { Kind = AdapterKind.Lora } }),
        new("lp-ft", "linear probe, then full", recipe => recipe with { Strategy = FineTuneStrategy.ProbeThenFull }),
        new("recipe", "the whole recipe", recipe => recipe),
    ];

    /// <summary>Whether it begins with random weights.</summary>
    public bool FromScratch { get; init; }

    /// <summary>The arm of a name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static Arm Find(string name) => All.FirstOrDefault(arm => arm.Name == name)
        ?? throw new ArgumentException($"there is no arm '{name}'; there are {string.Join(", ", All.Select(arm => arm.Name))}");
}
