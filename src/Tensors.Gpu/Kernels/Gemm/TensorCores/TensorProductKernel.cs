using ILGPU;

namespace Graft.Tensors.Gpu;

/// <summary>A tile of a product by tensor cores: 128 x 128 by eight warps, two down and four across, each of which has 64 x 32 of the sums. Its group walks along the terms, 16 words of
/// each factor in shared memory at a time, already of the format's fewer bits, while it reads the next.</summary>
internal readonly struct TensorProductKernel<TLeft, TRight, TOutput, TFormat>(TLeft left, TRight right, TOutput output, ProductShape shape) : IGroupKernel
    where TLeft : struct, IFactor
    where TRight : struct, IFactor
    where TOutput : struct, IProductOutput
    where TFormat : struct, IMatrixFormat
{
    public const int Side = 128, Threads = 256;

    private const int Lanes = MatrixUnit.Lanes, WarpsAcross = 4, WarpRows = 64, WarpColumns = 32;

    /// <summary>Rows, and columns, of a fragment; the rows come twice.</summary>
    private const int FragmentSide = 8;

    /// <summary>Words of a panel, and words that an instruction takes.</summary>
    private const int Words = 16, Step = 8;

    // the four words and eight rows that a warp's lanes read together lie in 32 different banks
    private const int Line = Side + 8;

    public void Run(int group)
    {
        var panels = SharedMemory.Allocate<int>(2 * Words * Line);
        ArrayView<int> leftPanel = panels.SubView(0, Words * Line), rightPanel = panels.SubView(Words * Line, Words * Line);
        int tilesAcross = Ceiling.Divide(shape.Columns, Side), tilesDown = Ceiling.Divide(shape.Rows, Side);
        int tileRow = group / tilesAcross, tileColumn = group - tileRow * tilesAcross;
        int batch = tileRow / tilesDown;
        int firstRow = (tileRow - batch * tilesDown) * Side, firstColumn = tileColumn * Side;
        int warp = Group.IdxX / Lanes, lane = Group.IdxX % Lanes;
        int down = warp / WarpsAcross * WarpRows, across = warp % WarpsAcross * WarpColumns;
        int words = Ceiling.Divide(shape.Terms, TFormat.TermsPerWord);

        var sums = default(WarpSums);
        EightWords nextLeft = Read(left, batch, firstRow, 0, shape.Rows, shape.LeftAlongTerms), nextRight = Read(right, batch, firstColumn, 0, shape.Columns, shape.RightAlongTerms);
        for (int first = 0; first < words; first += Words)
        {
            Store(nextLeft, leftPanel, shape.LeftAlongTerms);
            Store(nextRight, rightPanel, shape.RightAlongTerms);
            Group.Barrier();
            nextLeft = Read(left, batch, firstRow, first + Words, shape.Rows, shape.LeftAlongTerms);
            nextRight = Read(right, batch, firstColumn, first + Words, shape.Columns, shape.RightAlongTerms);
            for (int word = 0; word < Words; word += Step)
            {
                int a = (word + lane % 4) * Line + down + lane / 4, b = (word + lane % 4) * Line + across + lane / 4;
                sums.Add<TFormat>(
                    Left(leftPanel, a), Left(leftPanel, a + 2 * FragmentSide), Left(leftPanel, a + 4 * FragmentSide), Left(leftPanel, a + 6 * FragmentSide),
                    Right(rightPanel, b), Right(rightPanel, b + FragmentSide), Right(rightPanel, b + 2 * FragmentSide), Right(rightPanel, b + 3 * FragmentSide));
            }
            Group.Barrier();
        }

        for (int i = 0; i < SumFragments.Count; i++)
        {
            for (int j = 0; j < SumFragments.Count; j++)
            {
                for (int number = 0; number < 4; number++)
                {
                    int row = firstRow + down + 2 * FragmentSide * i + FragmentSide * (number / 2) + lane / 4;
                    int column = firstColumn + across + FragmentSide * j + 2 * (lane % 4) + number % 2;
                    if (row < shape.Rows && column < shape.Columns) output.Write(batch, row, column, sums.At(i, j, number));
                }
            }
        }
    }

    private static LeftFragment Left(ArrayView<int> panel, int at) => new(panel[at], panel[at + FragmentSide], panel[at + 4 * Line], panel[at + 4 * Line + FragmentSide]);

    private static RightFragment Right(ArrayView<int> panel, int at) => new(panel[at], panel[at + 4 * Line]);

    /// <summary>A thread's share of a panel: eight words, which neighbouring threads have the neighbours of in memory.</summary>
    private EightWords Read<TFactor>(TFactor factor, int batch, int firstOuter, int firstWord, int outers, int alongTerms) where TFactor : struct, IFactor => new(
        At(factor, batch, firstOuter, firstWord, outers, alongTerms, 0), At(factor, batch, firstOuter, firstWord, outers, alongTerms, 1),
        At(factor, batch, firstOuter, firstWord, outers, alongTerms, 2), At(factor, batch, firstOuter, firstWord, outers, alongTerms, 3),
        At(factor, batch, firstOuter, firstWord, outers, alongTerms, 4), At(factor, batch, firstOuter, firstWord, outers, alongTerms, 5),
        At(factor, batch, firstOuter, firstWord, outers, alongTerms, 6), At(factor, batch, firstOuter, firstWord, outers, alongTerms, 7));

    private int At<TFactor>(TFactor factor, int batch, int firstOuter, int firstWord, int outers, int alongTerms, int number) where TFactor : struct, IFactor
    {
        int outer = firstOuter + Outer(number, alongTerms), term = (firstWord + Word(number, alongTerms)) * TFormat.TermsPerWord;
        float first = 0f, second = 0f;
        if (outer < outers && term < shape.Terms)
        {
            first = factor.At(batch, outer, term);
            if (TFormat.TermsPerWord == 2 && term + 1 < shape.Terms) second = factor.At(batch, outer, term + 1);
        }
        return TFormat.Word(first, second);
    }

    private static void Store(EightWords words, ArrayView<int> panel, int alongTerms)
    {
        Store(words.W0, panel, alongTerms, 0);
        Store(words.W1, panel, alongTerms, 1);
        Store(words.W2, panel, alongTerms, 2);
        Store(words.W3, panel, alongTerms, 3);
        Store(words.W4, panel, alongTerms, 4);
        Store(words.W5, panel, alongTerms, 5);
        Store(words.W6, panel, alongTerms, 6);
        Store(words.W7, panel, alongTerms, 7);
    }

    private static void Store(int word, ArrayView<int> panel, int alongTerms, int place) => panel[Word(place, alongTerms) * Line + Outer(place, alongTerms)] = word;

    // along the terms a warp reads eight neighbours, 32 bytes, of four rows: more would fall into the same banks where they are stored
    private static int Outer(int number, int alongTerms) => alongTerms != 0 ? number / 2 * (Threads / Step) + Group.IdxX / Step : Group.IdxX % Side;

    private static int Word(int number, int alongTerms) => alongTerms != 0 ? number % 2 * Step + Group.IdxX % Step : number * (Threads / Side) + Group.IdxX / Side;
}

/// <summary>Eight words in registers.</summary>
internal readonly struct EightWords(int w0, int w1, int w2, int w3, int w4, int w5, int w6, int w7)
{
    public readonly int W0 = w0, W1 = w1, W2 = w2, W3 = w3, W4 = w4, W5 = w5, W6 = w6, W7 = w7;
}
