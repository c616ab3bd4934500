namespace Graft.Tensors;

/// <summary>How a pooling window moves over the plane; lengths in pixels.</summary>
/// <param name="KernelHeight">Rows of the window.</param>
/// <param name="KernelWidth">Columns of the window.</param>
/// <param name="StrideHeight">Rows between two windows.</param>
/// <param name="StrideWidth">Columns between two windows.</param>
/// <param name="PadTop">Rows of padding above (minus infinity for a maximum, zero for an average).</param>
/// <param name="PadLeft">Columns of padding on the left.</param>
/// <param name="PadBottom">Rows of padding below.</param>
/// <param name="PadRight">Columns of padding on the right.</param>
/// <param name="CeilMode">Whether the last window may reach over the edge (PyTorch's <c>ceil_mode</c>).</param>
/// <param name="CountIncludePad">Whether an average counts the padding (PyTorch's <c>count_include_pad</c>).</param>
public readonly record struct Pool2dGeometry(
    int KernelHeight, int KernelWidth, int StrideHeight, int StrideWidth, int PadTop, int PadLeft, int PadBottom, int PadRight,
    bool CeilMode = false, bool CountIncludePad = true)
{
    /// <summary>Rows of the output of adaptive pooling; 0 where the window is given instead.</summary>
    public int AdaptiveHeight { get; private init; }

    /// <summary>Columns of the output of adaptive pooling; 0 where the window is given instead.</summary>
    public int AdaptiveWidth { get; private init; }

    /// <summary>Whether the output's size is given and the windows follow from it.</summary>
    public bool IsAdaptive => AdaptiveHeight > 0;

    /// <summary>The same window, stride and padding in both directions.</summary>
    public static Pool2dGeometry Square(int kernel, int stride, int padding = 0, bool ceilMode = false, bool countIncludePad = true) =>
        new(kernel, kernel, stride, stride, padding, padding, padding, padding, ceilMode, countIncludePad);

    /// <summary>Adaptive pooling to an output of that size, larger than the input or not: of OH output rows over H input rows, row i
    /// is that of the input rows from floor(i H / OH) up to before ceil((i + 1) H / OH), and columns alike (PyTorch's
    /// <c>adaptive_avg_pool2d</c> and <c>adaptive_max_pool2d</c>).</summary>
    public static Pool2dGeometry Adaptive(int outputHeight, int outputWidth) =>
        new(1, 1, 1, 1, 0, 0, 0, 0) { AdaptiveHeight = outputHeight, AdaptiveWidth = outputWidth };

    /// <summary>The output's height.</summary>
    public int OutputHeight(int height) => IsAdaptive
        ? AdaptiveHeight : Output(height, KernelHeight, StrideHeight, PadTop, PadBottom, CeilMode);

    /// <summary>The output's width.</summary>
    public int OutputWidth(int width) => IsAdaptive ? AdaptiveWidth : Output(width, KernelWidth, StrideWidth, PadLeft, PadRight, CeilMode);

    /// <summary>PyTorch's rule: with <c>ceil_mode</c> a window that would start in the padding beyond the far edge is dropped.</summary>
    private static int Output(int length, int kernel, int stride, int padBefore, int padAfter, bool ceil)
    {
        int space = length + padBefore + padAfter - kernel;
        if (space < 0) return 0;
        int output = (space + (ceil ? stride - 1 : 0)) / stride + 1;
        return ceil && (output - 1) * stride >= length + padBefore ? output - 1 : output;
    }
}
