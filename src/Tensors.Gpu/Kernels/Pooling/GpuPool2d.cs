using ILGPU;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    public override void MaxPool2d(Pool2dGeometry geometry, Tensor<float> x, Tensor<float> y, Tensor<int>? indices)
    {
        using var unread = indices is null ? Rent<int>(y.Shape, MemoryFormat.ChannelsLast) : null;
        var winners = indices ?? unread!;
        LaunchElements(new MaxPoolKernel(new PoolPlanes(geometry, x.Shape, y.Shape), ViewOf(x), ViewOf(y), ViewOf(winners)), CountOf(y), x, y, winners);
    }

    public override void MaxPool2dBackward(Pool2dGeometry geometry, Tensor<float> dy, Tensor<int> indices, Tensor<float> dx) => LaunchElements(
        new MaxPoolBackwardKernel(new PoolPlanes(geometry, dx.Shape, dy.Shape), ViewOf(dy), ViewOf(indices), ViewOf(dx)), CountOf(dx), dy, indices, dx);

    public override void AveragePool2d(Pool2dGeometry geometry, Tensor<float> x, Tensor<float> y) => LaunchElements(
        new AveragePoolKernel(new PoolPlanes(geometry, x.Shape, y.Shape), ViewOf(x), ViewOf(y)), CountOf(y), x, y);

    public override void AveragePool2dBackward(Pool2dGeometry geometry, Tensor<float> dy, Tensor<float> dx) => LaunchElements(
        new AveragePoolBackwardKernel(new PoolPlanes(geometry, dx.Shape, dy.Shape), ViewOf(dy), ViewOf(dx)), CountOf(dx), dy, dx);
}

/// <summary>The planes that a window moves over. Element numbers are those of channels-last memory.</summary>
internal readonly struct PoolPlanes(Pool2dGeometry geometry, Shape input, Shape output)
{
    private readonly PoolAxis rows = PoolAxis.Rows(geometry, input, output), columns = PoolAxis.Columns(geometry, input, output);
    private readonly int countsPadding = geometry.CountIncludePad ? 1 : 0;

    public int Channels { get; } = input[1];

    public int Height { get; } = input[2];

    public int Width { get; } = input[3];

    public int OutputHeight { get; } = output[2];

    public int OutputWidth { get; } = output[3];

    /// <summary>The first row of a window, at or before the plane's first.</summary>
    public int Top(int outputRow) => rows.First(outputRow);

    /// <summary>One beyond the last row of a window, cut where the padding ends.</summary>
    public int Bottom(int outputRow) => rows.End(outputRow);

    /// <summary>The first column of a window.</summary>
    public int Left(int outputColumn) => columns.First(outputColumn);

    /// <summary>One beyond the last column of a window.</summary>
    public int Right(int outputColumn) => columns.End(outputColumn);

    /// <summary>The first output row whose window reaches a row of the input.</summary>
    public int FirstOutputRow(int row) => rows.FirstOver(row);

    /// <summary>One beyond the last output row whose window reaches a row of the input.</summary>
    public int EndOutputRow(int row) => rows.EndOver(row);

    /// <summary>The first output column whose window reaches a column of the input.</summary>
    public int FirstOutputColumn(int column) => columns.FirstOver(column);

    /// <summary>One beyond the last output column whose window reaches a column of the input.</summary>
    public int EndOutputColumn(int column) => columns.EndOver(column);

    /// <summary>What the sum over a window is divided by; at least 1.</summary>
    public float Divisor(int outputRow, int outputColumn)
    {
        int top = Top(outputRow), bottom = Bottom(outputRow), left = Left(outputColumn), right = Right(outputColumn);
        if (countsPadding == 0)
        {
            top = IntrinsicMath.Max(top, 0);
            left = IntrinsicMath.Max(left, 0);
            bottom = IntrinsicMath.Min(bottom, Height);
            right = IntrinsicMath.Min(right, Width);
        }
        return IntrinsicMath.Max(1, (bottom - top) * (right - left));
    }
}

/// <summary>The windows along one axis, and which of them are over a pixel of the input.</summary>
internal readonly struct PoolAxis(int length, int outputs, int kernel, int stride, int padBefore, int padAfter, int isAdaptive)
{
    public static PoolAxis Rows(Pool2dGeometry geometry, Shape input, Shape output) => new(
        input[2], output[2], geometry.KernelHeight, geometry.StrideHeight, geometry.PadTop, geometry.PadBottom, geometry.IsAdaptive ? 1 : 0);

    public static PoolAxis Columns(Pool2dGeometry geometry, Shape input, Shape output) => new(
        input[3], output[3], geometry.KernelWidth, geometry.StrideWidth, geometry.PadLeft, geometry.PadRight, geometry.IsAdaptive ? 1 : 0);

    public int First(int output) => isAdaptive != 0 ? output * length / outputs : output * stride - padBefore;

    public int End(int output) => isAdaptive != 0
        ? Ceiling.Divide((output + 1) * length, outputs)
        : IntrinsicMath.Min(output * stride - padBefore + kernel, length + padAfter);

    public int FirstOver(int pixel) => isAdaptive != 0
        ? pixel * outputs / length
        : IntrinsicMath.Max(0, (pixel + padBefore - kernel + stride) / stride);

    public int EndOver(int pixel) => isAdaptive != 0
        ? Ceiling.Divide((pixel + 1) * outputs, length)
        : IntrinsicMath.Min((pixel + padBefore) / stride + 1, outputs);
}

