namespace Graft.Tensors;

/// <summary>How the sum over all pixels behind a weight's gradient is cut.</summary>
/// <param name="Lines">Lines of the grid in a block: their input and gradients stay in the cache while all tiles use them.</param>
/// <param name="Parts">How many parts the lines fall into whose sums are kept apart and added up in order at the end. It follows
/// from the shape alone, since it shows in the bits.</param>
/// <param name="PartLines">Lines of a part.</param>
/// <param name="Rows">Rows (tap, channel) of an item, in tiles.</param>
/// <param name="Across">How many items share a part.</param>
internal readonly record struct WeightGradientBlocking(nint Lines, nint Parts, nint PartLines, nint Rows, nint Across)
{
    public nint Count => Parts * Across;

    /// <summary>Whether the sums are few enough for each part of the lines to have its own.</summary>
    public static bool KeepsPartsApart(in ConvolutionInput input, nint columns) => input.Depth * columns <= Blocking.GradientSums;

    public static WeightGradientBlocking Cut(in ConvolutionInput input, nint columns, TileShape tile, int threads)
    {
        nint tiles = Ceiling.Divide(input.Depth, tile.Rows);
        nint lineFloats = input.GridWidth * (columns + (nint)input.Channels * input.Rows.Stride * input.Columns.Stride);
        bool small = KeepsPartsApart(input, columns);
        nint lines = Math.Clamp((small ? Blocking.GradientBlock : Blocking.LargeGradientBlock) / Math.Max(1, lineFloats), 1, Math.Max(1, input.Lines));
        if (lines > input.GridHeight) lines -= lines % input.GridHeight;
        nint parts = small ? Math.Clamp(Ceiling.Divide(input.Lines, lines), 1, Blocking.GradientParts) : 1;
        nint partLines = Math.Max(1, Ceiling.Divide(input.Lines, parts));
        parts = Math.Max(1, Ceiling.Divide(input.Lines, partLines));
        var (rows, across) = Blocking.Spread(tiles, parts, small && parts >= threads ? 1 : Blocking.WantedItems(threads));
        return new WeightGradientBlocking(Math.Min(lines, partLines), parts, partLines, rows, across);
    }
}

