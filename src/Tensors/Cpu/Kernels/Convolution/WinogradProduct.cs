namespace Graft.Tensors;

/// <summary>How squares of outputs are shared out.</summary>
/// <param name="Squares">Squares of an item.</param>
/// <param name="Panels">Panels of output channels of an item.</param>
/// <param name="Side">How many items lie side by side.</param>
/// <param name="Count">How many items there are.</param>
internal readonly record struct WinogradBlocks(nint Squares, nint Panels, nint Side, nint Count)
{
    /// <summary>Most and fewest squares of an item: a matrix of transformed filters is read once for all of them.</summary>
    private const int MostSquares = 48, FewestSquares = 24;

    private const int ItemsPerThread = 4;

    /// <param name="all">How many squares there are.</param>
    /// <param name="panels">How many panels of output channels.</param>
    /// <param name="threads">How many threads share them.</param>
    public static WinogradBlocks Cut(nint all, nint panels, int threads)
    {
        nint wanted = threads == 1 ? 1 : (nint)threads * ItemsPerThread;
        nint blocks = Ceiling.Divide(all, Math.Clamp(Ceiling.Divide(all, wanted), FewestSquares, MostSquares));
        nint squares = Ceiling.Multiple(Ceiling.Divide(all, blocks), GemmTile.Rows);
        blocks = Ceiling.Divide(all, squares);
        nint side = Math.Min(panels, Ceiling.Divide(wanted, blocks)), panelsEach = Ceiling.Divide(panels, side);
        side = Ceiling.Divide(panels, panelsEach);
        return new WinogradBlocks(squares, panelsEach, side, blocks * side);
    }
}

/// <summary>output = epilogue(windows times weights) by <see cref="Winograd"/>: patches are transformed into 36 matrices [squares,
/// channels], multiplied with 36 matrices of transformed filters, and the products transformed back.</summary>
internal readonly unsafe struct WinogradKernel<TRows, TEpilogue>(
    Windows windows, Product<TRows, TEpilogue> product, TileShape tile, float* filters, WinogradBlocks blocks) : IRangeKernel
    where TRows : unmanaged, IRowMap
    where TEpilogue : unmanaged, IEpilogue
{
    private readonly WinogradSquares squares = WinogradSquares.Of(windows);

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint all = squares.In(windows.Images), panels = Ceiling.Divide(product.Columns, tile.Columns);
        using var room = new WinogradRoom(windows.Channels, blocks.Squares, tile.Columns);
        float** rows = (float**)room.Starts;
        nint opened = -1;
        for (nint item = begin; item < end; item++)
        {
            nint block = item / blocks.Side, panel = (item - block * blocks.Side) * blocks.Panels;
            nint first = block * blocks.Squares, count = Math.Min(blocks.Squares, all - first);
            if (opened != block)
            {
                WinogradPatches.Open<S>(windows, squares, first, count, 0, windows.Channels, room);
                for (nint i = 0; i < blocks.Squares; i++) rows[i] = room.Patches + Math.Min(i, count - 1) * windows.Channels;
                opened = block;
            }
            for (nint last = Math.Min(panel + blocks.Panels, panels); panel < last; panel++) Panel<S>(first, count, panel * tile.Columns, room);
        }
    }

    private void Panel<S>(nint first, nint count, nint column, in WinogradRoom room) where S : unmanaged, IVectorLane<S>
    {
        nint columns = Math.Min(tile.Columns, product.Columns - column), tiles = Ceiling.Divide(count, tile.Rows);
        nint matrix = (nint)windows.Channels * tile.Columns;
        float* right = filters + column * windows.Channels * Winograd.Products;
        for (int at = 0; at < Winograd.Products; at++, right += matrix)
        {
            nint start = at * room.PatchStep;
            var walk = new TileWalk(1, windows.Channels, &start, step: 1, tile.Columns);
            GemmTile.Panel<S>((float**)room.Starts, tiles, right, right + matrix, matrix, walk, room.Panels + at * room.PanelStep, columns, accumulate: false);
        }
        for (nint square = 0; square < count; square++)
        {
            for (nint i = 0; i < columns; i += S.Width)
                Winograd.Output<S>(room.Panels + square * tile.Columns + i, room.PanelStep, room.Outputs + i, tile.Columns, room.Between);
            Finish<S>(first + square, column, columns, room.Outputs);
        }
    }

    /// <summary>Writes what of a square lies inside the plane.</summary>
    private void Finish<S>(nint square, nint column, nint columns, float* outputs) where S : unmanaged, IVectorLane<S>
    {
        var (image, y, x) = squares.At(square);
        int height = Math.Min(Winograd.Square, windows.GridHeight - y), width = Math.Min(Winograd.Square, windows.GridWidth - x);
        for (int row = 0; row < height; row++)
        {
            nint place = (image * windows.GridHeight + y + row) * windows.GridWidth + x;
            for (int i = 0; i < width; i++)
                product.Finish<S>(place + i, column, columns, outputs + (row * Winograd.Square + i) * tile.Columns);
        }
    }
}

/// <summary>Transforms packed filters, <c>[panel][tap][channel][columns of a tile]</c>, into <c>[panel][product][channel][columns of a
/// tile]</c>; an item is a channel of a panel.</summary>
internal readonly unsafe struct WinogradFiltersKernel(float* packed, int channels, int panelWidth, float* filters) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        float* between = stackalloc float[3 * Winograd.Patch * S.Width];
        nint step = (nint)channels * panelWidth;
        for (nint item = begin; item < end; item++)
        {
            nint panel = item / channels, channel = item - panel * channels;
            float* from = packed + panel * Winograd.Taps * step + channel * panelWidth, to = filters + panel * Winograd.Products * step + channel * panelWidth;
            for (int i = 0; i < panelWidth; i += S.Width) Winograd.Filter<S>(from + i, step, to + i, step, between);
        }
    }
}
