using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>Axes as users name them: from 0, or from the last with -1, -2 ...</summary>
internal static class Axes
{
    /// <summary>Every axis of a shape.</summary>
    public static ReadOnlySpan<int> All => [0, 1, 2, 3, 4, 5, 6, 7];

    /// <summary>The index of an axis from 0.</summary>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public static int Resolve(int axis, Shape shape, string operation) => Resolve(axis, shape.Rank, shape, operation);

    /// <summary>As the other, where the axis is one of <paramref name="rank"/>: the result's, which may have more or fewer.</summary>
    public static int Resolve(int axis, int rank, Shape shape, string operation)
    {
        int resolved = axis < 0 ? axis + rank : axis;
        if ((uint)resolved >= (uint)rank)
            ShapeException.Throw(operation, $"{shape} over axis {axis}", rank == 0 ? "there are no axes" : $"the axes are {-rank} ... {rank - 1}");
        return resolved;
    }
}
