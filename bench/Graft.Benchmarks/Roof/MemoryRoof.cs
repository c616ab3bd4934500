using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

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
        float* a = Fresh(), b = Fresh(), c = Fresh();
        try
        {
            // each array's first write is one sample of the first touch
            double touch = 0, copy = 0, triad = 0;
            foreach (nint at in (ReadOnlySpan<nint>)[(nint)a, (nint)b, (nint)c])
                touch = Math.Max(touch, 4.0 * Elements / Seconds(threads, (begin, end) => WriteOnes((float*)at, begin, end)));
            for (int sample = 0; sample < Samples; sample++)
            {
                copy = Math.Max(copy, 8.0 * Elements / Seconds(threads, (begin, end) => CopyNumbers(a, b, begin, end)));
                triad = Math.Max(triad, 12.0 * Elements / Seconds(threads, (begin, end) => AddScaled(a, b, c, begin, end)));
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

    /// <summary>How long so many threads take for a share of the elements each, all ready when the clock starts.</summary>
    private static double Seconds(int threads, Action<int, int> work)
    {
        using var ready = new Barrier(threads);
        var others = new Thread[threads - 1];
        for (int i = 0; i < others.Length; i++)
        {
            int share = i + 1;
            others[i] = new Thread(() => Share(share));
            others[i].Start();
        }
        ready.SignalAndWait();
        long started = Stopwatch.GetTimestamp();
        work(0, End(0));
        foreach (var other in others) other.Join();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;

        void Share(int share)
        {
            ready.SignalAndWait();
            work(End(share - 1), End(share));
        }

        // whole cache lines, so that no two threads write to one
        int End(int share) => share == threads - 1 ? Elements : Elements / threads * (share + 1) / 16 * 16;
    }

    /// <summary>a[i] = 1.</summary>
    private static unsafe void WriteOnes(float* a, int begin, int end)
    {
        for (int i = begin; i < end; i += Vector<float>.Count) Vector.Store(Vector<float>.One, a + i);
    }

    /// <summary>b[i] = a[i].</summary>
    private static unsafe void CopyNumbers(float* a, float* b, int begin, int end)
    {
        for (int i = begin; i < end; i += Vector<float>.Count) Vector.Store(Vector.Load(a + i), b + i);
    }

    /// <summary>c[i] = a[i] + 3 * b[i].</summary>
    private static unsafe void AddScaled(float* a, float* b, float* c, int begin, int end)
    {
        var factor = Vector.Create(3f);
        for (int i = begin; i < end; i += Vector<float>.Count)
            Vector.Store(Vector.FusedMultiplyAdd(factor, Vector.Load(b + i), Vector.Load(a + i)), c + i);
    }
}
