using ILGPU;
using ILGPU.Runtime;

namespace Graft.Tensors.Gpu;

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

/// <summary>A factor as a tile reads it.</summary>
/// <param name="Factor">Its numbers.</param>
/// <param name="Batch">Which of its matrices.</param>
/// <param name="First">The first of the tile's rows, or columns, in it.</param>
/// <param name="Outers">How many rows, or columns, it has.</param>
/// <param name="AlongTerms">1 where its terms are neighbours in memory, 0 where its rows, or columns, are.</param>
internal readonly record struct TileFactor<TFactor>(TFactor Factor, int Batch, int First, int Outers, int AlongTerms) where TFactor : struct, IFactor;

/// <summary>What a group of threads does on a square tile: it walks along the terms, a panel of each factor in shared memory at a time; a thread adds outer products of eight rows
/// and eight columns to sums that stay in its registers, while it already reads its share of the next panels.</summary>
internal static class Tile<TTile> where TTile : struct, ITile
{
    // a thread's eight rows, or columns, are two fours, half a tile apart, so that neighbouring threads read neighbouring fours
    private const int Four = Eight.Count / 2;

    /// <summary>Rows, and columns.</summary>
    public static int Side => Eight.Count * TTile.Threads;

    /// <summary>Numbers of a panel's line: four more than a tile's side, so that a column of it lies in different banks.</summary>
    public static int Line => Side + Four;

    /// <summary>Numbers of shared memory that a product takes.</summary>
    /// <remarks>One allocation a kernel: it lies where shared memory begins, which fours may be read from, and a second would be laid out for single numbers.</remarks>
    public static int Panels => 2 * TTile.Threads * Line;

    /// <summary>Numbers of shared memory that a factor takes which is kept there whole, as its lines (<see cref="AddKept"/>).</summary>
    public static int Kept => Side * Line;

    private static int Down => Group.IdxX / TTile.Threads * Four;

    private static int Across => Group.IdxX % TTile.Threads * Four;

    /// <summary>Where in the tile a row of the thread's sums is.</summary>
    public static int Row(int number) => Down + (number < Four ? number : number - Four + Side / 2);

    /// <summary>Where in the tile a column of the thread's sums is.</summary>
    public static int Column(int number) => Across + (number < Four ? number : number - Four + Side / 2);

    /// <summary>sums += left * right over all terms. All of the group's threads come here together; when they leave, the panels may serve again.</summary>
    public static void Add<TLeft, TRight>(ref ThreadSums sums, TileFactor<TLeft> left, TileFactor<TRight> right, int terms, ArrayView<float> panels)
        where TLeft : struct, IFactor
        where TRight : struct, IFactor
    {
        ArrayView<float> leftPanel = panels.SubView(0, TTile.Threads * Line), rightPanel = panels.SubView(TTile.Threads * Line, TTile.Threads * Line);
        int down = Down, across = Across;
        Eight nextLeft = Read(left, 0, terms), nextRight = Read(right, 0, terms);
        for (int first = 0; first < terms; first += TTile.Threads)
        {
            Store(nextLeft, leftPanel, left.AlongTerms);
            Store(nextRight, rightPanel, right.AlongTerms);
            Group.Barrier();
            nextLeft = Read(left, first + TTile.Threads, terms);
            nextRight = Read(right, first + TTile.Threads, terms);
            for (int term = 0; term < TTile.Threads; term++) sums.Add(Load(leftPanel, term * Line + down), Load(rightPanel, term * Line + across));
            Group.Barrier();
        }
    }

    /// <summary>sums += left * right over as many terms as a tile has rows, the left factor in shared memory, a line a term. It may be written until all threads come here.</summary>
    public static void AddKept<TRight>(ref ThreadSums sums, ArrayView<float> left, TileFactor<TRight> right, int firstTerm, int terms, ArrayView<float> panel)
        where TRight : struct, IFactor
    {
        int down = Down, across = Across, last = IntrinsicMath.Min(terms, firstTerm + Side);
        var next = Read(right, firstTerm, terms);
        for (int first = firstTerm; first < last; first += TTile.Threads)
        {
            Store(next, panel, right.AlongTerms);
            Group.Barrier();
            next = Read(right, first + TTile.Threads, terms);
            for (int term = 0; term < TTile.Threads; term++) sums.Add(Load(left, (first - firstTerm + term) * Line + down), Load(panel, term * Line + across));
            Group.Barrier();
        }
    }

    /// <summary>The thread's eight numbers of a line.</summary>
    public static Eight RowsOf(ArrayView<float> line) => Load(line, Down);

    /// <summary>A thread's share of a panel: eight numbers, which neighbouring threads have the neighbours of in memory.</summary>
    private static Eight Read<TFactor>(TileFactor<TFactor> factor, int firstTerm, int terms) where TFactor : struct, IFactor => new(
        At(factor, firstTerm, terms, 0), At(factor, firstTerm, terms, 1), At(factor, firstTerm, terms, 2), At(factor, firstTerm, terms, 3),
        At(factor, firstTerm, terms, 4), At(factor, firstTerm, terms, 5), At(factor, firstTerm, terms, 6), At(factor, firstTerm, terms, 7));

    private static float At<TFactor>(TileFactor<TFactor> factor, int firstTerm, int terms, int number) where TFactor : struct, IFactor
    {
        int outer = factor.First + Outer(number, factor.AlongTerms), term = firstTerm + Term(number, factor.AlongTerms);
        float element = 0f;
        if (outer < factor.Outers && term < terms) element = factor.Factor.At(factor.Batch, outer, term);
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