/// <summary>y = the largest of each window, and its position; NaN counts as the largest.</summary>
internal readonly struct MaxPoolKernel(PoolPlanes planes, ArrayView<float> x, ArrayView<float> y, ArrayView<int> indices) : IElementKernel
{
    public void Run(int index)
    {
        int pixel = index / planes.Channels, channel = index - pixel * planes.Channels;
        int line = pixel / planes.OutputWidth, column = pixel - line * planes.OutputWidth;
        int image = line / planes.OutputHeight, row = line - image * planes.OutputHeight;
        int top = IntrinsicMath.Max(planes.Top(row), 0), bottom = IntrinsicMath.Min(planes.Bottom(row), planes.Height);
        int left = IntrinsicMath.Max(planes.Left(column), 0), right = IntrinsicMath.Min(planes.Right(column), planes.Width);

        float best = float.NegativeInfinity;
        int winner = top * planes.Width + left;
        for (int inputRow = top; inputRow < bottom; inputRow++)
        {
            for (int inputColumn = left; inputColumn < right; inputColumn++)
            {
                int candidate = inputRow * planes.Width + inputColumn;
                float value = x[(image * planes.Height * planes.Width + candidate) * planes.Channels + channel];
                int wins = GpuMath.SelectIfGreater(value, best, 1, GpuMath.IsNaN(value));
                if (wins != 0)
                {
                    best = value;
                    winner = candidate;
                }
            }
        }
        y[index] = best;
        indices[index] = winner;
    }
}

/// <summary>dx = the sum of dy over the windows that a pixel won: each pixel looks at the windows over it.</summary>
internal readonly struct MaxPoolBackwardKernel(PoolPlanes planes, ArrayView<float> dy, ArrayView<int> indices, ArrayView<float> dx) : IElementKernel
{
    public void Run(int index)
    {
        int pixel = index / planes.Channels, channel = index - pixel * planes.Channels;
        int line = pixel / planes.Width, column = pixel - line * planes.Width;
        int image = line / planes.Height, row = line - image * planes.Height;
        int own = row * planes.Width + column;
        int firstColumn = planes.FirstOutputColumn(column), endColumn = planes.EndOutputColumn(column);
        int endRow = planes.EndOutputRow(row);

        float sum = 0f;
        for (int outputRow = planes.FirstOutputRow(row); outputRow < endRow; outputRow++)
        {
            for (int outputColumn = firstColumn; outputColumn < endColumn; outputColumn++)
            {
                int window = ((image * planes.OutputHeight + outputRow) * planes.OutputWidth + outputColumn) * planes.Channels + channel;
                if (indices[window] == own) sum += dy[window];
            }
        }
        dx[index] = sum;
    }
}

/// <summary>y = the mean of each window.</summary>
internal readonly struct AveragePoolKernel(PoolPlanes planes, ArrayView<float> x, ArrayView<float> y) : IElementKernel
{
    public void Run(int index)
    {
        int pixel = index / planes.Channels, channel = index - pixel * planes.Channels;
        int line = pixel / planes.OutputWidth, column = pixel - line * planes.OutputWidth;
        int image = line / planes.OutputHeight, row = line - image * planes.OutputHeight;
        int bottom = IntrinsicMath.Min(planes.Bottom(row), planes.Height);
        int left = IntrinsicMath.Max(planes.Left(column), 0), right = IntrinsicMath.Min(planes.Right(column), planes.Width);

        float sum = 0f;
        for (int inputRow = IntrinsicMath.Max(planes.Top(row), 0); inputRow < bottom; inputRow++)
            for (int inputColumn = left; inputColumn < right; inputColumn++)
                sum += x[((image * planes.Height + inputRow) * planes.Width + inputColumn) * planes.Channels + channel];
        y[index] = sum / planes.Divisor(row, column);
    }
}

/// <summary>dx = the sum of dy over the windows over a pixel, each divided as its mean was.</summary>
internal readonly struct AveragePoolBackwardKernel(PoolPlanes planes, ArrayView<float> dy, ArrayView<float> dx) : IElementKernel
{
    public void Run(int index)
    {
        int pixel = index / planes.Channels, channel = index - pixel * planes.Channels;
        int line = pixel / planes.Width, column = pixel - line * planes.Width;
        int image = line / planes.Height, row = line - image * planes.Height;
        int firstColumn = planes.FirstOutputColumn(column), endColumn = planes.EndOutputColumn(column);
        int endRow = planes.EndOutputRow(row);

        float sum = 0f;
        for (int outputRow = planes.FirstOutputRow(row); outputRow < endRow; outputRow++)
        {
            for (int outputColumn = firstColumn; outputColumn < endColumn; outputColumn++)
            {
                int window = ((image * planes.OutputHeight + outputRow) * planes.OutputWidth + outputColumn) * planes.Channels + channel;
                sum += dy[window] / planes.Divisor(outputRow, outputColumn);
            }
        }
        dx[index] = sum;
    }
}
