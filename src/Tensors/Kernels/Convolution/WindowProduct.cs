namespace Graft.Tensors;

/// <summary>How the output of a product of windows and weights is cut into items.</summary>
/// <param name="Lines">Lines of the grid in an item.</param>
/// <param name="Panels">Panels of output channels in an item.</param>
/// <param name="Across">How many items lie side by side.</param>
/// <param name="Count">How many items there are.</param>
internal readonly record struct WindowBlocks(nint Lines, nint Panels, nint Across, nint Count)
{
    /// <summary>About how many places an item has: enough for its weights to be read once for many.</summary>
    private const int WantedPlaces = 480;

    /// <summary>The most floats of a padded copy: they stay in the second-level cache.</summary>
    private const int LargestCopy = 160 * 1024;

    private const int ItemsPerThread = 4;

    public static WindowBlocks Cut(in Windows windows, nint panels, int threads)
    {
        nint lines = Math.Min(windows.Lines, Math.Max(1, WantedPlaces / windows.GridWidth));
        nint wanted = threads == 1 ? 1 : (nint)threads * ItemsPerThread;
        // few places: their panels are shared out first, since tiles that are not full and weights read twice cost more than windows opened twice
        if (windows.Lines / lines * panels < wanted) lines = Math.Max(1, Math.Min(lines, windows.Lines * panels / wanted));
        if (lines > windows.GridHeight) lines -= lines % windows.GridHeight;
        while (lines > 1 && windows.CopyLength(lines) > LargestCopy) lines = lines > windows.GridHeight ? lines - windows.GridHeight : (lines + 1) / 2;
        nint down = (windows.Lines + lines - 1) / lines;
        nint across = down >= wanted ? 1 : Math.Min(panels, (wanted + down - 1) / down);
        nint panelsEach = (panels + across - 1) / across;
        across = (panels + panelsEach - 1) / panelsEach;
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
    /// <summary>From this depth on a panel of weights is taken a row of taps at a time, so that it stays in the cache.</summary>
    private const int DeepestPanel = 1536;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint places = blocks.Lines * windows.GridWidth, tiles = (places + tile.Rows - 1) / tile.Rows;
        nint starts = BlockProduct.RoundUp(tiles * tile.Rows * sizeof(float*) / sizeof(float), 16), sumsLength = tiles * tile.Sums;
        using var scratch = new Scratch(starts + sumsLength + windows.CopyLength(blocks.Lines));
        float** windowStarts = (float**)scratch.Pointer;
        float* sums = scratch.Pointer + starts;
        nint opened = -1;
        for (nint item = begin; item < end; item++)
        {
            nint down = item / blocks.Across, panel = (item - down * blocks.Across) * blocks.Panels;
            nint line = down * blocks.Lines, lines = Math.Min(blocks.Lines, windows.Lines - line);
            places = lines * windows.GridWidth;
            tiles = (places + tile.Rows - 1) / tile.Rows;
            if (opened != down)
            {
                windows.Open(line, lines, sums + sumsLength, windowStarts);
                // rows that fill up the last tile compute what nobody reads
                for (nint place = places; place < tiles * tile.Rows; place++) windowStarts[place] = windowStarts[places - 1];
                opened = down;
            }
            nint last = Math.Min(panel + blocks.Panels, (product.Columns + tile.Columns - 1) / tile.Columns);
            for (; panel < last; panel++)
            {
                nint column = panel * tile.Columns, columns = Math.Min(tile.Columns, product.Columns - column);
                Multiply<S>(panels + column * product.Depth, windowStarts, tiles, sums, columns <= S.Width);
                nint row = line * windows.GridWidth;
                for (nint place = 0; place < places; place++) product.Finish<S>(row + place, column, columns, sums + place * tile.Columns);
            }
        }
    }

    /// <summary>The sums of one panel, a tile after the other.</summary>
    private void Multiply<S>(float* panel, float** windowStarts, nint tiles, float* sums, bool oneLane) where S : unmanaged, IVectorLane<S>
    {
        int tapRows = windows.Rows.Count, tapColumns = windows.Columns.Count;
        nint rowDepth = (nint)tapColumns * windows.Channels, rowStep = windows.Rows.Step * windows.RowStep;
        if (product.Depth == 0)
        {
            new Span<float>(sums, (int)(tiles * tile.Sums)).Clear();
            return;
        }
        nint* starts = stackalloc nint[Math.Max(tapRows, tapColumns)];
        bool byRows = !windows.TapsTouch || (tapRows > 1 && product.Depth > DeepestPanel);
        for (int part = 0; part < (byRows ? tapRows : 1); part++)
        {
            // a stretch is as many taps as lie one after another: a row of them, or one
            bool wholeRows = windows.TapsTouch;
            int stretches = !byRows ? tapRows : wholeRows ? 1 : tapColumns;
            for (int i = 0; i < stretches; i++)
                starts[i] = part * rowStep + i * (!byRows ? rowStep : windows.Columns.Step * windows.PixelStep);
            nint length = wholeRows ? rowDepth : windows.Channels;
            var walk = new TileWalk(stretches, length, starts, 1, length * tile.Columns, tile.Columns);
            float* right = panel + part * rowDepth * tile.Columns;
            for (nint at = 0; at < tiles; at++)
                GemmTile.Run<S, Apart>(new Apart(windowStarts + at * tile.Rows), right, walk, sums + at * tile.Sums, oneLane, accumulate: part > 0);
        }
    }
}
