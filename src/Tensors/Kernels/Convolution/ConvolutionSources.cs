using System.Runtime.CompilerServices;

namespace Graft.Tensors;

// Letters: N images of H x W places, C channels innermost; G the grid of places that a product's lines run over; taps are
// the places of a window, TR rows of TC.

/// <summary>An arithmetic progression of taps along one axis: tap t reads the place <c>grid * Stride + Origin + t * Step</c>.</summary>
internal readonly record struct Taps(int Count, int Stride, int Origin, int Step);

/// <summary>A channels-last image seen through a window at each place of a grid: line (n, gy, gx), depth (tap row, tap column,
/// channel). Places outside the image are zero. One source serves forward and backward-input.</summary>
internal readonly unsafe struct WindowSource(
    float* image, int height, int width, int pixelStep, int channels, int gridHeight, int gridWidth, Taps rows, Taps columns)
    : IPanelSource
{
    public void Pack(float* panel, int panelWidth, nint line, int lines, nint k0, int depth)
    {
        if (depth == 0) return;
        float* scratch = stackalloc float[TileShape.MaximumRows * GemmBlocks.Depth];
        float** from = stackalloc float*[TileShape.MaximumRows];
        for (int i = 0; i < lines; i++)
        {
            from[i] = scratch + i * GemmBlocks.Depth;
            Gather(from[i], line + i, k0, depth);
        }
        PanelWriter.Transpose(panel, panelWidth, from, lines, depth);
    }

    /// <summary>Lays the window's numbers of one line, depths [k0, k0 + depth), one after another.</summary>
    private void Gather(float* to, nint line, nint k0, int depth)
    {
        nint plane = (nint)gridHeight * gridWidth;
        nint n = line / plane, inPlane = line - n * plane;
        int gy = (int)(inPlane / gridWidth), gx = (int)(inPlane - (nint)gy * gridWidth);
        float* start = image + n * height * width * pixelStep;
        nint tap = k0 / channels;
        int channel = (int)(k0 - tap * channels);
        int row = (int)(tap / columns.Count), column = (int)(tap - (nint)row * columns.Count);
        while (depth > 0)
        {
            int y = gy * rows.Stride + rows.Origin + row * rows.Step, x = gx * columns.Stride + columns.Origin + column * columns.Step;
            int count = Math.Min(channels - channel, depth);
            if ((uint)y < (uint)height && (uint)x < (uint)width) Copy(to, start + ((nint)y * width + x) * pixelStep + channel, count);
            else new Span<float>(to, count).Clear();
            to += count;
            depth -= count;
            channel = 0;
            if (++column == columns.Count)
            {
                column = 0;
                row++;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* to, float* from, int count)
    {
        if (count >= 8) Unsafe.CopyBlockUnaligned(to, from, (uint)count * sizeof(float));
        else
            for (int i = 0; i < count; i++) to[i] = from[i];
    }
}

/// <summary>The same windows the other way round: line (tap row, tap column, channel), depth (n, gy, gx). It is the right
/// operand of backward-weight.</summary>
internal readonly unsafe struct WindowColumns(
    float* image, int height, int width, int pixelStep, int channels, int gridHeight, int gridWidth, Taps rows, Taps columns)
    : IPanelSource
{
    public void Pack(float* panel, int panelWidth, nint line, int lines, nint k0, int depth)
    {
        nint plane = (nint)gridHeight * gridWidth;
        nint firstTap = line / channels;
        int firstChannel = (int)(line - firstTap * channels);
        nint n = k0 / plane, inPlane = k0 - n * plane;
        int gy = (int)(inPlane / gridWidth), gx = (int)(inPlane - (nint)gy * gridWidth);
        for (int k = 0; k < depth; k++, panel += panelWidth)
        {
            float* start = image + n * height * width * pixelStep;
            int row = (int)(firstTap / columns.Count), column = (int)(firstTap - (nint)row * columns.Count), channel = firstChannel;
            for (int i = 0; i < lines;)
            {
                int y = gy * rows.Stride + rows.Origin + row * rows.Step, x = gx * columns.Stride + columns.Origin + column * columns.Step;
                int count = Math.Min(channels - channel, lines - i);
                var to = new Span<float>(panel + i, count);
                if ((uint)y < (uint)height && (uint)x < (uint)width)
                    new ReadOnlySpan<float>(start + ((nint)y * width + x) * pixelStep + channel, count).CopyTo(to);
                else to.Clear();
                i += count;
                channel = 0;
                if (++column == columns.Count)
                {
                    column = 0;
                    row++;
                }
            }
            for (int i = lines; i < panelWidth; i++) panel[i] = 0f;
            if (++gx < gridWidth) continue;
            gx = 0;
            if (++gy < gridHeight) continue;
            gy = 0;
            n++;
        }
    }
}

/// <summary>A weight [O, C, KH, KW] of any strides as an operand: lines step along one channel axis, the depth is (tap row,
/// tap column, other channel axis), the taps in the order of a <see cref="WindowSource"/>.</summary>
internal readonly unsafe struct WeightSource(
    float* start, nint lineStep, nint innerStep, int inner, int tapColumns, nint tapRowStep, nint tapColumnStep) : IPanelSource
{
    public void Pack(float* panel, int panelWidth, nint line, int lines, nint k0, int depth)
    {
        nint tap = k0 / inner;
        int channel = (int)(k0 - tap * inner);
        for (int k = 0; k < depth; k++, panel += panelWidth)
        {
            float* from = start + line * lineStep + tap / tapColumns * tapRowStep + tap % tapColumns * tapColumnStep + channel * innerStep;
            for (int i = 0; i < lines; i++) panel[i] = from[i * lineStep];
            for (int i = lines; i < panelWidth; i++) panel[i] = 0f;
            if (++channel < inner) continue;
            channel = 0;
            tap++;
        }
    }
}

/// <summary>Output rows at the places of a grid within a larger plane: every row of the plane, or every s-th.</summary>
internal readonly unsafe struct GridRows(float* start, int gridHeight, int gridWidth, nint imageStep, nint rowStep, nint columnStep) : IRowMap
{
    public float* Row(nint row)
    {
        nint plane = (nint)gridHeight * gridWidth;
        nint n = row / plane, inPlane = row - n * plane;
        nint y = inPlane / gridWidth, x = inPlane - y * gridWidth;
        return start + n * imageStep + y * rowStep + x * columnStep;
    }
}
