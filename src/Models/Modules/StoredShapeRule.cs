namespace Graft.Models;

/// <summary>How a parameter takes values that a file has in another shape, where a load allows it.</summary>
internal abstract class StoredShapeRule
{
    /// <summary>What the receipt calls it.</summary>
    public abstract string Name { get; }

    /// <summary>Whether it takes values of a shape.</summary>
    public abstract bool Takes(IReadOnlyList<long> lengths);

    /// <summary>Makes the parameter's values.</summary>
    /// <param name="source">Values of a shape that it takes, row-major.</param>
    /// <param name="values">Receives the parameter's.</param>
    public abstract void Convert(ReadOnlySpan<float> source, Span<float> values);
}
