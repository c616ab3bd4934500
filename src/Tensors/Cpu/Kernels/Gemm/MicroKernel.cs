using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors;

/// <summary>The tile of the output that the micro-kernel keeps in registers: BLIS's MR and NR.</summary>
/// <param name="Rows">Rows of the output, each a number of the left operand broadcast to a lane.</param>
/// <param name="Columns">Columns of the output, some lanes.</param>
internal readonly record struct TileShape(int Rows, int Columns)
{
    /// <summary>How many sums a tile holds.</summary>
    public int Sums => Rows * Columns;

    public static TileShape Of(LaneKind lanes) => lanes switch
    {
        LaneKind.Vector512 => Of<Lane16>(),
        LaneKind.Vector => Of<LaneV>(),
        _ => Of<Lane1>(),
    };

    /// <summary>Of 32 registers 24 hold sums, of 16 twelve; the rest hold operands.</summary>
    public static TileShape Of<S>() where S : unmanaged, IVectorLane<S> => new(MicroKernel.Rows, MicroKernel.Lanes<S>() * S.Width);
}

/// <summary>How a tile walks along the depth: some stretches, each of some numbers at equal steps.</summary>
/// <param name="stretches">How many stretches a chain of multiply-adds has.</param>
/// <param name="length">Numbers of a stretch.</param>
/// <param name="starts">Where each stretch begins in a row of the left operand.</param>
/// <param name="step">From a number to the next in a row of the left operand.</param>
/// <param name="rightStep">From a tile's columns to those of the next depth in the right operand: as many as they are where it is
/// packed.</param>
/// <param name="chains">How many times so many stretches there are: each time the sums begin at zero and are then added up (<see cref="SumsBefore.Add"/>).</param>
internal readonly unsafe struct DepthWalk(nint stretches, nint length, nint* starts, nint step, nint rightStep, nint chains = 1)
{
    public nint Chains => chains;

    public nint Stretches => stretches;

    public nint Length => length;

    public nint* Starts => starts;

    public nint Step => step;

    public nint RightStep => rightStep;

    /// <summary>How deep the walk is in all.</summary>
    public nint Depth => chains * stretches * length;
}

/// <summary>What the micro-kernel makes of the sums that are there.</summary>
internal enum SumsBefore
{
    /// <summary>Nothing: they are written over.</summary>
    None,

    /// <summary>The chains of multiply-adds go on from them, as if the depth had never been cut.</summary>
    GoOn,

    /// <summary>They are added to chains that begin at zero: rounding errors then grow with the roots of a chain's length and of the number of chains, not with that of
    /// the whole depth.</summary>
    Add,
}

/// <summary>The inner loop of every product, what BLIS calls the micro-kernel: a tile of sums stays in registers while the depth runs through. Each sum is one
/// chain of fused multiply-adds in the order of the depth, so its bits do not depend on the shape of the tile.</summary>
/// <remarks>Few rows by many lanes: the rows' six addresses stay in registers, and ten loads feed 24 multiply-adds. The higher tile
/// of 12 rows by two lanes, with as many sums, loads its addresses again at every step and twice as many numbers; where another
/// program shares the core it runs at half the speed of this one.</remarks>
internal static unsafe partial class MicroKernel
{
    /// <summary>Rows of a tile, at every lane width.</summary>
    public const int Rows = 6;

    /// <summary>Floats of a cache line.</summary>
    private const int CacheLine = 16;

    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>Lanes of a tile's columns.</summary>
    public static int Lanes<S>() where S : unmanaged, IVectorLane<S> => S.Registers == 32 ? 4 : 2;

