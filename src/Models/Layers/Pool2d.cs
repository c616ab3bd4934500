using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The maximum of each window (PyTorch's <c>MaxPool2d</c>): [N, C, H, W] to [N, C, OH, OW].</summary>
/// <param name="kernel">The window's side in pixels.</param>
/// <param name="stride">Pixels between two windows; null for the window's side.</param>
/// <param name="padding">Pixels of padding on each side, at most half the window.</param>
/// <param name="ceilMode">Whether the last window may reach over the edge (<c>ceil_mode</c>).</param>
public sealed class MaxPool2d(int kernel, int? stride = null, int padding = 0, bool ceilMode = false) : Layer
{
    private readonly Pool2dGeometry geometry = Pool2dGeometry.Square(kernel, stride ?? kernel, padding, ceilMode);

    /// <inheritdoc/>
    protected override Variable Compute(Variable x) => x.MaxPool2d(geometry);
}

/// <summary>The mean of each window (PyTorch's <c>AvgPool2d</c>): [N, C, H, W] to [N, C, OH, OW].</summary>
/// <param name="kernel">The window's side in pixels.</param>
/// <param name="stride">Pixels between two windows; null for the window's side.</param>
/// <param name="padding">Pixels of zeros on each side, at most half the window.</param>
/// <param name="ceilMode">Whether the last window may reach over the edge (<c>ceil_mode</c>).</param>
/// <param name="countIncludePad">Whether the mean counts the padding (<c>count_include_pad</c>).</param>
public sealed class AveragePool2d(int kernel, int? stride = null, int padding = 0, bool ceilMode = false, bool countIncludePad = true) : Layer
{
    private readonly Pool2dGeometry geometry = Pool2dGeometry.Square(kernel, stride ?? kernel, padding, ceilMode, countIncludePad);

    /// <inheritdoc/>
    protected override Variable Compute(Variable x) => x.AveragePool2d(geometry);
}

/// <summary>The means of as many windows as asked for, whatever the input's size (PyTorch's <c>AdaptiveAvgPool2d</c>): [N, C, H, W] to
/// [N, C, height, width].</summary>
/// <param name="height">Rows of the output.</param>
/// <param name="width">Columns of the output.</param>
public sealed class AdaptiveAveragePool2d(int height, int width) : Layer
{
    /// <inheritdoc/>
    protected override Variable Compute(Variable x) => x.AdaptiveAveragePool2d(height, width);
}
