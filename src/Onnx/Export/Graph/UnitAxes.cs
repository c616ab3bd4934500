using Graft.Tensors;

namespace Graft.Onnx.Export;

/// <summary>The axes of length 1 by which two shapes differ.</summary>
/// <param name="Removed">Those of the first that the second has not.</param>
/// <param name="Middle">The first shape without them.</param>
/// <param name="Added">Those of the second that the first has not.</param>
internal sealed record UnitAxes(long[] Removed, Shape Middle, long[] Added)
{
    /// <summary>The axes; null where the shapes differ in more.</summary>
    public static UnitAxes? Between(Shape from, Shape to)
    {
        List<long> removed = [], added = [];
        List<int> middle = [];
        int left = 0, right = 0;
        while (left < from.Rank || right < to.Rank)
        {
            if (left < from.Rank && right < to.Rank && from[left] == to[right])
            {
                middle.Add(from[left++]);
                right++;
            }
            else if (left < from.Rank && from[left] == 1)
            {
                removed.Add(left++);
            }
            else if (right < to.Rank && to[right] == 1)
            {
                added.Add(right++);
            }
            else
            {
                return null;
            }
        }
        return new UnitAxes([.. removed], new Shape([.. middle]), [.. added]);
    }
}
