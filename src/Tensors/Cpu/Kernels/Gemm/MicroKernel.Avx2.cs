using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors;

/// <content>The tile of machines with AVX2, of which most laptops are.</content>
/// <remarks>The same sums as <see cref="Two"/>'s, written in the machine's own vectors: of those of a lane the compiler copies every second one from register to register at each
/// step, and machines that take four instructions at a time then have no room for the multiply-adds.</remarks>
internal static unsafe partial class MicroKernel
{
    /// <summary>6 rows by 2 vectors of 8: 12 sums of 16 registers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TwoOf256(float** rows, float* right, float* ahead, in DepthWalk walk, float* sums, SumsBefore before)
    {
        const int Width = 8, Row = 2 * Width;
        float* r0 = rows[0], r1 = rows[1], r2 = rows[2], r3 = rows[3], r4 = rows[4], r5 = rows[5];
        nint step = walk.Step, rightStep = walk.RightStep, length = walk.Length;
        nint* starts = walk.Starts;
        for (nint chain = 0; chain < walk.Chains; chain++, before = SumsBefore.Add)
        {
            Vector256<float> c0A = First(sums + 0 * Row, before), c0B = First(sums + 0 * Row + Width, before);
            Vector256<float> c1A = First(sums + 1 * Row, before), c1B = First(sums + 1 * Row + Width, before);
            Vector256<float> c2A = First(sums + 2 * Row, before), c2B = First(sums + 2 * Row + Width, before);
            Vector256<float> c3A = First(sums + 3 * Row, before), c3B = First(sums + 3 * Row + Width, before);
            Vector256<float> c4A = First(sums + 4 * Row, before), c4B = First(sums + 4 * Row + Width, before);
            Vector256<float> c5A = First(sums + 5 * Row, before), c5B = First(sums + 5 * Row + Width, before);
            for (nint stretch = 0; stretch < walk.Stretches; stretch++)
            {
                nint at = *starts++;
                for (nint k = 0; k < length; k++, at += step, right += rightStep, ahead += CacheLine)
                {
                    Sse.Prefetch1(ahead);
                    Vector256<float> a = Vector256.Load(right), b = Vector256.Load(right + Width), spread;
                    spread = Vector256.Create(r0[at]);
                    c0A = Fma.MultiplyAdd(spread, a, c0A);
                    c0B = Fma.MultiplyAdd(spread, b, c0B);
                    spread = Vector256.Create(r1[at]);
                    c1A = Fma.MultiplyAdd(spread, a, c1A);
                    c1B = Fma.MultiplyAdd(spread, b, c1B);
                    spread = Vector256.Create(r2[at]);
                    c2A = Fma.MultiplyAdd(spread, a, c2A);
                    c2B = Fma.MultiplyAdd(spread, b, c2B);
                    spread = Vector256.Create(r3[at]);
                    c3A = Fma.MultiplyAdd(spread, a, c3A);
                    c3B = Fma.MultiplyAdd(spread, b, c3B);
                    spread = Vector256.Create(r4[at]);
                    c4A = Fma.MultiplyAdd(spread, a, c4A);
                    c4B = Fma.MultiplyAdd(spread, b, c4B);
                    spread = Vector256.Create(r5[at]);
                    c5A = Fma.MultiplyAdd(spread, a, c5A);
                    c5B = Fma.MultiplyAdd(spread, b, c5B);
                }
            }
            Write(c0A, c0B, sums + 0 * Row, before);
            Write(c1A, c1B, sums + 1 * Row, before);
            Write(c2A, c2B, sums + 2 * Row, before);
            Write(c3A, c3B, sums + 3 * Row, before);
            Write(c4A, c4B, sums + 4 * Row, before);
            Write(c5A, c5B, sums + 5 * Row, before);
        }
    }

    [MethodImpl(Inline)]
    private static Vector256<float> First(float* at, SumsBefore before) => before == SumsBefore.GoOn ? Vector256.Load(at) : Vector256<float>.Zero;

    [MethodImpl(Inline)]
    private static void Write(Vector256<float> a, Vector256<float> b, float* at, SumsBefore before)
    {
        (before == SumsBefore.Add ? a + Vector256.Load(at) : a).Store(at);
        (before == SumsBefore.Add ? b + Vector256.Load(at + Vector256<float>.Count) : b).Store(at + Vector256<float>.Count);
    }
}
