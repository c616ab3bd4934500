namespace Graft.Tensors;

// Letters: N images of H x W pixels, C channels innermost; the grid is the output pixels that a product's rows run over; taps are the
// pixels of a filter. A line is a row of the grid in one image.

/// <summary>An arithmetic progression of taps along one axis: tap t reads the pixel <c>grid * Stride + Origin + t * Step</c>.</summary>
internal readonly record struct Taps(int Count, int Stride, int Origin, int Step)
{
    /// <summary>The same taps, first the one that reads first.</summary>
    public Taps Ascending => Step >= 0 ? this : new Taps(Count, Stride, Origin + (Count - 1) * Step, -Step);

    /// <summary>How many pixels a window covers from its first tap to its last.</summary>
    public int Reach => (Count - 1) * Step + 1;

    /// <summary>How many pixels the windows of some neighbours on the grid cover together.</summary>
    public int Extent(int grid) => (grid - 1) * Stride + Reach;

    /// <summary>Which taps of the window whose first one would be at a pixel fall into the image: from the first on, up to but without the last.</summary>
    public (int First, int Last) Within(int origin, int length)
    {
        int first = origin >= 0 ? 0 : Math.Min(Count, (int)Ceiling.Divide(-origin, Step)), last = origin >= length ? 0 : Math.Min(Count, (int)Ceiling.Divide(length - origin, Step));
        return (first, Math.Max(first, last));
    }

    /// <summary>Which windows of a grid lie inside the image as a whole.</summary>
    public (int First, int Last) Inside(int grid, int length)
    {
        int first = Origin >= 0 ? 0 : Math.Min(grid, (int)Ceiling.Divide(-Origin, Stride)), room = length - Reach - Origin;
        return (first, Math.Max(first, room < 0 ? 0 : Math.Min(grid, room / Stride + 1)));
    }

    /// <summary>Whether every tap of every window on a grid falls into the image.</summary>
    public bool StayInside(int grid, int length) => Origin >= 0 && Origin + Extent(grid) <= length;
}

