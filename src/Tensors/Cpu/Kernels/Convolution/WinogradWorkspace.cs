namespace Graft.Tensors;

/// <summary>A thread's workspace for Winograd's convolution: 36 matrices of patches, 36 of what belongs to a panel of output channels. A matrix ends
/// with a line of the cache that nobody reads, so that the 36 numbers of one patch do not all fall into the same set of the cache.</summary>
internal readonly unsafe ref struct WinogradWorkspace
{
    private const int Outputs16 = Winograd.Square * Winograd.Square;

    /// <summary>The widest lane.</summary>
    private const int Width = 16;

    private readonly ThreadWorkspace workspace;

    public WinogradWorkspace(int channels, nint squares, int panelWidth)
    {
        nint starts = ThreadWorkspace.RoundUp(Math.Max(squares, channels + MicroKernel.Rows) * sizeof(float*) / sizeof(float));
        PatchStep = ThreadWorkspace.RoundUp(squares * channels) + ThreadWorkspace.RoundUp(1);
        PanelStep = ThreadWorkspace.RoundUp(squares * panelWidth) + ThreadWorkspace.RoundUp(1);
        nint zeros = Math.Max(channels, panelWidth);
        workspace = new ThreadWorkspace(starts + Winograd.Products * (PatchStep + PanelStep + Width) + Outputs16 * panelWidth + zeros);
        Starts = workspace.Pointer;
        Patches = Starts + starts;
        Panels = Patches + Winograd.Products * PatchStep;
        Between = Panels + Winograd.Products * PanelStep;
        Outputs = Between + Winograd.Products * Width;
        Zeros = Outputs + Outputs16 * panelWidth;
        new Span<float>(Zeros, (int)zeros).Clear();
    }

    /// <summary>The addresses of a product's rows: a pointer a square, or a channel.</summary>
    public float* Starts { get; }

    /// <summary>36 matrices [squares, channels].</summary>
    public float* Patches { get; }

    /// <summary>From a matrix of patches to the next.</summary>
    public nint PatchStep { get; }

    /// <summary>36 matrices [squares, columns of a panel].</summary>
    public float* Panels { get; }

    /// <summary>From a panel's matrix to the next.</summary>
    public nint PanelStep { get; }

    /// <summary>36 lanes between the two halves of a transformation.</summary>
    public float* Between { get; }

    /// <summary>A square of outputs, [16, columns of a panel].</summary>
    public float* Outputs { get; }

    /// <summary>What is read outside the image.</summary>
    public float* Zeros { get; }

    public void Dispose() => workspace.Dispose();
}

/// <summary>Turns patches of an image into the rows of 36 matrices.</summary>
internal static unsafe class WinogradPatches
{
    /// <param name="input">The image.</param>
    /// <param name="squares">The squares of outputs.</param>
    /// <param name="first">The first square.</param>
    /// <param name="count">How many.</param>
    /// <param name="channel">The first channel that is wanted.</param>
    /// <param name="channels">How many, which is how long the matrices' rows are.</param>
    /// <param name="workspace">Gets the matrices.</param>
    public static void Transform<S>(
        in ConvolutionInput input, WinogradSquares squares, nint first, nint count, int channel, int channels, in WinogradWorkspace workspace)
        where S : unmanaged, IVectorLane<S>
    {
        float** pixels = stackalloc float*[Winograd.Products];
        for (nint i = 0; i < count; i++)
        {
            Pixels(input, squares, first + i, channel, workspace.Zeros, pixels);
            float* to = workspace.Patches + i * channels;
            for (int at = 0; at < channels; at += S.Width) Winograd.Input<S>(pixels, at, to + at, workspace.PatchStep, workspace.Between);
        }
    }

    /// <summary>The addresses of a patch's pixels, row by row, from a channel on; of zeros outside the image.</summary>
    public static void Pixels(in ConvolutionInput input, WinogradSquares squares, nint square, int channel, float* zeros, float** pixels)
    {
        var (image, y, x) = squares.At(square);
        y += input.Rows.Origin;
        x += input.Columns.Origin;
        for (int row = 0; row < Winograd.Patch; row++)
        {
            for (int column = 0; column < Winograd.Patch; column++)
            {
                float* pixel = input.Pixel(image, y + row, x + column);
                pixels[row * Winograd.Patch + column] = pixel == null ? zeros : pixel + channel;
            }
        }
    }
}