/// <summary>sums [part][panel][tile] = input, as im2col would have it, transposed, times the output's gradient: rows are (tap row, tap column, channel),
/// columns are output channels, the depth runs over the pixels of a part. The input is read in place, the gradient packed.</summary>
internal readonly unsafe struct WeightGradientKernel(
    ConvolutionInput input, float* gradient, nint gradientStep, nint columns, TileShape tile, float* sums, WeightGradientBlocking blocks) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint startsLength = ThreadWorkspace.RoundUp(blocks.Lines * input.GridWidth * 2), rowsLength = ThreadWorkspace.RoundUp(blocks.Rows * tile.Rows * 2);
        nint tiles = Ceiling.Divide(input.Depth, tile.Rows), panels = Ceiling.Divide(columns, tile.Columns);
        using var workspace = new ThreadWorkspace(startsLength + rowsLength + tile.Columns * blocks.Lines * input.GridWidth + input.CopyLength(blocks.Lines));
        for (nint item = begin; item < end; item++)
        {
            nint part = item / blocks.Across, firstTile = (item - part * blocks.Across) * blocks.Rows;
            nint lastTile = Math.Min(tiles, firstTile + blocks.Rows);
            nint line = part * blocks.PartLines, lastLine = Math.Min(input.Lines, line + blocks.PartLines);
            float* partSums = sums + part * panels * tiles * tile.Sums;
            if (line >= lastLine)
            {
                for (nint panel = 0; panel < panels; panel++)
                    new Span<float>(partSums + (panel * tiles + firstTile) * tile.Sums, (int)((lastTile - firstTile) * tile.Sums)).Clear();
            }
            for (nint from = line; from < lastLine; from += blocks.Lines)
            {
                Block<S>(
                    from, Math.Min(blocks.Lines, lastLine - from), firstTile, lastTile, tiles, panels, workspace.Pointer, startsLength, rowsLength, partSums,
                    from > line ? SumsBefore.Add : SumsBefore.None);
            }
        }
    }

    /// <summary>Adds some lines to the sums of some tiles.</summary>
    private void Block<S>(
        nint line, nint lines, nint firstTile, nint lastTile, nint tiles, nint panels, float* memory, nint startsLength, nint rowsLength,
        float* partSums, SumsBefore before)
        where S : unmanaged, IVectorLane<S>
    {
        float** starts = (float**)memory, rows = (float**)(memory + startsLength);
        float* right = memory + startsLength + rowsLength, copy = right + tile.Columns * blocks.Lines * input.GridWidth;
        input.Prepare(line, lines, copy, starts);
        nint gridWidth = input.GridWidth;
        // the first pixel of each line, and from one to the next along it
        nint* lineStarts = (nint*)starts;
        float* origin = starts[0];
        for (nint i = 0; i < lines; i++) lineStarts[i] = (nint)(starts[i * gridWidth] - origin);
        // rows that fill up the last tile compute what nobody reads
        nint firstRow = firstTile * tile.Rows, rowCount = (lastTile - firstTile) * tile.Rows;
        for (nint i = 0; i < rowCount; i++) rows[i] = origin + Offset(Math.Min(firstRow + i, input.Depth - 1));
        var walk = new DepthWalk(lines, gridWidth, lineStarts, input.Columns.Stride * input.PixelStep, tile.Columns);
        for (nint panel = 0; panel < panels; panel++)
        {
            nint column = panel * tile.Columns;
            int width = (int)Math.Min(tile.Columns, columns - column);
            PanelWriter.Columns(right, tile.Columns, gradient + line * gridWidth * gradientStep + column, gradientStep, width, (int)(lines * gridWidth));
            float* to = partSums + (panel * tiles + firstTile) * tile.Sums;
            MicroKernel.Panel<S>(rows, lastTile - firstTile, right, right, 0, walk, to, width, before);
        }
    }

    /// <summary>From a window's beginning to the number of a row (tap row, tap column, channel).</summary>
    private nint Offset(nint row)
    {
        nint tap = row / input.Channels, channel = row - tap * input.Channels;
        nint tapRow = tap / input.Columns.Count, tapColumn = tap - tapRow * input.Columns.Count;
        return tapRow * input.Rows.Step * input.RowStep + tapColumn * input.Columns.Step * input.PixelStep + channel;
    }
}

/// <summary>weight gradient [O, C, KH, KW] = the parts' sums, added up in order and transposed; an item is a few channels of a
/// panel.</summary>
internal readonly unsafe struct GatherGradientKernel(
    float* sums, nint parts, int channels, int taps, nint outputs, TileShape tile, float* weight, nint channelGroups) : IRangeKernel
{
    private const int Together = 64;

    /// <summary>How many items a panel has.</summary>
    public static nint Groups(int channels, int taps) => Ceiling.Divide(channels, PerItem(taps));

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint depth = (nint)channels * taps, tiles = Ceiling.Divide(depth, tile.Rows);
        nint panels = Ceiling.Divide(outputs, tile.Columns), partStep = panels * tiles * tile.Sums;
        int perItem = PerItem(taps), width = tile.Columns;
        using var workspace = new ThreadWorkspace((nint)perItem * taps * width);
        for (nint item = begin; item < end; item++)
        {
            nint panel = item / channelGroups, first = (item - panel * channelGroups) * perItem;
            int count = (int)Math.Min(perItem, channels - first), numbers = count * taps;
            float* to = workspace.Pointer;
            for (nint channel = first; channel < first + count; channel++)
            {
                for (int tap = 0; tap < taps; tap++, to += width)
                {
                    nint row = tap * (nint)channels + channel, at = row / tile.Rows;
                    float* from = sums + (panel * tiles + at) * tile.Sums + (row - at * tile.Rows) * width;
                    for (nint i = 0; i < width; i += S.Width)
                    {
                        var sum = S.Load(from + i);
                        for (nint part = 1; part < parts; part++) sum += S.Load(from + part * partStep + i);
                        S.Store(sum, to + i);
                    }
                }
            }
            for (nint column = 0; column < Math.Min(width, outputs - panel * width); column++)
            {
                float* output = weight + ((panel * width + column) * channels + first) * taps, from = workspace.Pointer + column;
                for (int i = 0; i < numbers; i++, from += width) output[i] = *from;
            }
        }
    }

    private static int PerItem(int taps) => Math.Max(1, Together / taps);
}
