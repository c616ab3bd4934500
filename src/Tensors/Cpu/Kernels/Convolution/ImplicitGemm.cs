namespace Graft.Tensors;

/// <summary>How the output of an implicit product is cut into items.</summary>
/// <param name="Lines">Lines of the grid in an item.</param>
/// <param name="Panels">Panels of output channels in an item.</param>
/// <param name="Across">How many items lie side by side.</param>
/// <param name="Count">How many items there are.</param>
internal readonly record struct ImplicitGemmBlocking(nint Lines, nint Panels, nint Across, nint Count)
{
    public static ImplicitGemmBlocking Cut(in ConvolutionInput input, nint panels, TileShape tile, int threads)
    {
        nint pixels = Math.Clamp(Blocking.ItemInput / ((nint)input.Channels * input.Rows.Stride * input.Columns.Stride), Blocking.FewestPixels, Blocking.MostPixels);
        nint lines = Math.Min(input.Lines, Math.Max(1, pixels / input.GridWidth));
        nint wanted = Blocking.WantedItems(threads);
        // filters that stay in the cache are read by everybody; of others the panels are shared out first, since tiles that are not full and weights
        // read twice cost more than input prepared twice
        if (input.Depth * panels * tile.Columns <= Blocking.PanelGroup) lines = Math.Max(1, Math.Min(lines, input.Lines / wanted));
        else if (input.Lines / lines * panels < wanted) lines = Math.Max(1, Math.Min(lines, input.Lines * panels / wanted));
        if (lines > input.GridHeight) lines -= lines % input.GridHeight;
        while (lines > 1 && input.CopyLength(lines) > Blocking.PaddedCopy) lines = lines > input.GridHeight ? lines - input.GridHeight : (lines + 1) / 2;
        nint down = Ceiling.Divide(input.Lines, lines);
        var (panelsEach, across) = Blocking.Spread(panels, down, wanted);
        return new ImplicitGemmBlocking(lines, panelsEach, across, down * across);
    }
}

