using ILGPU;
using ILGPU.Runtime;

namespace Graft.Tensors.Gpu;

/// <summary>A factor of a product, one matrix a batch: [rows, K] on the left, [columns, K] on the right. A convolution's
/// patches are such a factor, never written out.</summary>
internal interface IFactor
{
    /// <summary>One element; it lies inside the factor.</summary>
    float At(int batch, int outer, int term);
}

/// <summary>Where a product's sums go.</summary>
internal interface IProductOutput
{
    /// <summary>Writes one element.</summary>
    void Write(int batch, int row, int column, float sum);
}

/// <summary>A square tile of a product: a square of threads, each of which holds 8 x 8 of its sums in registers.</summary>
internal interface ITile
{
    /// <summary>Threads along a side, which is also how many terms are in shared memory at a time.</summary>
    static abstract int Threads { get; }
}

/// <summary>The tile of large products on a card: 128 x 128 by 256 threads.</summary>
internal readonly struct Tile128 : ITile
{
    public static int Threads => 16;
}

/// <summary>The tile of products that have too few large ones to keep a card busy: 64 x 64 by 64 threads.</summary>
internal readonly struct Tile64 : ITile
{
    public static int Threads => 8;
}

/// <summary>The tile where threads are simulated.</summary>
internal readonly struct Tile16 : ITile
{
    public static int Threads => 2;
}

/// <summary>The lengths of a product and how neighbouring threads read its factors.</summary>
/// <param name="Batches">How many products.</param>
/// <param name="Rows">M.</param>
/// <param name="Columns">N.</param>
/// <param name="Terms">K.</param>
/// <param name="LeftAlongTerms">1 where the left factor's terms are neighbours in memory, 0 where its rows are.</param>
/// <param name="RightAlongTerms">1 where the right factor's terms are neighbours in memory, 0 where its columns are.</param>
internal readonly record struct ProductShape(int Batches, int Rows, int Columns, int Terms, int LeftAlongTerms, int RightAlongTerms)
{
    /// <summary>How many tiles of a side cover all products.</summary>
    public int Tiles(int side) => checked(Batches * Ceiling.Divide(Rows, side) * Ceiling.Divide(Columns, side));
}

