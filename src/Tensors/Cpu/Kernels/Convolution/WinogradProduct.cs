namespace Graft.Tensors;

/// <summary>How squares of outputs are shared out.</summary>
/// <param name="Squares">Squares of an item.</param>
/// <param name="Panels">Panels of output channels of an item.</param>
/// <param name="Across">How many items lie side by side.</param>
/// <param name="Count">How many items there are.</param>
internal readonly record struct WinogradBlocking(nint Squares, nint Panels, nint Across, nint Count)
{
    /// <param name="all">How many squares there are.</param>
    /// <param name="panels">How many panels of output channels.</param>
    /// <param name="threads">How many threads share them.</param>
    public static WinogradBlocking Cut(nint all, nint panels, int threads)
    {
        nint wanted = Blocking.WantedItems(threads);
        nint blocks = Ceiling.Divide(all, Math.Clamp(Ceiling.Divide(all, wanted), Blocking.FewestSquares, Blocking.MostSquares));
        nint squares = Ceiling.Multiple(Ceiling.Divide(all, blocks), MicroKernel.Rows);
        blocks = Ceiling.Divide(all, squares);
        var (panelsEach, across) = Blocking.Spread(panels, blocks, wanted);
        return new WinogradBlocking(squares, panelsEach, across, blocks * across);
    }
}

/// <summary>output = epilogue(input times filters) by <see cref="Winograd"/>: patches are transformed into 36 matrices [squares,
/// channels], multiplied with 36 matrices of transformed filters, and the products transformed back.</summary>
internal readonly unsafe struct WinogradKernel<TRows, TEpilogue>(
    ConvolutionInput input, Product<TRows, TEpilogue> product, TileShape tile, float* filters, WinogradBlocking blocks) : IRangeKernel
    where TRows : unmanaged, IRowMap
    where TEpilogue : unmanaged, IEpilogue
{
    private readonly WinogradSquares squares = WinogradSquares.Of(input);

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint all = squares.In(input.Images), panels = Ceiling.Divide(product.Columns, tile.Columns);
        using var workspace = new WinogradWorkspace(input.Channels, blocks.Squares, tile.Columns);
        float** rows = (float**)workspace.Starts;
        bool* isDirect = stackalloc bool[(int)blocks.Squares];
        nint transformed = -1;
        for (nint item = begin; item < end; item++)
        {
            nint block = item / blocks.Across, panel = (item - block * blocks.Across) * blocks.Panels;
            nint first = block * blocks.Squares, count = Math.Min(blocks.Squares, all - first);
            if (transformed != block)
            {
                WinogradPatches.Transform<S>(input, squares, first, count, 0, input.Channels, workspace);
                for (nint i = 0; i < blocks.Squares; i++) rows[i] = workspace.Patches + Math.Min(i, count - 1) * input.Channels;
                for (nint i = 0; i < count; i++) isDirect[i] = WinogradDirect.Needs<S>(rows[i], workspace.PatchStep, input.Channels);
                transformed = block;
            }
            for (nint last = Math.Min(panel + blocks.Panels, panels); panel < last; panel++) Panel<S>(first, count, isDirect, panel * tile.Columns, workspace);
        }
    }

    private void Panel<S>(nint first, nint count, bool* isDirect, nint column, in WinogradWorkspace workspace) where S : unmanaged, IVectorLane<S>
    {
        nint columns = Math.Min(tile.Columns, product.Columns - column), tiles = Ceiling.Divide(count, tile.Rows);
        nint matrix = (nint)input.Channels * tile.Columns;
        float* right = filters + column * input.Channels * Winograd.Products;
        nint chains = input.Channels / Blocking.WinogradDepth, rest = input.Channels - chains * Blocking.WinogradDepth;
        nint* starts = stackalloc nint[(int)chains + 1];
        for (int at = 0; at < Winograd.Products; at++, right += matrix)
        {
            for (nint chain = 0; chain <= chains; chain++) starts[chain] = at * workspace.PatchStep + chain * Blocking.WinogradDepth;
            float* sums = workspace.Panels + at * workspace.PanelStep;
            var walk = new DepthWalk(1, Blocking.WinogradDepth, starts, step: 1, tile.Columns, chains);
            if (chains > 0) MicroKernel.Panel<S>((float**)workspace.Starts, tiles, right, right + matrix, matrix, walk, sums, columns, SumsBefore.None);
            if (rest == 0) continue;
            float* last = right + matrix - rest * tile.Columns;
            walk = new DepthWalk(1, rest, starts + chains, step: 1, tile.Columns);
            MicroKernel.Panel<S>((float**)workspace.Starts, tiles, last, last, 0, walk, sums, columns, chains > 0 ? SumsBefore.Add : SumsBefore.None);
        }
        for (nint square = 0; square < count; square++)
        {
            if (isDirect[square]) Directly<S>(first + square, column, columns, workspace);
            else
                for (nint i = 0; i < columns; i += S.Width)
                    Winograd.Output<S>(workspace.Panels + square * tile.Columns + i, workspace.PanelStep, workspace.Outputs + i, tile.Columns, workspace.Between);
            Finish<S>(first + square, column, columns, workspace.Outputs);
        }
    }

    private void Directly<S>(nint square, nint column, nint columns, in WinogradWorkspace workspace) where S : unmanaged, IVectorLane<S>
    {
        float** pixels = stackalloc float*[Winograd.Products];
        WinogradPatches.Pixels(input, squares, square, channel: 0, workspace.Zeros, pixels);
        float* right = filters + column * input.Channels * Winograd.Products;
        for (nint i = 0; i < columns; i += S.Width)
            WinogradDirect.Outputs<S>(pixels, input.Channels, right + i, tile.Columns, (nint)input.Channels * tile.Columns, workspace.Outputs + i, tile.Columns);
    }

    /// <summary>Writes what of a square lies inside the plane.</summary>
    private void Finish<S>(nint square, nint column, nint columns, float* outputs) where S : unmanaged, IVectorLane<S>
    {
        var (image, y, x) = squares.At(square);
        int height = Math.Min(Winograd.Square, input.GridHeight - y), width = Math.Min(Winograd.Square, input.GridWidth - x);
        for (int row = 0; row < height; row++)
        {
            nint pixel = (image * input.GridHeight + y + row) * input.GridWidth + x;
            for (int i = 0; i < width; i++)
                product.Finish<S>(pixel + i, column, columns, outputs + (row * Winograd.Square + i) * tile.Columns);
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
