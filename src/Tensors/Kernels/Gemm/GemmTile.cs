using System.Runtime.CompilerServices;

namespace Graft.Tensors;

/// <summary>How large the block of the output is that one tile keeps in registers.</summary>
/// <param name="Rows">Rows of the output, each a number of the left operand spread over a lane.</param>
/// <param name="Columns">Columns of the output, two lanes.</param>
internal readonly record struct TileShape(int Rows, int Columns)
{
    public const int MaximumRows = 12;

    /// <summary>How many sums a tile holds.</summary>
    public int Sums => Rows * Columns;

    public static TileShape Of(LaneKind lanes) => lanes switch
    {
        LaneKind.Vector512 => Of<Lane16>(),
        LaneKind.Vector => Of<LaneV>(),
        _ => Of<Lane1>(),
    };

    /// <summary>Of 32 registers 24 hold sums, of 16 twelve; the rest hold operands.</summary>
    public static TileShape Of<S>() where S : unmanaged, IVectorLane<S> => new(S.Registers == 32 ? 12 : 6, 2 * S.Width);
}

/// <summary>Where a tile finds the numbers of its rows.</summary>
internal unsafe interface ILeftOperand
{
    /// <summary>The number of a row at a place along the depth.</summary>
    float* At(int row, nint place);
}

/// <summary>The rows' numbers lie side by side: a packed panel, or the channels of a pixel.</summary>
internal readonly unsafe struct SideBySide(float* start) : ILeftOperand
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* At(int row, nint place) => start + place + row;
}

/// <summary>Each row begins somewhere of its own: the windows of an image, straight from its memory.</summary>
internal readonly unsafe struct Apart(float** rows) : ILeftOperand
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* At(int row, nint place) => rows[row] + place;
}

/// <summary>How a tile runs along the depth: some stretches, each of some numbers at equal steps.</summary>
/// <param name="stretches">How many stretches.</param>
/// <param name="length">Numbers of a stretch.</param>
/// <param name="leftStarts">Where each stretch begins in the left operand.</param>
/// <param name="leftStep">From a number to the next in the left operand.</param>
/// <param name="rightStretchStep">From a stretch to the next in the right operand.</param>
/// <param name="rightStep">From a number to the next in the right operand.</param>
internal readonly unsafe struct TileWalk(nint stretches, nint length, nint* leftStarts, nint leftStep, nint rightStretchStep, nint rightStep)
{
    public nint Stretches => stretches;

    public nint Length => length;

    public nint* LeftStarts => leftStarts;

    public nint LeftStep => leftStep;

    public nint RightStretchStep => rightStretchStep;

    public nint RightStep => rightStep;

    /// <summary>Through two packed panels.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="depth">How deep the panels are.</param>
    /// <param name="zero">A zero that outlives the walk.</param>
    public static TileWalk Packed(TileShape tile, nint depth, nint* zero) => new(1, depth, zero, tile.Rows, 0, tile.Columns);
}

