using System.Diagnostics;
using System.Runtime.InteropServices;
using Graft.Tensors;

namespace Graft.Benchmarks;

/// <summary>How fast this process streams through memory that no cache holds, in bytes a second as the STREAM benchmark counts
/// them: what the program reads and writes, without the lines that a store fetches first.</summary>
/// <param name="Copy">b[i] = a[i]: 8 bytes an element.</param>
/// <param name="Triad">c[i] = a[i] + factor * b[i]: 12 bytes an element.</param>
/// <param name="FirstTouch">The first write to memory fresh from the system: 4 bytes an element.</param>
internal sealed record MemoryRoof(double Copy, double Triad, double FirstTouch)
{
    /// <summary>Each array is 128 MiB: several times the last-level cache of most machines.</summary>
    private const int Elements = 32 << 20;

    private const int Samples = 6;

    public static unsafe MemoryRoof Measure(int threads)
    {
        using var workers = new Workers(threads, CpuDevice.WidestLanes);
        float* a = Fresh(), b = Fresh(), c = Fresh();
        try
        {
            // each array's first write is one sample of the first touch
            double touch = 0, copy = 0, triad = 0;
            foreach (nint at in (ReadOnlySpan<nint>)[(nint)a, (nint)b, (nint)c])
                touch = Math.Max(touch, 4.0 * Elements / Seconds(workers, new TouchKernel((float*)at)));
            for (int sample = 0; sample < Samples; sample++)
            {
                copy = Math.Max(copy, 8.0 * Elements / Seconds(workers, new CopyKernel(a, b)));
                triad = Math.Max(triad, 12.0 * Elements / Seconds(workers, new TriadKernel(a, b, c)));
            }
            return new MemoryRoof(copy, triad, touch);
        }
        finally
        {
            NativeMemory.AlignedFree(a);
            NativeMemory.AlignedFree(b);
            NativeMemory.AlignedFree(c);
        }
    }

    private static unsafe float* Fresh() => (float*)NativeMemory.AlignedAlloc(sizeof(float) * (nuint)Elements, 4096);

    private static double Seconds<TKernel>(Workers workers, in TKernel kernel) where TKernel : unmanaged, IRangeKernel
    {
        long started = Stopwatch.GetTimestamp();
        workers.Run(kernel, Elements);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}

/// <summary>a[i] = 1.</summary>
internal readonly unsafe struct TouchKernel(float* a) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint i = begin;
        for (; i + S.Width <= end; i += S.Width) S.Store(S.Splat(1f), a + i);
        for (; i < end; i++) a[i] = 1f;
    }
}

/// <summary>b[i] = a[i].</summary>
internal readonly unsafe struct CopyKernel(float* a, float* b) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint i = begin;
        for (; i + S.Width <= end; i += S.Width) S.Store(S.Load(a + i), b + i);
        for (; i < end; i++) b[i] = a[i];
    }
}

/// <summary>c[i] = a[i] + 3 * b[i].</summary>
internal readonly unsafe struct TriadKernel(float* a, float* b, float* c) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint i = begin;
        for (; i + S.Width <= end; i += S.Width) S.Store(S.FusedMultiplyAdd(S.Splat(3f), S.Load(b + i), S.Load(a + i)), c + i);
        for (; i < end; i++) c[i] = float.FusedMultiplyAdd(3f, b[i], a[i]);
    }
}
