namespace Graft.Tensors;

/// <summary>How a convolution's window moves over the plane; lengths in pixels.</summary>
/// <param name="StrideHeight">Rows between two windows.</param>
/// <param name="StrideWidth">Columns between two windows.</param>
/// <param name="PadTop">Rows of zeros above.</param>
/// <param name="PadLeft">Columns of zeros on the left.</param>
/// <param name="PadBottom">Rows of zeros below.</param>
/// <param name="PadRight">Columns of zeros on the right.</param>
/// <param name="DilationHeight">Rows between two taps of a window.</param>
/// <param name="DilationWidth">Columns between two taps of a window.</param>
/// <param name="Groups">Into how many independent groups the channels fall.</param>
public readonly record struct Conv2dGeometry(
    int StrideHeight, int StrideWidth,
    int PadTop, int PadLeft, int PadBottom, int PadRight,
    int DilationHeight, int DilationWidth, int Groups)
{
    /// <summary>The same stride, padding and dilation in both directions, as PyTorch's scalar arguments mean.</summary>
    public static Conv2dGeometry Square(int stride = 1, int padding = 0, int dilation = 1, int groups = 1) =>
        new(stride, stride, padding, padding, padding, padding, dilation, dilation, groups);

    /// <summary>The output's height: floor((H + pads - dilation * (kernel - 1) - 1) / stride) + 1.</summary>
    public int OutputHeight(int height, int kernelHeight) =>
        Output(height, PadTop + PadBottom, DilationHeight, kernelHeight, StrideHeight);

    /// <summary>The output's width, by the same formula.</summary>
    public int OutputWidth(int width, int kernelWidth) =>
        Output(width, PadLeft + PadRight, DilationWidth, kernelWidth, StrideWidth);

    private static int Output(int length, int pads, int dilation, int kernel, int stride)
    {
        int space = length + pads - dilation * (kernel - 1) - 1;
        return space < 0 ? 0 : space / stride + 1;
    }
}