/// <summary>A tile of a product of two factors. Its group walks along the terms, a panel of each factor in shared memory at a time; a thread adds outer products of eight rows
/// and eight columns to sums that stay in its registers, while it already reads its share of the next panels.</summary>
internal readonly struct ProductKernel<TLeft, TRight, TOutput, TTile>(TLeft left, TRight right, TOutput output, ProductShape shape)
    : IGroupKernel
    where TLeft : struct, IFactor
    where TRight : struct, IFactor
    where TOutput : struct, IProductOutput
    where TTile : struct, ITile
{
    // a thread's eight rows, or columns, are two fours, half a tile apart, so that neighbouring threads read neighbouring fours
    private const int Four = Eight.Count / 2;

    private static int Side => Eight.Count * TTile.Threads;

    /// <summary>Numbers of a panel's line: four more than a tile's side, so that a column of it lies in different banks.</summary>
    private static int Line => Side + Four;

    public void Run(int group)
    {
        // one allocation: it lies where shared memory begins, which fours may be read from, and two would be laid out for single numbers
        var panels = SharedMemory.Allocate<float>(2 * TTile.Threads * Line);
        ArrayView<float> leftPanel = panels.SubView(0, TTile.Threads * Line), rightPanel = panels.SubView(TTile.Threads * Line, TTile.Threads * Line);
        int tilesAcross = Ceiling.Divide(shape.Columns, Side), tilesDown = Ceiling.Divide(shape.Rows, Side);
        int tileRow = group / tilesAcross, tileColumn = group - tileRow * tilesAcross;
        int batch = tileRow / tilesDown;
        int firstRow = (tileRow - batch * tilesDown) * Side, firstColumn = tileColumn * Side;
        int down = Group.IdxX / TTile.Threads * Four, across = Group.IdxX % TTile.Threads * Four;

        var sums = default(ThreadSums);
        Eight nextLeft = Read(left, batch, firstRow, 0, shape.Rows, shape.LeftAlongTerms), nextRight = Read(right, batch, firstColumn, 0, shape.Columns, shape.RightAlongTerms);
        for (int first = 0; first < shape.Terms; first += TTile.Threads)
        {
            Store(nextLeft, leftPanel, shape.LeftAlongTerms);
            Store(nextRight, rightPanel, shape.RightAlongTerms);
            Group.Barrier();
            nextLeft = Read(left, batch, firstRow, first + TTile.Threads, shape.Rows, shape.LeftAlongTerms);
            nextRight = Read(right, batch, firstColumn, first + TTile.Threads, shape.Columns, shape.RightAlongTerms);
            for (int term = 0; term < TTile.Threads; term++) sums.Add(Load(leftPanel, term * Line + down), Load(rightPanel, term * Line + across));
            Group.Barrier();
        }

        for (int i = 0; i < Eight.Count; i++)
        {
            int row = firstRow + down + (i < Four ? i : i - Four + Side / 2);
            if (row >= shape.Rows) continue;
            var line = sums.Row(i);
            for (int j = 0; j < Eight.Count; j++)
            {
                int column = firstColumn + across + (j < Four ? j : j - Four + Side / 2);
                if (column < shape.Columns) output.Write(batch, row, column, line.At(j));
            }
        }
    }

    /// <summary>A thread's share of a panel: eight numbers, which neighbouring threads have the neighbours of in memory.</summary>
    private Eight Read<TFactor>(TFactor factor, int batch, int firstOuter, int firstTerm, int outers, int alongTerms) where TFactor : struct, IFactor => new(
        At(factor, batch, firstOuter, firstTerm, outers, alongTerms, 0), At(factor, batch, firstOuter, firstTerm, outers, alongTerms, 1),
        At(factor, batch, firstOuter, firstTerm, outers, alongTerms, 2), At(factor, batch, firstOuter, firstTerm, outers, alongTerms, 3),
        At(factor, batch, firstOuter, firstTerm, outers, alongTerms, 4), At(factor, batch, firstOuter, firstTerm, outers, alongTerms, 5),
        At(factor, batch, firstOuter, firstTerm, outers, alongTerms, 6), At(factor, batch, firstOuter, firstTerm, outers, alongTerms, 7));

    private float At<TFactor>(TFactor factor, int batch, int firstOuter, int firstTerm, int outers, int alongTerms, int number) where TFactor : struct, IFactor
    {
        int outer = firstOuter + Outer(number, alongTerms), term = firstTerm + Term(number, alongTerms);
        float element = 0f;
        if (outer < outers && term < shape.Terms) element = factor.At(batch, outer, term);
        return element;
    }

    private static void Store(Eight numbers, ArrayView<float> panel, int alongTerms)
    {
        Store(numbers.S0, panel, alongTerms, 0);
        Store(numbers.S1, panel, alongTerms, 1);
        Store(numbers.S2, panel, alongTerms, 2);
        Store(numbers.S3, panel, alongTerms, 3);
        Store(numbers.S4, panel, alongTerms, 4);
        Store(numbers.S5, panel, alongTerms, 5);
        Store(numbers.S6, panel, alongTerms, 6);
        Store(numbers.S7, panel, alongTerms, 7);
    }

    private static void Store(float number, ArrayView<float> panel, int alongTerms, int place) => panel[Term(place, alongTerms) * Line + Outer(place, alongTerms)] = number;

    private static int Outer(int number, int alongTerms) =>
        alongTerms != 0 ? number * TTile.Threads + Group.IdxX / TTile.Threads : (number * TTile.Threads * TTile.Threads + Group.IdxX) % Side;

    private static int Term(int number, int alongTerms) =>
        alongTerms != 0 ? Group.IdxX % TTile.Threads : (number * TTile.Threads * TTile.Threads + Group.IdxX) / Side;

    /// <summary>A thread's eight numbers of a panel's line.</summary>
    private static Eight Load(ArrayView<float> panel, int at)
    {
        var fours = panel.AsAligned(4 * sizeof(float)).Cast<FourInMemory>();
        FourInMemory first = fours[at / Four], second = fours[(at + Side / 2) / Four];
        return new Eight(first.A, first.B, first.C, first.D, second.A, second.B, second.C, second.D);
    }
}

/// <summary>Four numbers that are read at once.</summary>
internal struct FourInMemory
{
    public float A, B, C, D;
}
