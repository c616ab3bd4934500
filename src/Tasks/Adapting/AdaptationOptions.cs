using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A domain that a model is adapted to while it learns another one's labels. Nothing unless a method is chosen.</summary>
public sealed record AdaptationOptions
{
    /// <summary>How: one of <see cref="DomainMethodKind.All"/>; null for not at all.</summary>
    public DomainMethodKind? Method { get; init; }

    /// <summary>The pictures of the target: a folder with pictures in and below it, or a NumPy archive. Labels are not looked at.</summary>
    public string? Target { get; init; }

    /// <summary>The same as a dataset, which no recipe names; it counts before the path.</summary>
    public IImageDataset? Pictures { get; init; }

    /// <summary>What the method's loss is multiplied by; null for its own.</summary>
    public double? Strength { get; init; }

    /// <summary>How sure an answer is that counts as a label, in [0, 1); null for the method's own.</summary>
    public double? Threshold { get; init; }

    internal void Validate()
    {
        if (Method is null)
        {
            if (Target is not null || Pictures is not null || Strength is not null || Threshold is not null)
                throw new ArgumentException("a target, a strength and a threshold of adaptation need a method: choose one, or leave them out");
            return;
        }
        if (Target is null && Pictures is null) throw new ArgumentException($"{Method} adapts to pictures of a target: give some");
        if (Threshold is not null && Method != DomainMethodKind.PseudoLabels && Method != DomainMethodKind.FixMatch)
            throw new ArgumentException($"{Method} has no threshold of how sure an answer is: leave it out");
        if (Strength is not null && Method == DomainMethodKind.SourceOnly) throw new ArgumentException($"{Method} has no loss that a strength could multiply: leave it out");
    }
}
