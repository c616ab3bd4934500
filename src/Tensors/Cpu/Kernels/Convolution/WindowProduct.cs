namespace Graft.Tensors;

/// <summary>How the output of a product of windows and weights is cut into items.</summary>
/// <param name="Lines">Lines of the grid in an item.</param>
/// <param name="Panels">Panels of output channels in an item.</param>
/// <param name="Across">How many items lie side by side.</param>
/// <param name="Count">How many items there are.</param>
internal readonly record struct WindowBlocks(nint Lines, nint Panels, nint Across, nint Count)
{
    /// <summary>Most and fewest places of an item: enough for its weights to be read once for many.</summary>
    private const int MostPlaces = 480, FewestPlaces = 96;

    /// <summary>Floats of an item's windows, where they are many: half of the second-level cache at most.</summary>
    private const int WantedFloats = 96 * 1024;

    /// <summary>The most floats of a padded copy: they stay in the second-level cache.</summary>
    private const int LargestCopy = 160 * 1024;

    private const int ItemsPerThread = 4;

    /// <summary>The most floats of neighbouring panels that are gone through together: they stay in the second-level cache while
    /// strips of rows pass by, each of which is read and written once, in whole stretches of memory.</summary>
    public const int LargestGroup = 64 * 1024;

    public static WindowBlocks Cut(in Windows windows, nint panels, TileShape tile, int threads)
    {
        nint places = Math.Clamp(WantedFloats / ((nint)windows.Channels * windows.Rows.Stride * windows.Columns.Stride), FewestPlaces, MostPlaces);
        nint lines = Math.Min(windows.Lines, Math.Max(1, places / windows.GridWidth));
        nint wanted = threads == 1 ? 1 : (nint)threads * ItemsPerThread;
        // weights that stay near are read by everybody; of others the panels are shared out first, since tiles that are not full and weights
        // read twice cost more than windows opened twice
        if (windows.Depth * panels * tile.Columns <= LargestGroup) lines = Math.Max(1, Math.Min(lines, windows.Lines / wanted));
        else if (windows.Lines / lines * panels < wanted) lines = Math.Max(1, Math.Min(lines, windows.Lines * panels / wanted));
        if (lines > windows.GridHeight) lines -= lines % windows.GridHeight;
        while (lines > 1 && windows.CopyLength(lines) > LargestCopy) lines = lines > windows.GridHeight ? lines - windows.GridHeight : (lines + 1) / 2;
        nint down = Ceiling.Divide(windows.Lines, lines);
        nint across = down >= wanted ? 1 : Math.Min(panels, Ceiling.Divide(wanted, down));
        nint panelsEach = Ceiling.Divide(panels, across);
        across = Ceiling.Divide(panels, panelsEach);
        return new WindowBlocks(lines, panelsEach, across, down * across);
    }
}