/// <summary>output = epilogue(input times filters) by implicit GEMM: the input is read in place, only the filters are packed,
/// <c>[panel][depth][columns of a tile]</c> with the depth in the order (tap row, tap column, channel).</summary>
internal readonly unsafe struct ImplicitGemmKernel<TRows, TEpilogue>(
    ConvolutionInput input, Product<TRows, TEpilogue> product, TileShape tile, float* panels, ImplicitGemmBlocking blocks) : IRangeKernel
    where TRows : unmanaged, IRowMap
    where TEpilogue : unmanaged, IEpilogue
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint tiles = Ceiling.Divide(blocks.Lines * input.GridWidth, tile.Rows);
        // a deep panel is walked in parts, each along all rows: the sums of all rows wait
        bool isDeep = product.Depth > Blocking.WalkDepth;
        nint group = isDeep ? 1 : Math.Clamp(Blocking.PanelGroup / Math.Max(1, product.Depth * tile.Columns), 1, blocks.Panels);
        nint strip = isDeep ? tiles : Math.Min(tiles, Blocking.StripTiles);
        nint starts = ThreadWorkspace.RoundUp(tiles * tile.Rows * sizeof(float*) / sizeof(float)), sumsLength = group * strip * tile.Sums;
        using var workspace = new ThreadWorkspace(starts + sumsLength + input.CopyLength(blocks.Lines));
        float** indirection = (float**)workspace.Pointer;
        float* sums = workspace.Pointer + starts;
        nint prepared = -1;
        for (nint item = begin; item < end; item++)
        {
            nint down = item / blocks.Across, panel = (item - down * blocks.Across) * blocks.Panels;
            nint line = down * blocks.Lines, lines = Math.Min(blocks.Lines, input.Lines - line);
            nint pixels = lines * input.GridWidth;
            tiles = Ceiling.Divide(pixels, tile.Rows);
            if (prepared != down)
            {
                input.Prepare(line, lines, sums + sumsLength, indirection);
                // rows that fill up the last tile compute what nobody reads
                for (nint pixel = pixels; pixel < tiles * tile.Rows; pixel++) indirection[pixel] = indirection[pixels - 1];
                prepared = down;
            }
            nint last = Math.Min(panel + blocks.Panels, Ceiling.Divide(product.Columns, tile.Columns));
            for (; panel < last; panel += group)
            {
                for (nint first = 0; first < tiles; first += strip)
                {
                    nint pixel = first * tile.Rows, count = Math.Min(strip * tile.Rows, pixels - pixel);
                    Strip<S>(
                        indirection + pixel, Math.Min(strip, tiles - first), line * input.GridWidth + pixel, count,
                        panel, Math.Min(group, last - panel), isLast: first + strip >= tiles, sums);
                }
            }
        }
    }

    /// <summary>Some rows by some panels: their sums, then their output. Prefetched meanwhile is the residual of these rows, and
    /// after the last strip the panels behind these.</summary>
    private void Strip<S>(float** indirection, nint tiles, nint row, nint rows, nint panel, nint count, bool isLast, float* sums) where S : unmanaged, IVectorLane<S>
    {
        nint column = panel * tile.Columns, columns = Math.Min(count * tile.Columns, product.Columns - column), panelSums = tiles * tile.Sums;
        float* right = panels + column * product.Depth, to = sums, next = right;
        nint length = 0;
        if (TEpilogue.UsesResidual && columns == product.Columns)
        {
            next = product.Residual.Row(row);
            length = rows * tile.Columns;
        }
        else if (isLast)
        {
            next += count * tile.Columns * product.Depth;
            length = tile.Columns * product.Depth;
        }
        for (nint at = 0; at < columns; at += tile.Columns, to += panelSums, next += length)
            Multiply<S>(right + at * product.Depth, indirection, tiles, next, length, to, columns - at);
        for (nint i = 0; i < rows; i++)
        {
            float* from = sums + i * tile.Columns;     // a tile's rows are contiguous
            for (nint at = 0; at < columns; at += tile.Columns, from += panelSums)
                product.Finish<S>(row + i, column + at, Math.Min(tile.Columns, columns - at), from);
        }
    }

    /// <summary>The sums of one panel, while what is read next is prefetched.</summary>
    private void Multiply<S>(float* panel, float** indirection, nint tiles, float* next, nint nextLength, float* sums, nint columns) where S : unmanaged, IVectorLane<S>
    {
        if (product.Depth == 0)
        {
            new Span<float>(sums, (int)(tiles * tile.Sums)).Clear();
            return;
        }
        // a stretch is as many taps as lie one after another: a row of them, or one; a long one is walked in parts
        int across = input.TapsTouch ? 1 : input.Columns.Count, stretches = input.Rows.Count * across;
        nint length = product.Depth / stretches, parts = Ceiling.Divide(length, Blocking.WalkDepth);
        nint partLength = Ceiling.Divide(length, parts), together = Math.Min(stretches, Math.Max(1, Blocking.WalkDepth / length));
        nint* starts = stackalloc nint[(int)together];
        for (int first = 0; first < stretches; first += (int)together)
        {
            nint count = Math.Min(together, stretches - first);
            for (nint from = 0; from < length; from += partLength)
            {
                for (int i = 0; i < count; i++)
                {
                    int tapRow = (first + i) / across, tapColumn = first + i - tapRow * across;
                    starts[i] = tapRow * input.Rows.Step * input.RowStep + tapColumn * input.Columns.Step * input.PixelStep + from;
                }
                var walk = new DepthWalk(count, Math.Min(partLength, length - from), starts, step: 1, tile.Columns);
                nint share = Math.Min(nextLength, Blocking.WalkDepth * tile.Columns);
                MicroKernel.Panel<S>(indirection, tiles, panel, next, share, walk, sums, columns, first + from > 0 ? SumsBefore.Add : SumsBefore.None);
                panel += walk.Depth * tile.Columns;
                next += share;
                nextLength -= share;
            }
        }
    }
}
