namespace Graft.Tensors;

// Letters: N images, H x W pixels, C channels, channels innermost; OH x OW pixels of the output.
public sealed partial class CpuDevice
{
    public override unsafe void MaxPool2d(Pool2dGeometry geometry, Tensor<float> x, Tensor<float> y, Tensor<int>? indices)
    {
        var planes = new PoolPlanes(geometry, x.Shape, y.Shape);
        workers.Run(new MaxPoolKernel(planes, x.Pointer(), y.Pointer(), indices.PointerOrNull()), planes.OutputRows, planes.StepsPerOutputRow);
        KeepAlive(x, y, indices);
    }

    public override unsafe void MaxPool2dBackward(Pool2dGeometry geometry, Tensor<float> dy, Tensor<int> indices, Tensor<float> dx)
    {
        var planes = new PoolPlanes(geometry, dx.Shape, dy.Shape);
        workers.Run(new MaxPoolBackwardKernel(planes, dy.Pointer(), indices.Pointer(), dx.Pointer()), planes.Images, planes.StepsPerImage);
        KeepAlive(dy, indices, dx);
    }

    public override unsafe void AveragePool2d(Pool2dGeometry geometry, Tensor<float> x, Tensor<float> y)
    {
        var planes = new PoolPlanes(geometry, x.Shape, y.Shape);
        workers.Run(new AveragePoolKernel(planes, x.Pointer(), y.Pointer()), planes.OutputRows, planes.StepsPerOutputRow);
        KeepAlive(x, y);
    }

    public override unsafe void AveragePool2dBackward(Pool2dGeometry geometry, Tensor<float> dy, Tensor<float> dx)
    {
        var planes = new PoolPlanes(geometry, dx.Shape, dy.Shape);
        workers.Run(new AveragePoolBackwardKernel(planes, dy.Pointer(), dx.Pointer()), planes.Images, planes.StepsPerImage);
        KeepAlive(dy, dx);
    }
}

/// <summary>The part of a pooling window that lies inside the plane, and how many pixels an average divides by.</summary>
internal readonly record struct PoolWindow(int Top, int Bottom, int Left, int Right, int Divisor);

internal readonly struct PoolPlanes(Pool2dGeometry geometry, Shape input, Shape output)
{
    public int Images { get; } = input[0];

    public int Channels { get; } = input[1];

    public int Height { get; } = input[2];

    public int Width { get; } = input[3];

    public int OutputHeight { get; } = output[2];

    public int OutputWidth { get; } = output[3];

    public nint OutputRows => (nint)Images * OutputHeight;

    public long StepsPerOutputRow => geometry.IsAdaptive
        ? Math.Max(OutputWidth, Width) * (long)Channels * (Height / OutputHeight + 1)
        : (long)OutputWidth * Channels * geometry.KernelHeight * geometry.KernelWidth;

    public long StepsPerImage => OutputHeight * StepsPerOutputRow;

    public PoolWindow Window(int row, int column)
    {
        if (geometry.IsAdaptive)
        {
            var ((first, end), (firstColumn, endColumn)) = (Part(row, Height, OutputHeight), Part(column, Width, OutputWidth));
            return new PoolWindow(first, end, firstColumn, endColumn, (end - first) * (endColumn - firstColumn));
        }
        int top = row * geometry.StrideHeight - geometry.PadTop, left = column * geometry.StrideWidth - geometry.PadLeft;
        int bottom = Math.Min(top + geometry.KernelHeight, Height + geometry.PadBottom);
        int right = Math.Min(left + geometry.KernelWidth, Width + geometry.PadRight);
        int padded = (bottom - top) * (right - left);
        (top, left, bottom, right) = (Math.Max(top, 0), Math.Max(left, 0), Math.Min(bottom, Height), Math.Min(right, Width));
        return new PoolWindow(top, bottom, left, right, geometry.CountIncludePad ? padded : (bottom - top) * (right - left));
    }

    /// <summary>The pixels that adaptive pooling makes one of: from floor(i L / N) up to before ceil((i + 1) L / N).</summary>
    private static (int First, int End) Part(int i, int length, int parts) =>
        ((int)((long)i * length / parts), (int)(Ceiling.Divide((i + 1L) * length, parts)));
}

