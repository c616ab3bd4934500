namespace Graft.Tensors;

/// <summary>How the sums over all squares behind a weight's gradient are cut. It follows from the shape alone, since it shows in the
/// bits.</summary>
/// <param name="Squares">Squares that are transformed at a time.</param>
/// <param name="Parts">How many parts the squares fall into, whose sums are kept apart and added up in order at the end.</param>
/// <param name="PartSquares">Squares of a part.</param>
/// <param name="ChannelBlocks">How many blocks of input channels share a part.</param>
internal readonly record struct WinogradGradientBlocking(nint Squares, nint Parts, nint PartSquares, int ChannelBlocks)
{
    /// <summary>Input channels of an item.</summary>
    public const int Channels = Blocking.GradientChannels;

    public nint Count => Parts * ChannelBlocks;

    /// <summary>Rows of the sums of a block of channels, full tiles of them.</summary>
    public static int Rows => Ceiling.Multiple(Channels, MicroKernel.Rows);

    public static WinogradGradientBlocking Cut(in ConvolutionInput input)
    {
        int channelBlocks = Ceiling.Divide(input.Channels, Channels);
        nint all = WinogradSquares.Of(input).In(input.Images);
        nint parts = Math.Clamp(Blocking.GradientItems / channelBlocks, 1, Ceiling.Divide(all, Blocking.MostSquares));
        nint partSquares = Ceiling.Divide(all, parts);
        parts = Ceiling.Divide(all, partSquares);
        nint times = Ceiling.Divide(partSquares, Blocking.MostSquares);
        return new WinogradGradientBlocking(Ceiling.Divide(partSquares, times), parts, partSquares, channelBlocks);
    }
}

/// <summary>sums [part][block of channels][panel][36][channel, columns of a tile] = patches, transformed and transposed, times the
/// output's gradient, transformed (<see cref="Winograd"/>).</summary>
internal readonly unsafe struct WinogradGradientKernel(
    ConvolutionInput input, ConvolutionInput gradient, int outputs, TileShape tile, float* sums, WinogradGradientBlocking blocks) : IRangeKernel
{
    private readonly WinogradSquares squares = WinogradSquares.Of(input);

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint all = squares.In(input.Images), matrix = (nint)WinogradGradientBlocking.Rows * tile.Columns;
        nint panels = Ceiling.Divide(outputs, tile.Columns), itemSums = panels * Winograd.Products * matrix;
        using var workspace = new WinogradWorkspace(WinogradGradientBlocking.Channels, blocks.Squares, tile.Columns);
        float** rows = (float**)workspace.Starts;
        for (nint item = begin; item < end; item++)
        {
            nint part = item / blocks.ChannelBlocks, first = part * blocks.PartSquares, last = Math.Min(all, first + blocks.PartSquares);
            int channel = (int)(item - part * blocks.ChannelBlocks) * WinogradGradientBlocking.Channels;
            int channels = Math.Min(WinogradGradientBlocking.Channels, input.Channels - channel);
            nint tiles = Ceiling.Divide(channels, tile.Rows);
            for (int i = 0; i < tiles * tile.Rows; i++) rows[i] = workspace.Patches + Math.Min(i, channels - 1);
            for (nint from = first; from < last; from += blocks.Squares)
            {
                nint count = Math.Min(blocks.Squares, last - from);
                WinogradPatches.Transform<S>(input, squares, from, count, channel, channels, workspace);
                float* to = sums + item * itemSums;
                for (int column = 0; column < outputs; column += tile.Columns)
                {
                    int columns = Math.Min(tile.Columns, outputs - column);
                    TransformGradient<S>(from, count, column, columns, workspace);
                    for (int at = 0; at < Winograd.Products; at++, to += matrix)
                    {
                        nint start = at * workspace.PatchStep;
                        var walk = new DepthWalk(1, count, &start, channels, tile.Columns);
                        float* right = workspace.Panels + at * workspace.PanelStep;
                        MicroKernel.Panel<S>(rows, tiles, right, right, 0, walk, to, columns, from > first ? SumsBefore.Add : SumsBefore.None);
                    }
                }
            }
        }
    }

    /// <summary>Turns squares of the output's gradient into the rows of 36 matrices.</summary>
    private void TransformGradient<S>(nint first, nint count, int column, int columns, in WinogradWorkspace workspace) where S : unmanaged, IVectorLane<S>
    {
        float** pixels = stackalloc float*[Winograd.Square * Winograd.Square];
        for (nint i = 0; i < count; i++)
        {
            var (image, y, x) = squares.At(first + i);
            for (int at = 0; at < Winograd.Square * Winograd.Square; at++)
            {
                float* pixel = gradient.Pixel(image, y + at / Winograd.Square, x + at % Winograd.Square);
                pixels[at] = pixel == null ? workspace.Zeros : pixel + column;
            }
            float* to = workspace.Panels + i * tile.Columns;
            for (int at = 0; at < columns; at += S.Width) Winograd.OutputGradient<S>(pixels, at, to + at, workspace.PanelStep, workspace.Between);
        }
    }
}

/// <summary>weight gradient [O, C, 3, 3] = the parts' sums, added up in order, transformed back and transposed; an item is a few
/// channels of a panel.</summary>
internal readonly unsafe struct WinogradGatherKernel(
    float* sums, WinogradGradientBlocking blocks, int channels, int outputs, TileShape tile, float* weight) : IRangeKernel
{
    /// <summary>Channels of an item: their taps are one stretch of the gradient.</summary>
    public const int PerItem = 8;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        int width = tile.Columns, groups = Ceiling.Divide(channels, PerItem);
        nint matrix = (nint)WinogradGradientBlocking.Rows * width, panels = Ceiling.Divide(outputs, width);
        nint blockStep = panels * Winograd.Products * matrix, partStep = blocks.ChannelBlocks * blockStep;
        using var workspace = new ThreadWorkspace(PerItem * Winograd.Taps * width + 2 * Winograd.Products * S.Width);
        float* taps = workspace.Pointer, total = taps + PerItem * Winograd.Taps * width, between = total + Winograd.Products * S.Width;
        for (nint item = begin; item < end; item++)
        {
            nint panel = item / groups;
            int first = (int)(item - panel * groups) * PerItem, count = Math.Min(PerItem, channels - first);
            for (int channel = first; channel < first + count; channel++)
            {
                int block = channel / WinogradGradientBlocking.Channels, row = channel - block * WinogradGradientBlocking.Channels;
                float* from = sums + block * blockStep + panel * Winograd.Products * matrix + row * width;
                for (int i = 0; i < width; i += S.Width)
                {
                    for (int at = 0; at < Winograd.Products; at++)
                    {
                        var sum = S.Load(from + at * matrix + i);
                        for (nint part = 1; part < blocks.Parts; part++) sum += S.Load(from + part * partStep + at * matrix + i);
                        S.Store(sum, total + at * S.Width);
                    }
                    Winograd.FilterGradient<S>(total, S.Width, taps + (channel - first) * Winograd.Taps * width + i, width, between);
                }
            }
            for (nint column = 0; column < Math.Min(width, outputs - panel * width); column++)
            {
                float* to = weight + ((panel * width + column) * channels + first) * Winograd.Taps, from = taps + column;
                for (int i = 0; i < count * Winograd.Taps; i++, from += width) to[i] = *from;
            }
        }
    }
}