/// <summary>output = epilogue(windows times weights): the windows are read where they lie, only the weights are packed,
/// <c>[panel][depth][columns of a tile]</c> with the depth in the order (tap row, tap column, channel).</summary>
internal readonly unsafe struct WindowProductKernel<TRows, TEpilogue>(
    Windows windows, Product<TRows, TEpilogue> product, TileShape tile, float* panels, WindowBlocks blocks) : IRangeKernel
    where TRows : unmanaged, IRowMap
    where TEpilogue : unmanaged, IEpilogue
{
    /// <summary>The most of the depth that is walked at a time: so much of a panel stays in the second-level cache.</summary>
    private const int DeepestWalk = 640;

    /// <summary>Tiles of a strip.</summary>
    private const int StripTiles = 16;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint tiles = Ceiling.Divide(blocks.Lines * windows.GridWidth, tile.Rows);
        // a deep panel is walked in parts, each along all rows: the sums of all rows wait
        bool isDeep = product.Depth > DeepestWalk;
        nint group = isDeep ? 1 : Math.Clamp(WindowBlocks.LargestGroup / Math.Max(1, product.Depth * tile.Columns), 1, blocks.Panels);
        nint strip = isDeep ? tiles : Math.Min(tiles, StripTiles);
        nint starts = Scratch.RoundUp(tiles * tile.Rows * sizeof(float*) / sizeof(float)), sumsLength = group * strip * tile.Sums;
        using var scratch = new Scratch(starts + sumsLength + windows.CopyLength(blocks.Lines));
        float** windowStarts = (float**)scratch.Pointer;
        float* sums = scratch.Pointer + starts;
        nint opened = -1;
        for (nint item = begin; item < end; item++)
        {
            nint down = item / blocks.Across, panel = (item - down * blocks.Across) * blocks.Panels;
            nint line = down * blocks.Lines, lines = Math.Min(blocks.Lines, windows.Lines - line);
            nint places = lines * windows.GridWidth;
            tiles = Ceiling.Divide(places, tile.Rows);
            if (opened != down)
            {
                windows.Open(line, lines, sums + sumsLength, windowStarts);
                // rows that fill up the last tile compute what nobody reads
                for (nint place = places; place < tiles * tile.Rows; place++) windowStarts[place] = windowStarts[places - 1];
                opened = down;
            }
            nint last = Math.Min(panel + blocks.Panels, Ceiling.Divide(product.Columns, tile.Columns));
            for (; panel < last; panel += group)
            {
                for (nint first = 0; first < tiles; first += strip)
                {
                    nint place = first * tile.Rows, count = Math.Min(strip * tile.Rows, places - place);
                    Strip<S>(
                        windowStarts + place, Math.Min(strip, tiles - first), line * windows.GridWidth + place, count,
                        panel, Math.Min(group, last - panel), isLast: first + strip >= tiles, sums);
                }
            }
        }
    }

    /// <summary>Some rows by some panels: their sums, then their output. What is wanted meanwhile is the residual of these rows, and
    /// after the last strip the panels behind these.</summary>
    private void Strip<S>(float** windowStarts, nint tiles, nint row, nint rows, nint panel, nint count, bool isLast, float* sums) where S : unmanaged, IVectorLane<S>
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
            Multiply<S>(right + at * product.Depth, windowStarts, tiles, next, length, to, columns - at);
        for (nint i = 0; i < rows; i++)
        {
            float* from = sums + i * tile.Columns;     // tiles are as long as their rows together
            for (nint at = 0; at < columns; at += tile.Columns, from += panelSums)
                product.Finish<S>(row + i, column + at, Math.Min(tile.Columns, columns - at), from);
        }
    }

    /// <summary>The sums of one panel, while what is wanted next is brought near.</summary>
    private void Multiply<S>(float* panel, float** windowStarts, nint tiles, float* next, nint nextLength, float* sums, nint columns) where S : unmanaged, IVectorLane<S>
    {
        if (product.Depth == 0)
        {
            new Span<float>(sums, (int)(tiles * tile.Sums)).Clear();
            return;
        }
        // a stretch is as many taps as lie one after another: a row of them, or one; a long one is walked in parts
        int across = windows.TapsTouch ? 1 : windows.Columns.Count, stretches = windows.Rows.Count * across;
        nint length = product.Depth / stretches, parts = Ceiling.Divide(length, DeepestWalk);
        nint partLength = Ceiling.Divide(length, parts), together = Math.Min(stretches, Math.Max(1, DeepestWalk / length));
        nint* starts = stackalloc nint[(int)together];
        for (int first = 0; first < stretches; first += (int)together)
        {
            nint count = Math.Min(together, stretches - first);
            for (nint from = 0; from < length; from += partLength)
            {
                for (int i = 0; i < count; i++)
                {
                    int tapRow = (first + i) / across, tapColumn = first + i - tapRow * across;
                    starts[i] = tapRow * windows.Rows.Step * windows.RowStep + tapColumn * windows.Columns.Step * windows.PixelStep + from;
                }
                var walk = new TileWalk(count, Math.Min(partLength, length - from), starts, step: 1, tile.Columns);
                nint share = Math.Min(nextLength, DeepestWalk * tile.Columns);
                GemmTile.Panel<S>(windowStarts, tiles, panel, next, share, walk, sums, columns, accumulate: first + from > 0);
                panel += walk.Depth * tile.Columns;
                next += share;
                nextLength -= share;
            }
        }
    }
}
