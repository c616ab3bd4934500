using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Graft.Tensors;

/// <content>The tile of Arm's machines: 32 registers of four numbers.</content>
/// <remarks>The same sums as <see cref="Four"/>'s. A row's number stays where it was loaded to, a register's first element, by which a multiply-add can multiply: spread over a register
/// first, as lanes are, it would take a sixth of the vector units' time.</remarks>
internal static unsafe partial class MicroKernel
{
    /// <summary>6 rows by 4 vectors of 4: 24 sums of 32 registers.</summary>
    private static void FourOf128(float** rows, float* right, in DepthWalk walk, float* sums, SumsBefore before)
    {
        const int Width = 4, Row = 4 * Width;
        float* r0 = rows[0], r1 = rows[1], r2 = rows[2], r3 = rows[3], r4 = rows[4], r5 = rows[5];
        nint step = walk.Step, rightStep = walk.RightStep, length = walk.Length;
        nint* starts = walk.Starts;
        for (nint chain = 0; chain < walk.Chains; chain++, before = SumsBefore.Add)
        {
            var (c0A, c0B, c0C, c0D) = FirstFour<LaneV>(sums + 0 * Row, before);
            var (c1A, c1B, c1C, c1D) = FirstFour<LaneV>(sums + 1 * Row, before);
            var (c2A, c2B, c2C, c2D) = FirstFour<LaneV>(sums + 2 * Row, before);
            var (c3A, c3B, c3C, c3D) = FirstFour<LaneV>(sums + 3 * Row, before);
            var (c4A, c4B, c4C, c4D) = FirstFour<LaneV>(sums + 4 * Row, before);
            var (c5A, c5B, c5C, c5D) = FirstFour<LaneV>(sums + 5 * Row, before);
            for (nint stretch = 0; stretch < walk.Stretches; stretch++)
            {
                nint at = *starts++;
                for (nint k = 0; k < length; k++, at += step, right += rightStep)
                {
                    Vector128<float> a = Vector128.Load(right), b = Vector128.Load(right + Width), c = Vector128.Load(right + 2 * Width), d = Vector128.Load(right + 3 * Width);
                    MultiplyBy(r0 + at, a, b, c, d, ref c0A, ref c0B, ref c0C, ref c0D);
                    MultiplyBy(r1 + at, a, b, c, d, ref c1A, ref c1B, ref c1C, ref c1D);
                    MultiplyBy(r2 + at, a, b, c, d, ref c2A, ref c2B, ref c2C, ref c2D);
                    MultiplyBy(r3 + at, a, b, c, d, ref c3A, ref c3B, ref c3C, ref c3D);
                    MultiplyBy(r4 + at, a, b, c, d, ref c4A, ref c4B, ref c4C, ref c4D);
                    MultiplyBy(r5 + at, a, b, c, d, ref c5A, ref c5B, ref c5C, ref c5D);
                }
            }
            Write(c0A, c0B, c0C, c0D, sums + 0 * Row, before);
            Write(c1A, c1B, c1C, c1D, sums + 1 * Row, before);
            Write(c2A, c2B, c2C, c2D, sums + 2 * Row, before);
            Write(c3A, c3B, c3C, c3D, sums + 3 * Row, before);
            Write(c4A, c4B, c4C, c4D, sums + 4 * Row, before);
            Write(c5A, c5B, c5C, c5D, sums + 5 * Row, before);
        }
    }

    [MethodImpl(Inline)]
    private static void MultiplyBy(
        float* number, Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d, ref LaneV cA, ref LaneV cB, ref LaneV cC, ref LaneV cD)
    {
        var first = Vector128.CreateScalarUnsafe(*number);
        cA = Sum(cA, a, first);
        cB = Sum(cB, b, first);
        cC = Sum(cC, c, first);
        cD = Sum(cD, d, first);
    }

    [MethodImpl(Inline)]
    private static LaneV Sum(LaneV sum, Vector128<float> factor, Vector128<float> first) =>
        new(AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(sum.Value.AsVector128(), factor, first, 0).AsVector());
}
