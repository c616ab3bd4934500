using System.Diagnostics.CodeAnalysis;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Makes a shape of lengths that come from a file, whatever they are.</summary>
internal static class StoredShape
{
    // So that the bytes of any element type are counted without overflow.
    private const long MostElements = long.MaxValue / sizeof(long);

    public static bool TryMake(ReadOnlySpan<long> lengths, out Shape shape, [NotNullWhen(false)] out string? problem)
    {
        shape = default;
        problem = null;
        if (lengths.Length > Shape.MaximumRank)
        {
            problem = $"has {lengths.Length} axes, more than the {Shape.MaximumRank} that a tensor can have";
            return false;
        }
        Span<int> checkedLengths = stackalloc int[lengths.Length];
        Int128 count = 1;
        for (int axis = 0; axis < lengths.Length; axis++)
        {
            if (lengths[axis] is < 0 or > int.MaxValue)
            {
                problem = $"has the impossible length {lengths[axis]} on axis {axis}";
                return false;
            }
            checkedLengths[axis] = (int)lengths[axis];
            // An empty axis does not excuse the others: their product must not overflow on the way either.
            count *= Math.Max(1, lengths[axis]);
            if (count > MostElements)
            {
                problem = $"claims more elements than any file can hold: [{string.Join(", ", lengths.ToArray())}]";
                return false;
            }
        }
        shape = new Shape(checkedLengths);
        return true;
    }
}
