using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors;

/// <summary>Transposes small matrices, four by four numbers at a time.</summary>
internal static unsafe class SmallTranspose
{
    private static bool HasInterleave => Sse.IsSupported || AdvSimd.Arm64.IsSupported;

    /// <summary>to[column, row] = scale * from[row, column]; the steps lead from one row of either to the next.</summary>
    public static void Run(float* from, nint fromStep, int rows, int columns, float scale, float* to, nint toStep)
    {
        int row = 0;
        if (HasInterleave)
        {
            for (; row + 4 <= rows; row += 4)
            {
                float* block = from + row * fromStep;
                int column = 0;
                for (; column + 4 <= columns; column += 4) Four(block + column, fromStep, scale, to + column * toStep + row, toStep);
                for (; column < columns; column++)
                    for (int i = 0; i < 4; i++) to[column * toStep + row + i] = scale * block[i * fromStep + column];
            }
        }
        for (; row < rows; row++)
            for (int column = 0; column < columns; column++) to[column * toStep + row] = scale * from[row * fromStep + column];
    }

    private static void Four(float* from, nint fromStep, float scale, float* to, nint toStep)
    {
        var factor = Vector128.Create(scale);
        var (row0, row1) = (Vector128.Load(from) * factor, Vector128.Load(from + fromStep) * factor);
        var (row2, row3) = (Vector128.Load(from + 2 * fromStep) * factor, Vector128.Load(from + 3 * fromStep) * factor);
        // rows 0 and 2, then 1 and 3, taken turn by turn; those two once more
        var (even01, even23) = (Low(row0, row2), High(row0, row2));
        var (odd01, odd23) = (Low(row1, row3), High(row1, row3));
        Vector128.Store(Low(even01, odd01), to);
        Vector128.Store(High(even01, odd01), to + toStep);
        Vector128.Store(Low(even23, odd23), to + 2 * toStep);
        Vector128.Store(High(even23, odd23), to + 3 * toStep);
    }

    /// <summary>left[0], right[0], left[1], right[1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> left, Vector128<float> right) =>
        Sse.IsSupported ? Sse.UnpackLow(left, right) : AdvSimd.Arm64.ZipLow(left, right);

    /// <summary>left[2], right[2], left[3], right[3].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> left, Vector128<float> right) =>
        Sse.IsSupported ? Sse.UnpackHigh(left, right) : AdvSimd.Arm64.ZipHigh(left, right);
}
