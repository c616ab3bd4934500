using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors;

/// <summary>Four rows of four numbers transposed in registers: what packing and small transposes are made of.</summary>
internal static unsafe class Transpose4x4
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>Whether it is faster than number by number.</summary>
    public static bool IsFast => Vector128.IsHardwareAccelerated;

    /// <summary>Row i of <paramref name="to"/>, <paramref name="toStep"/> numbers apart, gets element i of each of the four.</summary>
    [MethodImpl(Inline)]
    public static void Store(
        Vector128<float> row0, Vector128<float> row1, Vector128<float> row2, Vector128<float> row3, float* to, nint toStep)
    {
        // rows 0 and 2, then 1 and 3, taken turn by turn; those two once more
        var (even01, even23) = (InterleaveLower(row0, row2), InterleaveUpper(row0, row2));
        var (odd01, odd23) = (InterleaveLower(row1, row3), InterleaveUpper(row1, row3));
        Vector128.Store(InterleaveLower(even01, odd01), to);
        Vector128.Store(InterleaveUpper(even01, odd01), to + toStep);
        Vector128.Store(InterleaveLower(even23, odd23), to + 2 * toStep);
        Vector128.Store(InterleaveUpper(even23, odd23), to + 3 * toStep);
    }

    /// <summary>left[0], right[0], left[1], right[1].</summary>
    [MethodImpl(Inline)]
    private static Vector128<float> InterleaveLower(Vector128<float> left, Vector128<float> right)
    {
        if (Sse.IsSupported) return Sse.UnpackLow(left, right);
        if (AdvSimd.Arm64.IsSupported) return AdvSimd.Arm64.ZipLow(left, right);
        return Alternate(Vector128.Shuffle(left, Vector128.Create(0, 0, 1, 1)), Vector128.Shuffle(right, Vector128.Create(0, 0, 1, 1)));
    }

    /// <summary>left[2], right[2], left[3], right[3].</summary>
    [MethodImpl(Inline)]
    private static Vector128<float> InterleaveUpper(Vector128<float> left, Vector128<float> right)
    {
        if (Sse.IsSupported) return Sse.UnpackHigh(left, right);
        if (AdvSimd.Arm64.IsSupported) return AdvSimd.Arm64.ZipHigh(left, right);
        return Alternate(Vector128.Shuffle(left, Vector128.Create(2, 2, 3, 3)), Vector128.Shuffle(right, Vector128.Create(2, 2, 3, 3)));
    }

    [MethodImpl(Inline)]
    private static Vector128<float> Alternate(Vector128<float> left, Vector128<float> right) =>
        Vector128.ConditionalSelect(Vector128.Create(-1, 0, -1, 0).AsSingle(), left, right);
}