internal readonly unsafe struct MaxPoolKernel(PoolPlanes planes, float* x, float* y, int* indices) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint line = begin; line < end; line++)
        {
            nint image = line / planes.OutputHeight;
            int row = (int)(line - image * planes.OutputHeight);
            float* plane = x + image * planes.Height * planes.Width * planes.Channels;
            for (int column = 0; column < planes.OutputWidth; column++)
            {
                nint to = (line * planes.OutputWidth + column) * planes.Channels;
                var window = planes.Window(row, column);
                int c = 0;
                for (; c + S.Width <= planes.Channels; c += S.Width) Largest<S>(plane, window, c, to + c);
                for (; c < planes.Channels; c++) Largest<Lane1>(plane, window, c, to + c);
            }
        }
    }

    /// <summary>The largest of a window. Where its position is wanted, its distance from the window's first pixel rides along as a float,
    /// which is exact.</summary>
    private void Largest<S>(float* plane, in PoolWindow window, int channel, nint to) where S : unmanaged, IVectorLane<S>
    {
        S largest = S.Splat(float.NegativeInfinity), winner = S.Splat(0f), minusOne = S.Splat(-1f);
        int first = window.Top * planes.Width + window.Left;
        float* line = plane + (nint)first * planes.Channels + channel;
        for (int row = window.Top; row < window.Bottom; row++, line += planes.Width * (nint)planes.Channels)
        {
            float* at = line;
            for (int column = window.Left; column < window.Right; column++, at += planes.Channels)
            {
                var value = S.Load(at);
                // a NaN is not above -1 in magnitude: it wins and stays, as in PyTorch
                var magnitude = S.Abs(value);
                if (indices != null)
                {
                    var position = S.Splat((row - window.Top) * planes.Width + column - window.Left);
                    winner = S.WhereGreater(magnitude, minusOne, S.WhereGreater(value, largest, position, winner), position);
                }
                largest = S.WhereGreater(magnitude, minusOne, S.WhereGreater(value, largest, value, largest), value);
            }
        }
        S.Store(largest, y + to);
        if (indices == null) return;
        float* winners = stackalloc float[VirtualLanes.Count];
        S.Store(winner, winners);
        for (int i = 0; i < S.Width; i++) indices[to + i] = first + (int)winners[i];
    }
}

/// <summary>An item is an image: windows overlap within a plane, so one worker adds up a plane in the order of its windows.</summary>
internal readonly unsafe struct MaxPoolBackwardKernel(PoolPlanes planes, float* dy, int* indices, float* dx) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint pixels = (nint)planes.OutputHeight * planes.OutputWidth, area = (nint)planes.Height * planes.Width;
        for (nint image = begin; image < end; image++)
        {
            float* to = dx + image * area * planes.Channels;
            new Span<float>(to, checked((int)(area * planes.Channels))).Clear();
            for (nint pixel = image * pixels; pixel < (image + 1) * pixels; pixel++)
            {
                nint from = pixel * planes.Channels;
                for (int c = 0; c < planes.Channels; c++) to[(nint)indices[from + c] * planes.Channels + c] += dy[from + c];
            }
        }
    }
}

internal readonly unsafe struct AveragePoolKernel(PoolPlanes planes, float* x, float* y) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint line = begin; line < end; line++)
        {
            nint image = line / planes.OutputHeight;
            int row = (int)(line - image * planes.OutputHeight);
            float* plane = x + image * planes.Height * planes.Width * planes.Channels;
            for (int column = 0; column < planes.OutputWidth; column++)
            {
                float* to = y + (line * planes.OutputWidth + column) * planes.Channels;
                var window = planes.Window(row, column);
                int c = 0;
                for (; c + S.Width <= planes.Channels; c += S.Width) S.Store(Mean<S>(plane, window, c), to + c);
                for (; c < planes.Channels; c++) Lane1.Store(Mean<Lane1>(plane, window, c), to + c);
            }
        }
    }

    private S Mean<S>(float* plane, in PoolWindow window, int channel) where S : unmanaged, IVectorLane<S>
    {
        var sum = S.Splat(0f);
        for (int row = window.Top; row < window.Bottom; row++)
            for (int column = window.Left; column < window.Right; column++)
                sum += S.Load(plane + ((nint)row * planes.Width + column) * planes.Channels + channel);
        return sum / S.Splat(window.Divisor);
    }
}

internal readonly unsafe struct AveragePoolBackwardKernel(PoolPlanes planes, float* dy, float* dx) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint area = (nint)planes.Height * planes.Width * planes.Channels;
        for (nint image = begin; image < end; image++)
        {
            float* plane = dx + image * area;
            new Span<float>(plane, checked((int)area)).Clear();
            for (int row = 0; row < planes.OutputHeight; row++)
            {
                for (int column = 0; column < planes.OutputWidth; column++)
                {
                    float* from = dy + ((image * planes.OutputHeight + row) * planes.OutputWidth + column) * planes.Channels;
                    Spread<S>(from, plane, planes.Window(row, column));
                }
            }
        }
    }

    private void Spread<S>(float* from, float* plane, in PoolWindow window) where S : unmanaged, IVectorLane<S>
    {
        for (int row = window.Top; row < window.Bottom; row++)
        {
            for (int column = window.Left; column < window.Right; column++)
            {
                float* to = plane + ((nint)row * planes.Width + column) * planes.Channels;
                int c = 0;
                for (; c + S.Width <= planes.Channels; c += S.Width)
                    S.Store(S.Load(to + c) + S.Load(from + c) / S.Splat(window.Divisor), to + c);
                for (; c < planes.Channels; c++) to[c] += from[c] / window.Divisor;
            }
        }
    }
}
