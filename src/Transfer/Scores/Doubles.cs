using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Graft.Transfer;

/// <summary>Sums over rows of doubles, in eight lanes on every machine, so that the bits are the same on all.</summary>
internal static class Doubles
{
    /// <summary>The inner product.</summary>
    public static double Dot(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        ref double a = ref MemoryMarshal.GetReference(left), b = ref MemoryMarshal.GetReference(right[..left.Length]);
        var lanes = Vector512<double>.Zero;
        int at = 0;
        for (; at <= left.Length - Vector512<double>.Count; at += Vector512<double>.Count) lanes += Vector512.LoadUnsafe(ref a, (nuint)at) * Vector512.LoadUnsafe(ref b, (nuint)at);
        double sum = 0;
        for (int lane = 0; lane < Vector512<double>.Count; lane++) sum += lanes[lane];
        for (; at < left.Length; at++) sum += left[at] * right[at];
        return sum;
    }

    /// <summary>Adds a multiple of one row to another.</summary>
    public static void AddScaled(double factor, ReadOnlySpan<double> row, Span<double> sums)
    {
        ref double a = ref MemoryMarshal.GetReference(row), b = ref MemoryMarshal.GetReference(sums[..row.Length]);
        var scale = Vector512.Create(factor);
        int at = 0;
        for (; at <= row.Length - Vector512<double>.Count; at += Vector512<double>.Count)
            (Vector512.LoadUnsafe(ref b, (nuint)at) + scale * Vector512.LoadUnsafe(ref a, (nuint)at)).StoreUnsafe(ref b, (nuint)at);
        for (; at < row.Length; at++) sums[at] += factor * row[at];
    }

    /// <summary>The norm.</summary>
    public static double Norm(ReadOnlySpan<double> row) => Math.Sqrt(Dot(row, row));
}
