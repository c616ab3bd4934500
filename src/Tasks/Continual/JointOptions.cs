namespace Graft.Tasks;

/// <summary>Another task that is learnt in the same steps by the same trunk, with a head of its own (Caruana 1997). Nothing unless its pictures are named.</summary>
public sealed record JointOptions
{
    /// <summary>Its pictures, of classes of its own: a folder with a sub-folder a class, or a NumPy archive.</summary>
    public string? Data { get; init; }

    /// <summary>The same as pictures, which no recipe names; it counts before the path.</summary>
    public LabelledImages? Pictures { get; init; }

    /// <summary>What its loss is multiplied by, above 0; 1 unless it is given.</summary>
    public double? Weight { get; init; }

    internal bool IsAsked => Data is not null || Pictures is not null;

    internal void Validate()
    {
        if (!IsAsked && Weight is not null) throw new ArgumentException("a weight of another task goes with its pictures: give those, or leave it out");
    }
}
