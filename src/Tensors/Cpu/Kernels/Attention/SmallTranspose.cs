using System.Runtime.Intrinsics;

namespace Graft.Tensors;

/// <summary>Transposes small matrices, four by four numbers at a time.</summary>
internal static unsafe class SmallTranspose
{
    /// <summary>to[column, row] = scale * from[row, column]; the steps lead from one row of either to the next.</summary>
    public static void Run(float* from, nint fromStep, int rows, int columns, float scale, float* to, nint toStep)
    {
        int row = 0;
        if (Transpose4x4.IsFast)
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
        Transpose4x4.Store(row0, row1, row2, row3, to, toStep);
    }
}