    /// <summary>sums [tiles * rows, columns] = left times right, and what was there where that is wanted, for one panel of the right
    /// operand.</summary>
    /// <param name="rows">Where each row of the left operand begins; full tiles of them.</param>
    /// <param name="tiles">How many tiles.</param>
    /// <param name="right">The panel: at each step a tile's columns, side by side.</param>
    /// <param name="next">What is read after this panel: prefetched meanwhile.</param>
    /// <param name="nextLength">How many numbers of it.</param>
    /// <param name="walk">How both run along the depth.</param>
    /// <param name="sums">The sums, a row after the other, rows as long as a tile's.</param>
    /// <param name="columns">How many columns are wanted.</param>
    /// <param name="before">What becomes of the sums that are there.</param>
    public static void Panel<S>(
        float** rows, nint tiles, float* right, float* next, nint nextLength, in DepthWalk walk, float* sums, nint columns, SumsBefore before)
        where S : unmanaged, IVectorLane<S>
    {
        int width = Lanes<S>() * S.Width;
        if (EmulatedMicroKernel.Takes<S>())
        {
            EmulatedMicroKernel.Panel(rows, tiles, right, walk, sums, width, columns <= S.Width ? S.Width : width, before);
            return;
        }
        // a tile prefetches a cache line at each step of the depth
        nint ahead = walk.Depth * CacheLine;
        for (nint at = 0; at < tiles; at++, rows += Rows, sums += Rows * width)
        {
            float* wanted = at * ahead < nextLength ? next + at * ahead : right;
            if (columns <= S.Width) One<S>(rows, right, wanted, walk, sums, before);
            else if (Fma.IsSupported && width == 2 * Vector256<float>.Count) TwoOf256(rows, right, wanted, walk, sums, before);
            else if (Lanes<S>() == 2 || columns <= 2 * S.Width) Two<S>(rows, right, wanted, walk, sums, before);
            else if (AdvSimd.Arm64.IsSupported && width == 4 * Vector128<float>.Count) FourOf128(rows, right, walk, sums, before);
            else Four<S>(rows, right, wanted, walk, sums, before);
        }
    }

    /// <summary>6 rows by 4 lanes: 24 sums of 32 registers.</summary>
    private static void Four<S>(float** rows, float* right, float* ahead, in DepthWalk walk, float* sums, SumsBefore before)
        where S : unmanaged, IVectorLane<S>
    {
        int row = Lanes<S>() * S.Width;
        float* r0 = rows[0], r1 = rows[1], r2 = rows[2], r3 = rows[3], r4 = rows[4], r5 = rows[5];
        nint step = walk.Step, rightStep = walk.RightStep, length = walk.Length;
        nint* starts = walk.Starts;
        for (nint chain = 0; chain < walk.Chains; chain++, before = SumsBefore.Add)
        {
            var (c0A, c0B, c0C, c0D) = FirstFour<S>(sums, before);
            var (c1A, c1B, c1C, c1D) = FirstFour<S>(sums + row, before);
            var (c2A, c2B, c2C, c2D) = FirstFour<S>(sums + 2 * row, before);
            var (c3A, c3B, c3C, c3D) = FirstFour<S>(sums + 3 * row, before);
            var (c4A, c4B, c4C, c4D) = FirstFour<S>(sums + 4 * row, before);
            var (c5A, c5B, c5C, c5D) = FirstFour<S>(sums + 5 * row, before);
            for (nint stretch = 0; stretch < walk.Stretches; stretch++)
            {
                nint at = *starts++;
                for (nint k = 0; k < length; k++, at += step, right += rightStep, ahead += CacheLine)
                {
                    if (Sse.IsSupported) Sse.Prefetch1(ahead);
                    S a = S.Load(right), b = S.Load(right + S.Width), c = S.Load(right + 2 * S.Width), d = S.Load(right + 3 * S.Width);
                    Multiply(S.LoadSplat(r0 + at), a, b, c, d, ref c0A, ref c0B, ref c0C, ref c0D);
                    Multiply(S.LoadSplat(r1 + at), a, b, c, d, ref c1A, ref c1B, ref c1C, ref c1D);
                    Multiply(S.LoadSplat(r2 + at), a, b, c, d, ref c2A, ref c2B, ref c2C, ref c2D);
                    Multiply(S.LoadSplat(r3 + at), a, b, c, d, ref c3A, ref c3B, ref c3C, ref c3D);
                    Multiply(S.LoadSplat(r4 + at), a, b, c, d, ref c4A, ref c4B, ref c4C, ref c4D);
                    Multiply(S.LoadSplat(r5 + at), a, b, c, d, ref c5A, ref c5B, ref c5C, ref c5D);
                }
            }
            Write(c0A, c0B, c0C, c0D, sums, before);
            Write(c1A, c1B, c1C, c1D, sums + row, before);
            Write(c2A, c2B, c2C, c2D, sums + 2 * row, before);
            Write(c3A, c3B, c3C, c3D, sums + 3 * row, before);
            Write(c4A, c4B, c4C, c4D, sums + 4 * row, before);
            Write(c5A, c5B, c5C, c5D, sums + 5 * row, before);
        }
    }