/// <summary>A channels-last image, or a group of its channels, as the rows of an implicit im2col matrix: a window at each pixel of a grid.
/// Taps ascend.</summary>
internal readonly unsafe struct ConvolutionInput
{
    private readonly float* image;
    private readonly int height;
    private readonly int width;
    private readonly nint pixelStep;
    private readonly bool staysInside;

    public ConvolutionInput(float* image, int images, int height, int width, nint pixelStep, int channels, int gridHeight, int gridWidth, Taps rows, Taps columns)
    {
        this.image = image;
        this.height = height;
        this.width = width;
        this.pixelStep = pixelStep;
        Images = images;
        Channels = channels;
        GridHeight = gridHeight;
        GridWidth = gridWidth;
        Rows = rows;
        Columns = columns;
        staysInside = rows.StayInside(gridHeight, height) && columns.StayInside(gridWidth, width);
    }

    public int Images { get; }

    public int Channels { get; }

    public int GridHeight { get; }

    public int GridWidth { get; }

    public Taps Rows { get; }

    public Taps Columns { get; }

    /// <summary>How many lines the grid has over all images.</summary>
    public nint Lines => (nint)Images * GridHeight;

    /// <summary>How many numbers a window has.</summary>
    public nint Depth => (nint)Channels * Rows.Count * Columns.Count;

    /// <summary>From a pixel to the next where the product reads them: in the image, or in a padded copy.</summary>
    public nint PixelStep => staysInside ? pixelStep : Channels;

    /// <summary>From a row of pixels to the next where the product reads them.</summary>
    public nint RowStep => staysInside ? width * pixelStep : PaddedWidth * Channels;

    /// <summary>Whether the taps of a row of a window lie one after another, so that they are one stretch.</summary>
    public bool TapsTouch => Columns.Count == 1 || (Columns.Step == 1 && PixelStep == Channels);

    private nint PaddedWidth => Columns.Extent(GridWidth);

    /// <summary>Whether a window leaves the image, so that a copy with zeros around it is needed.</summary>
    public bool NeedsCopy => !staysInside;

    /// <summary>How many floats a padded copy of all images has.</summary>
    public nint PaddedLength => Images * Rows.Extent(GridHeight) * RowStep;

    /// <summary>The same windows on a padded copy of all images.</summary>
    public ConvolutionInput OnCopy(float* copy) => new(
        copy, Images, Rows.Extent(GridHeight), Columns.Extent(GridWidth), Channels, Channels, GridHeight, GridWidth,
        Rows with { Origin = 0 }, Columns with { Origin = 0 });

    /// <summary>H.</summary>
    public int Height => height;

    /// <summary>W.</summary>
    public int Width => width;

    /// <summary>From a pixel of the image to the next.</summary>
    public nint ImagePixelStep => pixelStep;

    /// <summary>Where a pixel of an image is, or would be.</summary>
    public float* Address(nint n, int y, int x) => image + ((n * height + y) * width + x) * pixelStep;

    /// <summary>The channels of a pixel; null outside the image.</summary>
    public float* Pixel(nint n, int y, int x) =>
        (uint)y < (uint)height && (uint)x < (uint)width ? Address(n, y, x) : null;

    /// <summary>Makes the padded copy of one image.</summary>
    public void CopyImage(nint image, float* copy)
    {
        int rows = Rows.Extent(GridHeight);
        CopyLines(image, Rows.Origin, rows, copy + image * rows * RowStep);
    }

    /// <summary>How many floats of workspace <see cref="Prepare"/> needs for a number of neighbouring lines.</summary>
    public nint CopyLength(nint lines)
    {
        if (staysInside) return 0;
        nint images = (lines + GridHeight - 2) / GridHeight + 1;
        return ((lines - images) * Rows.Stride + images * (Rows.Reach + Rows.Stride)) * RowStep;
    }

    /// <summary>Gives the micro-kernel the address of each window of some lines, an indirection buffer as XNNPACK has: in place, or in a copy with
    /// zeros around it where a window leaves the image.</summary>
    /// <param name="line">The first line.</param>
    /// <param name="lines">How many lines.</param>
    /// <param name="copy">Workspace for the copy.</param>
    /// <param name="indirection">Gets the address of each window.</param>
    public void Prepare(nint line, nint lines, float* copy, float** indirection)
    {
        while (lines > 0)
        {
            nint n = line / GridHeight;
            int y = (int)(line - n * GridHeight), count = (int)Math.Min(lines, GridHeight - y);
            float* first = staysInside
                ? image + ((n * height + y * Rows.Stride + Rows.Origin) * width + Columns.Origin) * pixelStep
                : copy;
            if (!staysInside) copy += CopyLines(n, y * Rows.Stride + Rows.Origin, Rows.Extent(count), copy);
            for (int row = 0; row < count; row++)
            {
                float* start = first + row * Rows.Stride * RowStep;
                for (int x = 0; x < GridWidth; x++, start += Columns.Stride * PixelStep) *indirection++ = start;
            }
            line += count;
            lines -= count;
        }
    }

    /// <summary>Copies rows [top, top + rows) of an image, zeros for what lies outside, and returns how many floats that made.</summary>
    private nint CopyLines(nint n, int top, int rows, float* to)
    {
        int left = Columns.Origin, paddedWidth = (int)PaddedWidth;
        int from = Math.Clamp(-left, 0, paddedWidth), until = Math.Clamp(width - left, from, paddedWidth);
        for (int row = 0; row < rows; row++, to += RowStep)
        {
            int y = top + row;
            if ((uint)y >= (uint)height || from == until)
            {
                new Span<float>(to, (int)RowStep).Clear();
                continue;
            }
            new Span<float>(to, from * Channels).Clear();
            float* pixels = image + ((n * height + y) * width + left + from) * pixelStep;
            if (pixelStep == Channels)
            {
                new ReadOnlySpan<float>(pixels, (until - from) * Channels).CopyTo(new Span<float>(to + from * Channels, (until - from) * Channels));
            }
            else
            {
                for (int x = from; x < until; x++, pixels += pixelStep)
                    new ReadOnlySpan<float>(pixels, Channels).CopyTo(new Span<float>(to + x * Channels, Channels));
            }
            new Span<float>(to + until * Channels, (paddedWidth - until) * Channels).Clear();
        }
        return rows * RowStep;
    }
}

/// <summary>Output rows at the pixels of a grid within a larger plane: every row of the plane, or every s-th.</summary>
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

/// <summary>Makes the padded copies of images, an image an item.</summary>
internal readonly unsafe struct PadKernel(ConvolutionInput input, float* copy) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint image = begin; image < end; image++) input.CopyImage(image, copy);
    }
}
