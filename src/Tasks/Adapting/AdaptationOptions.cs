using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A domain that a model is adapted to while it learns another one's labels. Nothing unless a method is chosen.</summary>
public sealed record AdaptationOptions
{
    /// <summary>How: one of <see cref="DomainMethodKind.All"/>; null for not at all.</summary>
    public DomainMethodKind? Method { get; init; }

    /// <summary>The examples of the target: a folder with pictures in and below it or a NumPy archive; of texts a file with the column of those that are learnt from, or with a
    /// text in each line. Labels are not looked at.</summary>
    public string? Target { get; init; }

    /// <summary>The same as a dataset, which no recipe names; it counts before the path.</summary>
    public IImageDataset? Pictures { get; init; }

    /// <summary>The same as texts.</summary>
    public IReadOnlyList<TextExample>? Texts { get; init; }

    private bool HasTarget => Target is not null || Pictures is not null || Texts is not null;

    /// <summary>What the method's loss is multiplied by; null for its own.</summary>
    public double? Strength { get; init; }

    /// <summary>How sure an answer is that counts as a label, in [0, 1); null for the method's own.</summary>
    public double? Threshold { get; init; }

    internal void Validate()
    {
        if (Method is null)
        {
            if (HasTarget || Strength is not null || Threshold is not null)
                throw new ArgumentException("a target, a strength and a threshold of adaptation need a method: choose one, or leave them out");
            return;
        }
        if (!HasTarget) throw new ArgumentException($"{Method} adapts to examples of a target: give some");
        if (Threshold is not null && Method != DomainMethodKind.PseudoLabels && Method != DomainMethodKind.FixMatch)
            throw new ArgumentException($"{Method} has no threshold of how sure an answer is: leave it out");
        if (Strength is not null && Method == DomainMethodKind.SourceOnly) throw new ArgumentException($"{Method} has no loss that a strength could multiply: leave it out");
    }
}