    /// <summary>6 rows by 2 lanes: 12 sums, all that 16 registers can hold, and enough to keep the multipliers busy.</summary>
    private static void Two<S>(float** rows, float* right, float* ahead, in DepthWalk walk, float* sums, SumsBefore before)
        where S : unmanaged, IVectorLane<S>
    {
        int row = Lanes<S>() * S.Width;
        float* r0 = rows[0], r1 = rows[1], r2 = rows[2], r3 = rows[3], r4 = rows[4], r5 = rows[5];
        nint step = walk.Step, rightStep = walk.RightStep, length = walk.Length;
        nint* starts = walk.Starts;
        for (nint chain = 0; chain < walk.Chains; chain++, before = SumsBefore.Add)
        {
            var (c0A, c0B) = FirstTwo<S>(sums, before);
            var (c1A, c1B) = FirstTwo<S>(sums + row, before);
            var (c2A, c2B) = FirstTwo<S>(sums + 2 * row, before);
            var (c3A, c3B) = FirstTwo<S>(sums + 3 * row, before);
            var (c4A, c4B) = FirstTwo<S>(sums + 4 * row, before);
            var (c5A, c5B) = FirstTwo<S>(sums + 5 * row, before);
            for (nint stretch = 0; stretch < walk.Stretches; stretch++)
            {
                nint at = *starts++;
                for (nint k = 0; k < length; k++, at += step, right += rightStep, ahead += CacheLine)
                {
                    if (Sse.IsSupported) Sse.Prefetch1(ahead);
                    S a = S.Load(right), b = S.Load(right + S.Width);
                    Multiply(S.LoadSplat(r0 + at), a, b, ref c0A, ref c0B);
                    Multiply(S.LoadSplat(r1 + at), a, b, ref c1A, ref c1B);
                    Multiply(S.LoadSplat(r2 + at), a, b, ref c2A, ref c2B);
                    Multiply(S.LoadSplat(r3 + at), a, b, ref c3A, ref c3B);
                    Multiply(S.LoadSplat(r4 + at), a, b, ref c4A, ref c4B);
                    Multiply(S.LoadSplat(r5 + at), a, b, ref c5A, ref c5B);
                }
            }
            Write(c0A, c0B, sums, before);
            Write(c1A, c1B, sums + row, before);
            Write(c2A, c2B, sums + 2 * row, before);
            Write(c3A, c3B, sums + 3 * row, before);
            Write(c4A, c4B, sums + 4 * row, before);
            Write(c5A, c5B, sums + 5 * row, before);
        }
    }

