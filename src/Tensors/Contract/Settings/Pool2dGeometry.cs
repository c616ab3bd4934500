namespace Graft.Tensors;

/// <summary>How a pooling window moves over the plane; lengths in pixels.</summary>
/// <param name="KernelHeight">Rows of the window.</param>
/// <param name="KernelWidth">Columns of the window.</param>
/// <param name="StrideHeight">Rows between two windows.</param>
/// <param name="StrideWidth">Columns between two windows.</param>
/// <param name="PadHeight">Rows of padding above and below (minus infinity for a maximum, zero for an average).</param>
/// <param name="PadWidth">Columns of padding on the left and on the right.</param>
/// <param name="CeilMode">Whether the last window may reach over the edge (PyTorch's <c>ceil_mode</c>).</param>
/// <param name="CountIncludePad">Whether an average counts the padding (PyTorch's <c>count_include_pad</c>).</param>
internal readonly record struct Pool2dGeometry(
    int KernelHeight, int KernelWidth, int StrideHeight, int StrideWidth, int PadHeight, int PadWidth,
    bool CeilMode = false, bool CountIncludePad = true)
{
    /// <summary>The same window, stride and padding in both directions.</summary>
    public static Pool2dGeometry Square(int kernel, int stride, int padding = 0, bool ceilMode = false, bool countIncludePad = true) =>
        new(kernel, kernel, stride, stride, padding, padding, ceilMode, countIncludePad);

    /// <summary>The output's height.</summary>
    public int OutputHeight(int height) => Output(height, KernelHeight, StrideHeight, PadHeight, CeilMode);

    /// <summary>The output's width.</summary>
    public int OutputWidth(int width) => Output(width, KernelWidth, StrideWidth, PadWidth, CeilMode);

    /// <summary>PyTorch's rule: with <c>ceil_mode</c> a window that would start in the padding beyond the far edge is dropped.</summary>
    private static int Output(int length, int kernel, int stride, int pad, bool ceil)
    {
        int room = length + 2 * pad - kernel;
        if (room < 0) return 0;
        int output = (room + (ceil ? stride - 1 : 0)) / stride + 1;
        return ceil && (output - 1) * stride >= length + pad ? output - 1 : output;
    }
}
