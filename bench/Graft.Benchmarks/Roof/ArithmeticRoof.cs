using System.Diagnostics;
using Graft.Tensors;

namespace Graft.Benchmarks;

/// <summary>The most arithmetic that this process gets out of the processor: chains of fused multiply-adds that hardly touch
/// memory, on the widest lane, a multiply-add counting as two operations.</summary>
public static class ArithmeticRoof
{
    private const int Rounds = 4096;
    private const int Samples = 50;

    /// <summary>Enough for every thread to have a share of its own, and little enough for the first-level cache.</summary>
    private const int ElementsPerThread = 32 * 1024;

    /// <summary>The peak in FLOP/s on so many threads: the best of many short runs, since whatever disturbs one only slows it.</summary>
    public static double Measure(int threads)
    {
        using var device = new CpuDevice(threads);
        using var numbers = device.Rent<float>([threads * ElementsPerThread]);
        device.Fill(numbers, 0.001f);
        double operations = 2.0 * MultiplyChains.Chains * Rounds * numbers.ElementCount, best = 0;
        for (int sample = 0; sample < Samples; sample++)
        {
            long started = Stopwatch.GetTimestamp();
            device.Map(new MultiplyChains(Rounds), numbers, numbers);
            best = Math.Max(best, operations / Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        return best;
    }
}

/// <summary>Twelve chains of dependent multiply-adds an element: more than two units of a latency of four can be starved by.</summary>
public readonly struct MultiplyChains(int rounds) : IUnaryOp
{
    public const int Chains = 12;

    public static Saves Saves => Saves.Nothing;

    public S Forward<S>(S x) where S : unmanaged, ILane<S>
    {
        // the factor stays below 1: the sums neither overflow nor sink into slow subnormal numbers
        S factor = S.Splat(0.999f), addend = S.Splat(0.001f);
        S a = x, b = x, c = x, d = x, e = x, f = x;
        S g = x, h = x, i = x, j = x, k = x, l = x;
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
        return (a + b + c + d + e + f + g + h + i + j + k + l) * S.Splat(1f / Chains);
    }

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(0f);
}