    /// <summary>6 rows by the first lane.</summary>
    private static void One<S>(float** rows, float* right, float* ahead, in DepthWalk walk, float* sums, SumsBefore before)
        where S : unmanaged, IVectorLane<S>
    {
        int row = Lanes<S>() * S.Width;
        float* r0 = rows[0], r1 = rows[1], r2 = rows[2], r3 = rows[3], r4 = rows[4], r5 = rows[5];
        nint step = walk.Step, rightStep = walk.RightStep, length = walk.Length;
        nint* starts = walk.Starts;
        for (nint chain = 0; chain < walk.Chains; chain++, before = SumsBefore.Add)
        {
            S c0 = First<S>(sums, before);
            S c1 = First<S>(sums + row, before);
            S c2 = First<S>(sums + 2 * row, before);
            S c3 = First<S>(sums + 3 * row, before);
            S c4 = First<S>(sums + 4 * row, before);
            S c5 = First<S>(sums + 5 * row, before);
            for (nint stretch = 0; stretch < walk.Stretches; stretch++)
            {
                nint at = *starts++;
                for (nint k = 0; k < length; k++, at += step, right += rightStep, ahead += CacheLine)
                {
                    if (Sse.IsSupported) Sse.Prefetch1(ahead);
                    S a = S.Load(right);
                    c0 = S.FusedMultiplyAdd(S.LoadSplat(r0 + at), a, c0);
                    c1 = S.FusedMultiplyAdd(S.LoadSplat(r1 + at), a, c1);
                    c2 = S.FusedMultiplyAdd(S.LoadSplat(r2 + at), a, c2);
                    c3 = S.FusedMultiplyAdd(S.LoadSplat(r3 + at), a, c3);
                    c4 = S.FusedMultiplyAdd(S.LoadSplat(r4 + at), a, c4);
                    c5 = S.FusedMultiplyAdd(S.LoadSplat(r5 + at), a, c5);
                }
            }
            Write(c0, sums, before);
            Write(c1, sums + row, before);
            Write(c2, sums + 2 * row, before);
            Write(c3, sums + 3 * row, before);
            Write(c4, sums + 4 * row, before);
            Write(c5, sums + 5 * row, before);
        }
    }

    [MethodImpl(Inline)]
    private static void Multiply<S>(S spread, S a, S b, S c, S d, ref S sumA, ref S sumB, ref S sumC, ref S sumD) where S : unmanaged, IVectorLane<S>
    {
        Multiply(spread, a, b, ref sumA, ref sumB);
        Multiply(spread, c, d, ref sumC, ref sumD);
    }

    [MethodImpl(Inline)]
    private static void Multiply<S>(S spread, S a, S b, ref S sumA, ref S sumB) where S : unmanaged, IVectorLane<S>
    {
        sumA = S.FusedMultiplyAdd(spread, a, sumA);
        sumB = S.FusedMultiplyAdd(spread, b, sumB);
    }

    [MethodImpl(Inline)]
    private static (S A, S B, S C, S D) FirstFour<S>(float* at, SumsBefore before) where S : unmanaged, IVectorLane<S> =>
        (First<S>(at, before), First<S>(at + S.Width, before), First<S>(at + 2 * S.Width, before), First<S>(at + 3 * S.Width, before));

    [MethodImpl(Inline)]
    private static (S A, S B) FirstTwo<S>(float* at, SumsBefore before) where S : unmanaged, IVectorLane<S> =>
        (First<S>(at, before), First<S>(at + S.Width, before));

    [MethodImpl(Inline)]
    private static S First<S>(float* at, SumsBefore before) where S : unmanaged, IVectorLane<S> => before == SumsBefore.GoOn ? S.Load(at) : S.Splat(0f);

    [MethodImpl(Inline)]
    private static void Write<S>(S a, S b, S c, S d, float* at, SumsBefore before) where S : unmanaged, IVectorLane<S>
    {
        Write(a, b, at, before);
        Write(c, d, at + 2 * S.Width, before);
    }

    [MethodImpl(Inline)]
    private static void Write<S>(S a, S b, float* at, SumsBefore before) where S : unmanaged, IVectorLane<S>
    {
        Write(a, at, before);
        Write(b, at + S.Width, before);
    }

    [MethodImpl(Inline)]
    private static void Write<S>(S sum, float* at, SumsBefore before) where S : unmanaged, IVectorLane<S> =>
        S.Store(before == SumsBefore.Add ? sum + S.Load(at) : sum, at);
}
