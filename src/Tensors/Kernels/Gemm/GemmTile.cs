using System.Runtime.CompilerServices;

namespace Graft.Tensors;

/// <summary>How large the block of the output is that one tile keeps in registers.</summary>
/// <param name="Rows">Rows of the output, each a number of the left operand spread over a lane.</param>
/// <param name="Columns">Columns of the output, two lanes.</param>
internal readonly record struct TileShape(int Rows, int Columns)
{
    public const int MaximumRows = 12;

    public static TileShape Of(LaneKind lanes) => lanes switch
    {
        LaneKind.Vector512 => Of<Lane16>(),
        LaneKind.Vector => Of<LaneV>(),
        _ => Of<Lane1>(),
    };

    /// <summary>Of 32 registers 24 hold sums, of 16 twelve; the rest hold operands.</summary>
    private static TileShape Of<S>() where S : unmanaged, IVectorLane<S> => new(S.Registers == 32 ? 12 : 6, 2 * S.Width);
}

/// <summary>The inner loop of every product: a block of sums stays in registers while the depth runs through. Each sum is one
/// chain of fused multiply-adds in the order of the depth, so its bits do not depend on the shape of the tile.</summary>
internal static unsafe class GemmTile
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>rows[i][column ...] = (accumulate ? what was there : 0) + panel a times panel b.</summary>
    /// <param name="a">The left panel: <c>[depth][tile rows]</c>.</param>
    /// <param name="b">The right panel: <c>[depth][tile columns]</c>.</param>
    /// <param name="depth">How many products a sum gets.</param>
    /// <param name="rows">Where each row of the output begins.</param>
    /// <param name="column">The first column.</param>
    /// <param name="accumulate">Whether the sums go on from what is there.</param>
    [MethodImpl(Inline)]
    public static void Run<S>(float* a, float* b, int depth, float** rows, nint column, bool accumulate) where S : unmanaged, IVectorLane<S>
    {
        if (S.Registers == 32) Tile12<S>(a, b, depth, rows, column, accumulate);
        else Tile6<S>(a, b, depth, rows, column, accumulate);
    }

    /// <summary>12 rows by 2 lanes: 24 sums of 32 registers.</summary>
    private static void Tile12<S>(float* a, float* b, int depth, float** rows, nint column, bool accumulate) where S : unmanaged, IVectorLane<S>
    {
        S c0L = S.Splat(0f), c0R = S.Splat(0f);
        S c1L = S.Splat(0f), c1R = S.Splat(0f);
        S c2L = S.Splat(0f), c2R = S.Splat(0f);
        S c3L = S.Splat(0f), c3R = S.Splat(0f);
        S c4L = S.Splat(0f), c4R = S.Splat(0f);
        S c5L = S.Splat(0f), c5R = S.Splat(0f);
        S c6L = S.Splat(0f), c6R = S.Splat(0f);
        S c7L = S.Splat(0f), c7R = S.Splat(0f);
        S c8L = S.Splat(0f), c8R = S.Splat(0f);
        S c9L = S.Splat(0f), c9R = S.Splat(0f);
        S c10L = S.Splat(0f), c10R = S.Splat(0f);
        S c11L = S.Splat(0f), c11R = S.Splat(0f);
        if (accumulate)
        {
            (c0L, c0R) = Read<S>(rows[0] + column);
            (c1L, c1R) = Read<S>(rows[1] + column);
            (c2L, c2R) = Read<S>(rows[2] + column);
            (c3L, c3R) = Read<S>(rows[3] + column);
            (c4L, c4R) = Read<S>(rows[4] + column);
            (c5L, c5R) = Read<S>(rows[5] + column);
            (c6L, c6R) = Read<S>(rows[6] + column);
            (c7L, c7R) = Read<S>(rows[7] + column);
            (c8L, c8R) = Read<S>(rows[8] + column);
            (c9L, c9R) = Read<S>(rows[9] + column);
            (c10L, c10R) = Read<S>(rows[10] + column);
            (c11L, c11R) = Read<S>(rows[11] + column);
        }
        for (int k = 0; k < depth; k++, a += 12, b += 2 * S.Width)
        {
            S left = S.Load(b), right = S.Load(b + S.Width);
            Multiply(S.LoadSplat(a), left, right, ref c0L, ref c0R);
            Multiply(S.LoadSplat(a + 1), left, right, ref c1L, ref c1R);
            Multiply(S.LoadSplat(a + 2), left, right, ref c2L, ref c2R);
            Multiply(S.LoadSplat(a + 3), left, right, ref c3L, ref c3R);
            Multiply(S.LoadSplat(a + 4), left, right, ref c4L, ref c4R);
            Multiply(S.LoadSplat(a + 5), left, right, ref c5L, ref c5R);
            Multiply(S.LoadSplat(a + 6), left, right, ref c6L, ref c6R);
            Multiply(S.LoadSplat(a + 7), left, right, ref c7L, ref c7R);
            Multiply(S.LoadSplat(a + 8), left, right, ref c8L, ref c8R);
            Multiply(S.LoadSplat(a + 9), left, right, ref c9L, ref c9R);
            Multiply(S.LoadSplat(a + 10), left, right, ref c10L, ref c10R);
            Multiply(S.LoadSplat(a + 11), left, right, ref c11L, ref c11R);
        }
        Write(c0L, c0R, rows[0] + column);
        Write(c1L, c1R, rows[1] + column);
        Write(c2L, c2R, rows[2] + column);
        Write(c3L, c3R, rows[3] + column);
        Write(c4L, c4R, rows[4] + column);
        Write(c5L, c5R, rows[5] + column);
        Write(c6L, c6R, rows[6] + column);
        Write(c7L, c7R, rows[7] + column);
        Write(c8L, c8R, rows[8] + column);
        Write(c9L, c9R, rows[9] + column);
        Write(c10L, c10R, rows[10] + column);
        Write(c11L, c11R, rows[11] + column);
    }

    /// <summary>6 rows by 2 lanes: 12 sums of 16 registers.</summary>
    private static void Tile6<S>(float* a, float* b, int depth, float** rows, nint column, bool accumulate) where S : unmanaged, IVectorLane<S>
    {
        S c0L = S.Splat(0f), c0R = S.Splat(0f);
        S c1L = S.Splat(0f), c1R = S.Splat(0f);
        S c2L = S.Splat(0f), c2R = S.Splat(0f);
        S c3L = S.Splat(0f), c3R = S.Splat(0f);
        S c4L = S.Splat(0f), c4R = S.Splat(0f);
        S c5L = S.Splat(0f), c5R = S.Splat(0f);
        if (accumulate)
        {
            (c0L, c0R) = Read<S>(rows[0] + column);
            (c1L, c1R) = Read<S>(rows[1] + column);
            (c2L, c2R) = Read<S>(rows[2] + column);
            (c3L, c3R) = Read<S>(rows[3] + column);
            (c4L, c4R) = Read<S>(rows[4] + column);
            (c5L, c5R) = Read<S>(rows[5] + column);
        }
        for (int k = 0; k < depth; k++, a += 6, b += 2 * S.Width)
        {
            S left = S.Load(b), right = S.Load(b + S.Width);
            Multiply(S.LoadSplat(a), left, right, ref c0L, ref c0R);
            Multiply(S.LoadSplat(a + 1), left, right, ref c1L, ref c1R);
            Multiply(S.LoadSplat(a + 2), left, right, ref c2L, ref c2R);
            Multiply(S.LoadSplat(a + 3), left, right, ref c3L, ref c3R);
            Multiply(S.LoadSplat(a + 4), left, right, ref c4L, ref c4R);
            Multiply(S.LoadSplat(a + 5), left, right, ref c5L, ref c5R);
        }
        Write(c0L, c0R, rows[0] + column);
        Write(c1L, c1R, rows[1] + column);
        Write(c2L, c2R, rows[2] + column);
        Write(c3L, c3R, rows[3] + column);
        Write(c4L, c4R, rows[4] + column);
        Write(c5L, c5R, rows[5] + column);
    }

    [MethodImpl(Inline)]
    private static void Multiply<S>(S spread, S left, S right, ref S sumLeft, ref S sumRight) where S : unmanaged, IVectorLane<S>
    {
        sumLeft = S.FusedMultiplyAdd(spread, left, sumLeft);
        sumRight = S.FusedMultiplyAdd(spread, right, sumRight);
    }

    [MethodImpl(Inline)]
    private static (S Left, S Right) Read<S>(float* at) where S : unmanaged, IVectorLane<S> => (S.Load(at), S.Load(at + S.Width));

    [MethodImpl(Inline)]
    private static void Write<S>(S left, S right, float* at) where S : unmanaged, IVectorLane<S>
    {
        S.Store(left, at);
        S.Store(right, at + S.Width);
    }
}
