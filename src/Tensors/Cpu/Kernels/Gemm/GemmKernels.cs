namespace Graft.Tensors;

/// <summary>The column panels of a right operand: packed, <c>[panel][depth][columns of a tile]</c>, or in place in a matrix whose rows are
/// contiguous.</summary>
/// <param name="Start">The first panel.</param>
/// <param name="PanelStep">From a panel to the next.</param>
/// <param name="Step">From a depth to the next.</param>
internal readonly unsafe record struct PanelView(nint Start, nint PanelStep, nint Step)
{
    public static PanelView Packed(float* start, TileShape tile, nint depth) => new((nint)start, tile.Columns * depth, tile.Columns);

    /// <summary>The columns of a panel at a depth.</summary>
    public float* At(nint panel, nint depth) => (float*)Start + panel * PanelStep + depth * Step;
}

/// <summary>The blocked product: blocks of rows against panels of columns, a block of the depth at a time.</summary>
internal readonly unsafe struct BlocksKernel<TEpilogue>(
    Product<StridedRows, TEpilogue> product, MatrixView left, TileShape tile, PanelView panels, nint firstPanel, nint panelCount, GemmBlocking blocks) : IRangeKernel
    where TEpilogue : unmanaged, IEpilogue
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint tiles = blocks.Rows / tile.Rows, startsLength = ThreadWorkspace.RoundUp(blocks.Rows * sizeof(float*) / sizeof(float));
        nint leftLength = startsLength + left.PackedLength(blocks.Rows, Blocking.GemmDepth);
        using var workspace = new ThreadWorkspace(leftLength + blocks.Panels * tiles * tile.Sums);
        float** rowStarts = (float**)workspace.Pointer;
        float* sums = workspace.Pointer + leftLength;
        for (nint item = begin; item < end; item++)
        {
            var (row, panel, rows) = blocks.At(item, tile, product.Rows);
            if (rows == 0) continue;
            nint column = (firstPanel + panel) * tile.Columns;
            nint columns = Math.Min(Math.Min(blocks.Panels, panelCount - panel) * tile.Columns, product.Columns - column);
            nint k = 0;
            do
            {
                nint depth = Math.Min(Blocking.GemmDepth, product.Depth - k);
                nint step = left.Rows(row, rows, k, (int)depth, workspace.Pointer + startsLength, rowStarts);
                Add<S>(rowStarts, step, rows, panels.At(panel, k), depth, sums, columns, k > 0 ? SumsBefore.Add : SumsBefore.None);
                k += Blocking.GemmDepth;
            }
            while (k < product.Depth);
            Finish<S>(row, rows, column, columns, sums);
        }
    }

    /// <summary>sums [panel][tile] (+)= rows times panels, over one block of the depth.</summary>
    private void Add<S>(float** rowStarts, nint step, nint rows, float* right, nint depth, float* sums, nint columns, SumsBefore before)
        where S : unmanaged, IVectorLane<S>
    {
        nint zero = 0, tiles = Ceiling.Divide(rows, tile.Rows);
        var walk = new DepthWalk(1, depth, &zero, step, panels.Step);
        for (nint column = 0; column < columns; column += tile.Columns, right += panels.PanelStep, sums += tiles * tile.Sums)
        {
            float* next = column + tile.Columns < columns ? right + panels.PanelStep : right;
            MicroKernel.Panel<S>(rowStarts, tiles, right, next, depth * tile.Columns, walk, sums, columns - column, before);
        }
    }

    private void Finish<S>(nint row, nint rows, nint column, nint columns, float* sums) where S : unmanaged, IVectorLane<S>
    {
        nint panelStep = Ceiling.Divide(rows, tile.Rows) * tile.Sums;
        for (nint i = 0; i < rows; i++)
        {
            float* from = sums + i * tile.Columns;     // a tile's rows are contiguous
            for (nint at = 0; at < columns; at += tile.Columns, from += panelStep)
                product.Finish<S>(row + i, column + at, Math.Min(tile.Columns, columns - at), from);
        }
    }
}

/// <summary>Many small products, each an item: its operands are packed into the thread's workspace.</summary>
internal readonly unsafe struct SmallProductsKernel<TEpilogue>(
    StridedIteration leading, ProductOperands operands, TEpilogue epilogue, float* bias, float* scale, nint rows, nint columns, nint depth, TileShape tile) : IRangeKernel
    where TEpilogue : unmanaged, IEpilogue
{
    /// <summary>The most numbers of an operand that stays in the second-level cache.</summary>
    private const int LargestOperand = 64 * 1024;

    /// <summary>The most multiply-adds of a product that one thread does alone: one among many, and one by itself.</summary>
    private const long LargestOfMany = 4 << 20, LargestAlone = 256 << 10;

    /// <summary>Whether so many products of these lengths are small.</summary>
    public static bool Suits(nint count, nint rows, nint columns, nint depth) =>
        (long)rows * columns * depth <= (count > 1 ? LargestOfMany : LargestAlone) && depth * Math.Max(rows, columns) <= LargestOperand;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint tiles = Ceiling.Divide(rows, tile.Rows);
        nint starts = ThreadWorkspace.RoundUp(tiles * tile.Rows * sizeof(float*) / sizeof(float)), leftLength = ThreadWorkspace.RoundUp(tiles * tile.Rows * depth);
        nint rightLength = tile.Columns * depth;
        using var workspace = new ThreadWorkspace(starts + leftLength + rightLength + tiles * tile.Sums);
        float** rowStarts = (float**)workspace.Pointer;
        float* copy = workspace.Pointer + starts, panel = copy + leftLength, sums = panel + rightLength;
        for (nint item = begin; item < end; item++)
        {
            var (left, right, to, residual) = operands.At(leading, item);
            var product = new Product<StridedRows, TEpilogue>(to, residual, epilogue, bias, scale, rows, columns, depth);
            nint step = left.Rows(0, rows, 0, (int)depth, copy, rowStarts);
            for (nint column = 0; column < columns; column += tile.Columns)
            {
                int count = (int)Math.Min(tile.Columns, columns - column);
                right.Pack(panel, tile.Columns, column, count, 0, (int)depth);
                nint from = 0;
                do
                {
                    nint start = from * step;
                    var walk = new DepthWalk(1, Math.Min(Blocking.GemmDepth, depth - from), &start, step, tile.Columns);
                    MicroKernel.Panel<S>(rowStarts, tiles, panel + from * tile.Columns, panel, 0, walk, sums, count, from > 0 ? SumsBefore.Add : SumsBefore.None);
                    from += Blocking.GemmDepth;
                }
                while (from < depth);
                for (nint row = 0; row < rows; row++) product.Finish<S>(row, column, count, sums + row * tile.Columns);
            }
        }
    }
}
