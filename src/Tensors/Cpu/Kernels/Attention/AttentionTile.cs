namespace Graft.Tensors;

/// <summary>The small products inside attention: six rows by two lanes in registers.</summary>
internal static unsafe class AttentionTile
{
    public const int Rows = 6;

    /// <summary>What the number of columns has to be a multiple of: two of the widest lanes.</summary>
    public const int Columns = 32;

    /// <summary>c = a b, or c += a b. a [rows, depth] is read through any two steps, a number at a time; b [depth, columns] and
    /// c [rows, columns] have contiguous rows. c has memory for rows rounded up to <see cref="Rows"/>; the rest of it is written
    /// too. Each number of c is one chain of fused multiply-adds over depth, in order, at every lane width.</summary>
    public static void Product<S>(
        int rows, int columns, int depth, float* a, nint aRow, nint aDepth, float* b, nint bStep, float* c, nint cStep, bool add)
        where S : unmanaged, IVectorLane<S>
    {
        for (int row = 0; row < rows; row += Rows)
        {
            // rows beyond the last read the last again
            int last = Math.Min(Rows, rows - row) - 1;
            for (int column = 0; column < columns; column += 2 * S.Width)
            {
                Tile<S>(
                    last, depth, a + row * aRow, aRow, aDepth, b + column, bStep, c + row * cStep + column, cStep, add);
            }
        }
    }

    private static void Tile<S>(
        int last, int depth, float* a, nint aRow, nint aDepth, float* b, nint bStep, float* c, nint cStep, bool add)
        where S : unmanaged, IVectorLane<S>
    {
        float* a0 = a, a1 = a + Math.Min(1, last) * aRow, a2 = a + Math.Min(2, last) * aRow;
        float* a3 = a + Math.Min(3, last) * aRow, a4 = a + Math.Min(4, last) * aRow, a5 = a + Math.Min(5, last) * aRow;
        S c00 = S.Splat(0f), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
        S c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
        if (add)
        {
            (c00, c01) = (S.Load(c), S.Load(c + S.Width));
            (c10, c11) = (S.Load(c + cStep), S.Load(c + cStep + S.Width));
            (c20, c21) = (S.Load(c + 2 * cStep), S.Load(c + 2 * cStep + S.Width));
            (c30, c31) = (S.Load(c + 3 * cStep), S.Load(c + 3 * cStep + S.Width));
            (c40, c41) = (S.Load(c + 4 * cStep), S.Load(c + 4 * cStep + S.Width));
            (c50, c51) = (S.Load(c + 5 * cStep), S.Load(c + 5 * cStep + S.Width));
        }
        nint at = 0;
        for (int i = 0; i < depth; i++, at += aDepth, b += bStep)
        {
            var b0 = S.Load(b);
            var b1 = S.Load(b + S.Width);
            var x = S.LoadSplat(a0 + at);
            c00 = S.FusedMultiplyAdd(x, b0, c00);
            c01 = S.FusedMultiplyAdd(x, b1, c01);
            x = S.LoadSplat(a1 + at);
            c10 = S.FusedMultiplyAdd(x, b0, c10);
            c11 = S.FusedMultiplyAdd(x, b1, c11);
            x = S.LoadSplat(a2 + at);
            c20 = S.FusedMultiplyAdd(x, b0, c20);
            c21 = S.FusedMultiplyAdd(x, b1, c21);
            x = S.LoadSplat(a3 + at);
            c30 = S.FusedMultiplyAdd(x, b0, c30);
            c31 = S.FusedMultiplyAdd(x, b1, c31);
            x = S.LoadSplat(a4 + at);
            c40 = S.FusedMultiplyAdd(x, b0, c40);
            c41 = S.FusedMultiplyAdd(x, b1, c41);
            x = S.LoadSplat(a5 + at);
            c50 = S.FusedMultiplyAdd(x, b0, c50);
            c51 = S.FusedMultiplyAdd(x, b1, c51);
        }
        S.Store(c00, c);
        S.Store(c01, c + S.Width);
        S.Store(c10, c + cStep);
        S.Store(c11, c + cStep + S.Width);
        S.Store(c20, c + 2 * cStep);
        S.Store(c21, c + 2 * cStep + S.Width);
        S.Store(c30, c + 3 * cStep);
        S.Store(c31, c + 3 * cStep + S.Width);
        S.Store(c40, c + 4 * cStep);
        S.Store(c41, c + 4 * cStep + S.Width);
        S.Store(c50, c + 5 * cStep);
        S.Store(c51, c + 5 * cStep + S.Width);
    }
}
