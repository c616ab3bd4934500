using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Graft.Tensors;

/// <summary>The micro-kernel where multiply-adds are emulated, four columns by four: sums stay doubles that hold
/// floats, so that a step converts neither them nor its operands back and forth. The bits are those of <see cref="EmulatedFma"/>.</summary>
internal static unsafe class EmulatedMicroKernel
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>The upper half of a double's bits where floats come to their end: what is as large may round to infinity.</summary>
    private const int UpperOfLargest = ((1023 + 128) << 20) - 1;

    /// <summary>Whether tiles of the lane are computed here.</summary>
    [MethodImpl(Inline)]
    public static bool Takes<S>() where S : unmanaged, IVectorLane<S> => S.Width == 4 && EmulatedFma.IsNeeded && Vector128.IsHardwareAccelerated;

    /// <summary>As <see cref="MicroKernel.Panel"/>, of the first <paramref name="wanted"/> of a tile's columns, a multiple of four.</summary>
    public static void Panel(
        float** rows, nint tiles, float* right, in DepthWalk walk, float* sums, int columns, int wanted, SumsBefore before)
    {
        for (nint row = 0; row < tiles * MicroKernel.Rows; row += 2)
            for (int column = 0; column < wanted; column += 4)
                TwoByFour(rows + row, right + column, walk, sums + row * columns + column, columns, before);
    }

    private static void TwoByFour(float** rows, float* right, in DepthWalk walk, float* sums, int columns, SumsBefore before)
    {
        float* a = rows[0], b = rows[1];
        nint step = walk.Step, rightStep = walk.RightStep, length = walk.Length;
        nint* starts = walk.Starts;
        for (nint chain = 0; chain < walk.Chains; chain++, before = SumsBefore.Add)
        {
            var (aLower, aUpper) = Vector128.Widen(before == SumsBefore.GoOn ? Vector128.Load(sums) : Vector128<float>.Zero);
            var (bLower, bUpper) = Vector128.Widen(before == SumsBefore.GoOn ? Vector128.Load(sums + columns) : Vector128<float>.Zero);
            for (nint stretch = 0; stretch < walk.Stretches; stretch++)
            {
                nint at = *starts++;
                for (nint k = 0; k < length; k++, at += step, right += rightStep)
                {
                    var four = Vector128.Load(right);
                    Vector128<double> lower = Vector128.WidenLower(four), upper = Vector128.WidenUpper(four);
                    MultiplyAdd(Vector128.Create((double)a[at]), lower, upper, ref aLower, ref aUpper);
                    MultiplyAdd(Vector128.Create((double)b[at]), lower, upper, ref bLower, ref bUpper);
                }
            }
            Vector128<float> first = Vector128.Narrow(aLower, aUpper), second = Vector128.Narrow(bLower, bUpper);
            if (before == SumsBefore.Add)
            {
                first += Vector128.Load(sums);
                second += Vector128.Load(sums + columns);
            }
            first.Store(sums);
            second.Store(sums + columns);
        }
    }

    /// <summary>Four sums a step on. Nearly always each is a normal float rounded from one side: then half of what is cut off is
    /// added and the rest cut. What is half-way, tiny, huge, zero or no number takes the long way.</summary>
    [MethodImpl(Inline)]
    private static void MultiplyAdd(
        Vector128<double> left, Vector128<double> rightLower, Vector128<double> rightUpper, ref Vector128<double> lower, ref Vector128<double> upper)
    {
        var productLower = left * rightLower;
        var productUpper = left * rightUpper;
        var sumLower = productLower + lower;
        var sumUpper = productUpper + upper;
        if (IsPlain(sumLower, sumUpper))
        {
            lower = Cut(sumLower);
            upper = Cut(sumUpper);
            return;
        }
        sumLower = EmulatedFma.RoundToOdd(productLower, lower, sumLower);
        sumUpper = EmulatedFma.RoundToOdd(productUpper, upper, sumUpper);
        (lower, upper) = Vector128.Widen(Vector128.Narrow(sumLower, sumUpper));
    }

    [MethodImpl(Inline)]
    private static bool IsPlain(Vector128<double> lower, Vector128<double> upper)
    {
        var (low, high) = EmulatedFma.Halves(lower, upper);
        var halfWay = Vector128.Equals(low & Vector128.Create(EmulatedFma.BitsBelow), Vector128.Create(EmulatedFma.HalfWay));
        // one signed comparison for both ends: the smallest normal number is moved to the least integer
        var moved = (high & Vector128.Create(int.MaxValue)) + Vector128.Create(int.MaxValue - EmulatedFma.UpperOfNormal + 1);
        var outside = Vector128.GreaterThan(moved, Vector128.Create(int.MinValue + (UpperOfLargest - EmulatedFma.UpperOfNormal - 1)));
        return (halfWay | outside).ExtractMostSignificantBits() == 0;
    }

    [MethodImpl(Inline)]
    private static Vector128<double> Cut(Vector128<double> sum) =>
        ((sum.AsInt64() + Vector128.Create((long)EmulatedFma.HalfWay)) & Vector128.Create(~(long)EmulatedFma.BitsBelow)).AsDouble();
}
