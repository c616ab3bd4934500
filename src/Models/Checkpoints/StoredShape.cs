using Graft.Tensors;

namespace Graft.Models;

/// <summary>Makes a shape of lengths that come from a file, whatever they are.</summary>
public static class StoredShape
{
    // So that the bytes of any element type are counted without overflow.
    private const long MostElements = long.MaxValue / sizeof(long);

    /// <summary>What is wrong with lengths; null for nothing. More axes than a tensor can have are no mistake of the file's.</summary>
    public static string? Problem(ReadOnlySpan<long> lengths)
    {
        Int128 count = 1;
        for (int axis = 0; axis < lengths.Length; axis++)
        {
            if (lengths[axis] is < 0 or > int.MaxValue) return $"has the impossible length {lengths[axis]} on axis {axis}";
            // An empty axis does not excuse the others: the partial products must not overflow either.
            count *= Math.Max(1, lengths[axis]);
            if (count > MostElements) return $"claims more elements than any file can hold: [{string.Join(", ", lengths.ToArray())}]";
        }
        return null;
    }

    /// <summary>Why lengths without a problem still make no shape; null where they do.</summary>
    public static string? TooManyAxes(ReadOnlySpan<long> lengths) => lengths.Length > Shape.MaximumRank
        ? $"with {lengths.Length} axes, more than the {Shape.MaximumRank} that a tensor can have here"
        : null;

    /// <summary>The shape of lengths without a problem; of too many axes all elements on one.</summary>
    public static Shape Of(ReadOnlySpan<long> lengths)
    {
        if (TooManyAxes(lengths) is not null)
        {
            long count = 1;
            foreach (long length in lengths) count *= length;
            return new Shape([(int)Math.Min(count, int.MaxValue)]);
        }
        Span<int> axes = stackalloc int[lengths.Length];
        for (int axis = 0; axis < lengths.Length; axis++) axes[axis] = (int)lengths[axis];
        return new Shape(axes);
    }
}
