using System.Diagnostics;
using Graft.Tensors;

namespace Graft.Benchmarks;

/// <summary>The most arithmetic that this process gets out of the processor: chains of fused multiply-adds that never touch
/// memory, on the widest lane, a multiply-add counting as two operations.</summary>
internal static unsafe class ArithmeticRoof
{
    private const int Rounds = 1_000_000;
    private const int Samples = 100;
    private const int PlacesPerThread = 16;

    /// <summary>The peak in FLOP/s on so many threads: the best of many short runs, since whatever disturbs one only slows it.</summary>
    public static double Measure(int threads)
    {
        using var workers = new Workers(threads, CpuDevice.WidestLanes);
        long operations = 2L * Width * ArithmeticKernel.Chains * Rounds * threads;
        // a place of its own for each thread's sums, so that nothing is optimised away and no line is shared
        var sums = new float[(threads + 1) * PlacesPerThread];
        double best = 0;
        fixed (float* at = sums)
        {
            var kernel = new ArithmeticKernel(Rounds, at, PlacesPerThread);
            for (int sample = 0; sample < Samples; sample++)
            {
                long started = Stopwatch.GetTimestamp();
                workers.Run(kernel, threads, Rounds);
                best = Math.Max(best, operations / Stopwatch.GetElapsedTime(started).TotalSeconds);
            }
        }
        return best;
    }

    private static int Width => CpuDevice.WidestLanes switch
    {
        LaneKind.Vector512 => Lane16.Width,
        LaneKind.Vector => LaneV.Width,
        _ => Lane1.Width,
    };
}

/// <summary>Twelve chains of dependent multiply-adds: more than two units of a latency of four can be starved by.</summary>
internal readonly unsafe struct ArithmeticKernel(int rounds, float* sums, int placesPerItem) : IRangeKernel
{
    public const int Chains = 12;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint item = begin; item < end; item++) S.Store(Multiply<S>(), sums + item * placesPerItem);
    }

    private S Multiply<S>() where S : unmanaged, IVectorLane<S>
    {
        // the factor stays below 1: the sums neither overflow nor sink into slow subnormal numbers
        S factor = S.Splat(0.999f), addend = S.Splat(0.001f);
        S a = addend, b = addend, c = addend, d = addend, e = addend, f = addend;
        S g = addend, h = addend, i = addend, j = addend, k = addend, l = addend;
        for (int round = 0; round < rounds; round++)
        {
            a = S.FusedMultiplyAdd(a, factor, addend);
            b = S.FusedMultiplyAdd(b, factor, addend);
            c = S.FusedMultiplyAdd(c, factor, addend);
            d = S.FusedMultiplyAdd(d, factor, addend);
            e = S.FusedMultiplyAdd(e, factor, addend);
            f = S.FusedMultiplyAdd(f, factor, addend);
            g = S.FusedMultiplyAdd(g, factor, addend);
            h = S.FusedMultiplyAdd(h, factor, addend);
            i = S.FusedMultiplyAdd(i, factor, addend);
            j = S.FusedMultiplyAdd(j, factor, addend);
            k = S.FusedMultiplyAdd(k, factor, addend);
            l = S.FusedMultiplyAdd(l, factor, addend);
        }
        return a + b + c + d + e + f + g + h + i + j + k + l;
    }
}