/// <summary>The inner loop of every product: a block of sums stays in registers while the depth runs through. Each sum is one
/// chain of fused multiply-adds in the order of the depth, so its bits do not depend on the shape of the tile.</summary>
internal static unsafe class GemmTile
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>sums [rows, columns] = (accumulate ? what was there : 0) + left times right.</summary>
    /// <param name="left">The left operand.</param>
    /// <param name="right">The right operand: at each step a tile's columns, side by side.</param>
    /// <param name="walk">How both run along the depth.</param>
    /// <param name="sums">The tile's sums, a row after the other.</param>
    /// <param name="oneLane">Whether only the first lane of columns is wanted.</param>
    /// <param name="accumulate">Whether the sums go on from what is there.</param>
    [MethodImpl(Inline)]
    public static void Run<S, TLeft>(TLeft left, float* right, in TileWalk walk, float* sums, bool oneLane, bool accumulate)
        where S : unmanaged, IVectorLane<S>
        where TLeft : unmanaged, ILeftOperand
    {
        if (S.Registers == 32)
        {
            if (oneLane) Narrow12<S, TLeft>(left, right, walk, sums, accumulate);
            else Tile12<S, TLeft>(left, right, walk, sums, accumulate);
        }
        else
        {
            Tile6<S, TLeft>(left, right, walk, sums, accumulate);
        }
    }

    /// <summary>12 rows by 2 lanes: 24 sums of 32 registers.</summary>
    private static void Tile12<S, TLeft>(TLeft left, float* right, in TileWalk walk, float* sums, bool accumulate)
        where S : unmanaged, IVectorLane<S>
        where TLeft : unmanaged, ILeftOperand
    {
        int row = 2 * S.Width;
        var (c0L, c0R) = First<S>(sums, accumulate);
        var (c1L, c1R) = First<S>(sums + row, accumulate);
        var (c2L, c2R) = First<S>(sums + 2 * row, accumulate);
        var (c3L, c3R) = First<S>(sums + 3 * row, accumulate);
        var (c4L, c4R) = First<S>(sums + 4 * row, accumulate);
        var (c5L, c5R) = First<S>(sums + 5 * row, accumulate);
        var (c6L, c6R) = First<S>(sums + 6 * row, accumulate);
        var (c7L, c7R) = First<S>(sums + 7 * row, accumulate);
        var (c8L, c8R) = First<S>(sums + 8 * row, accumulate);
        var (c9L, c9R) = First<S>(sums + 9 * row, accumulate);
        var (c10L, c10R) = First<S>(sums + 10 * row, accumulate);
        var (c11L, c11R) = First<S>(sums + 11 * row, accumulate);
        nint leftStep = walk.LeftStep, rightStep = walk.RightStep, length = walk.Length;
        for (nint stretch = 0; stretch < walk.Stretches; stretch++)
        {
            nint at = walk.LeftStarts[stretch];
            float* b = right + stretch * walk.RightStretchStep;
            for (nint k = 0; k < length; k++, at += leftStep, b += rightStep)
            {
                S bL = S.Load(b), bR = S.Load(b + S.Width);
                Multiply(S.LoadSplat(left.At(0, at)), bL, bR, ref c0L, ref c0R);
                Multiply(S.LoadSplat(left.At(1, at)), bL, bR, ref c1L, ref c1R);
                Multiply(S.LoadSplat(left.At(2, at)), bL, bR, ref c2L, ref c2R);
                Multiply(S.LoadSplat(left.At(3, at)), bL, bR, ref c3L, ref c3R);
                Multiply(S.LoadSplat(left.At(4, at)), bL, bR, ref c4L, ref c4R);
                Multiply(S.LoadSplat(left.At(5, at)), bL, bR, ref c5L, ref c5R);
                Multiply(S.LoadSplat(left.At(6, at)), bL, bR, ref c6L, ref c6R);
                Multiply(S.LoadSplat(left.At(7, at)), bL, bR, ref c7L, ref c7R);
                Multiply(S.LoadSplat(left.At(8, at)), bL, bR, ref c8L, ref c8R);
                Multiply(S.LoadSplat(left.At(9, at)), bL, bR, ref c9L, ref c9R);
                Multiply(S.LoadSplat(left.At(10, at)), bL, bR, ref c10L, ref c10R);
                Multiply(S.LoadSplat(left.At(11, at)), bL, bR, ref c11L, ref c11R);
            }
        }
        Write(c0L, c0R, sums);
        Write(c1L, c1R, sums + row);
        Write(c2L, c2R, sums + 2 * row);
        Write(c3L, c3R, sums + 3 * row);
        Write(c4L, c4R, sums + 4 * row);
        Write(c5L, c5R, sums + 5 * row);
        Write(c6L, c6R, sums + 6 * row);
        Write(c7L, c7R, sums + 7 * row);
        Write(c8L, c8R, sums + 8 * row);
        Write(c9L, c9R, sums + 9 * row);
        Write(c10L, c10R, sums + 10 * row);
        Write(c11L, c11R, sums + 11 * row);
    }

    /// <summary>12 rows by the first lane of two: twelve sums, enough to keep the multipliers busy.</summary>
    private static void Narrow12<S, TLeft>(TLeft left, float* right, in TileWalk walk, float* sums, bool accumulate)
        where S : unmanaged, IVectorLane<S>
        where TLeft : unmanaged, ILeftOperand
    {
        int row = 2 * S.Width;
        S c0 = Only<S>(sums, accumulate), c1 = Only<S>(sums + row, accumulate), c2 = Only<S>(sums + 2 * row, accumulate);
        S c3 = Only<S>(sums + 3 * row, accumulate), c4 = Only<S>(sums + 4 * row, accumulate), c5 = Only<S>(sums + 5 * row, accumulate);
        S c6 = Only<S>(sums + 6 * row, accumulate), c7 = Only<S>(sums + 7 * row, accumulate), c8 = Only<S>(sums + 8 * row, accumulate);
        S c9 = Only<S>(sums + 9 * row, accumulate), c10 = Only<S>(sums + 10 * row, accumulate), c11 = Only<S>(sums + 11 * row, accumulate);
        nint leftStep = walk.LeftStep, rightStep = walk.RightStep, length = walk.Length;
        for (nint stretch = 0; stretch < walk.Stretches; stretch++)
        {
            nint at = walk.LeftStarts[stretch];
            float* b = right + stretch * walk.RightStretchStep;
            for (nint k = 0; k < length; k++, at += leftStep, b += rightStep)
            {
                S one = S.Load(b);
                c0 = S.FusedMultiplyAdd(S.LoadSplat(left.At(0, at)), one, c0);
                c1 = S.FusedMultiplyAdd(S.LoadSplat(left.At(1, at)), one, c1);
                c2 = S.FusedMultiplyAdd(S.LoadSplat(left.At(2, at)), one, c2);
                c3 = S.FusedMultiplyAdd(S.LoadSplat(left.At(3, at)), one, c3);
                c4 = S.FusedMultiplyAdd(S.LoadSplat(left.At(4, at)), one, c4);
                c5 = S.FusedMultiplyAdd(S.LoadSplat(left.At(5, at)), one, c5);
                c6 = S.FusedMultiplyAdd(S.LoadSplat(left.At(6, at)), one, c6);
                c7 = S.FusedMultiplyAdd(S.LoadSplat(left.At(7, at)), one, c7);
                c8 = S.FusedMultiplyAdd(S.LoadSplat(left.At(8, at)), one, c8);
                c9 = S.FusedMultiplyAdd(S.LoadSplat(left.At(9, at)), one, c9);
                c10 = S.FusedMultiplyAdd(S.LoadSplat(left.At(10, at)), one, c10);
                c11 = S.FusedMultiplyAdd(S.LoadSplat(left.At(11, at)), one, c11);
            }
        }
        S.Store(c0, sums);
        S.Store(c1, sums + row);
        S.Store(c2, sums + 2 * row);
        S.Store(c3, sums + 3 * row);
        S.Store(c4, sums + 4 * row);
        S.Store(c5, sums + 5 * row);
        S.Store(c6, sums + 6 * row);
        S.Store(c7, sums + 7 * row);
        S.Store(c8, sums + 8 * row);
        S.Store(c9, sums + 9 * row);
        S.Store(c10, sums + 10 * row);
        S.Store(c11, sums + 11 * row);
    }

    /// <summary>6 rows by 2 lanes: 12 sums of 16 registers.</summary>
    private static void Tile6<S, TLeft>(TLeft left, float* right, in TileWalk walk, float* sums, bool accumulate)
        where S : unmanaged, IVectorLane<S>
        where TLeft : unmanaged, ILeftOperand
    {
        int row = 2 * S.Width;
        var (c0L, c0R) = First<S>(sums, accumulate);
        var (c1L, c1R) = First<S>(sums + row, accumulate);
        var (c2L, c2R) = First<S>(sums + 2 * row, accumulate);
        var (c3L, c3R) = First<S>(sums + 3 * row, accumulate);
        var (c4L, c4R) = First<S>(sums + 4 * row, accumulate);
        var (c5L, c5R) = First<S>(sums + 5 * row, accumulate);
        nint leftStep = walk.LeftStep, rightStep = walk.RightStep, length = walk.Length;
        for (nint stretch = 0; stretch < walk.Stretches; stretch++)
        {
            nint at = walk.LeftStarts[stretch];
            float* b = right + stretch * walk.RightStretchStep;
            for (nint k = 0; k < length; k++, at += leftStep, b += rightStep)
            {
                S bL = S.Load(b), bR = S.Load(b + S.Width);
                Multiply(S.LoadSplat(left.At(0, at)), bL, bR, ref c0L, ref c0R);
                Multiply(S.LoadSplat(left.At(1, at)), bL, bR, ref c1L, ref c1R);
                Multiply(S.LoadSplat(left.At(2, at)), bL, bR, ref c2L, ref c2R);
                Multiply(S.LoadSplat(left.At(3, at)), bL, bR, ref c3L, ref c3R);
                Multiply(S.LoadSplat(left.At(4, at)), bL, bR, ref c4L, ref c4R);
                Multiply(S.LoadSplat(left.At(5, at)), bL, bR, ref c5L, ref c5R);
            }
        }
        Write(c0L, c0R, sums);
        Write(c1L, c1R, sums + row);
        Write(c2L, c2R, sums + 2 * row);
        Write(c3L, c3R, sums + 3 * row);
        Write(c4L, c4R, sums + 4 * row);
        Write(c5L, c5R, sums + 5 * row);
    }

    [MethodImpl(Inline)]
    private static void Multiply<S>(S spread, S left, S right, ref S sumLeft, ref S sumRight) where S : unmanaged, IVectorLane<S>
    {
        sumLeft = S.FusedMultiplyAdd(spread, left, sumLeft);
        sumRight = S.FusedMultiplyAdd(spread, right, sumRight);
    }

    [MethodImpl(Inline)]
    private static (S Left, S Right) First<S>(float* at, bool accumulate) where S : unmanaged, IVectorLane<S> =>
        accumulate ? (S.Load(at), S.Load(at + S.Width)) : (S.Splat(0f), S.Splat(0f));

    [MethodImpl(Inline)]
    private static S Only<S>(float* at, bool accumulate) where S : unmanaged, IVectorLane<S> => accumulate ? S.Load(at) : S.Splat(0f);

    [MethodImpl(Inline)]
    private static void Write<S>(S left, S right, float* at) where S : unmanaged, IVectorLane<S>
    {
        S.Store(left, at);
        S.Store(right, at + S.Width);
    }
}
