using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Graft.Text;

/// <summary>Sums and updates of word vectors, eight numbers at a time on every machine, so that a seed gives the same bits on each.</summary>
internal static class WordMath
{
    public static float Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        ref float one = ref MemoryMarshal.GetReference(left), other = ref MemoryMarshal.GetReference(right);
        int whole = left.Length & ~7, at = 0;
        var sums = Vector256<float>.Zero;
        for (; at < whole; at += 8) sums += Vector256.LoadUnsafe(ref one, (nuint)at) * Vector256.LoadUnsafe(ref other, (nuint)at);
        var half = sums.GetLower() + sums.GetUpper();
        float sum = half.GetElement(0) + half.GetElement(1) + (half.GetElement(2) + half.GetElement(3));
        for (; at < left.Length; at++) sum += left[at] * right[at];
        return sum;
    }

    /// <summary>destination += scale x source.</summary>
    public static void Add(Span<float> destination, float scale, ReadOnlySpan<float> source)
    {
        ref float target = ref MemoryMarshal.GetReference(destination), from = ref MemoryMarshal.GetReference(source);
        int whole = destination.Length & ~7, at = 0;
        var scales = Vector256.Create(scale);
        for (; at < whole; at += 8) (Vector256.LoadUnsafe(ref target, (nuint)at) + scales * Vector256.LoadUnsafe(ref from, (nuint)at)).StoreUnsafe(ref target, (nuint)at);
        for (; at < destination.Length; at++) destination[at] += scale * source[at];
    }

    public static float Sigmoid(float x) => (float)(1 / (1 + Math.Exp(-x)));
}
