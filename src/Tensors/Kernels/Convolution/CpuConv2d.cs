namespace Graft.Tensors;

// A convolution is a product of windows and weights, and no window is ever written out: the panels of the product are packed
// straight from the image. Letters: N images, H x W places of the input, OH x OW of the output, C and O channels, KH x KW taps.
public sealed partial class CpuDevice
{
    internal override unsafe void Conv2d<TEpilogue>(
        TEpilogue epilogue, Conv2dGeometry geometry, Tensor<float> x, Tensor<float> weight,
        Tensor<float>? bias, Tensor<float>? residual, Tensor<float> y)
    {
        var (inputs, outputs) = (weight.Shape[1], weight.Shape[0] / geometry.Groups);
        int kernelHeight = weight.Shape[2], kernelWidth = weight.Shape[3];
        var (height, width) = (y.Shape[2], y.Shape[3]);
        for (int group = 0; group < geometry.Groups; group++)
        {
            var product = new Product<WindowSource, WeightSource, StridedRows, TEpilogue>(
                new WindowSource(
                    x.Pointer() + group * inputs, x.Shape[2], x.Shape[3], x.Shape[1], inputs, height, width,
                    Forward(kernelHeight, geometry.StrideHeight, geometry.PadTop, geometry.DilationHeight),
                    Forward(kernelWidth, geometry.StrideWidth, geometry.PadLeft, geometry.DilationWidth)),
                new WeightSource(
                    weight.Pointer() + (nint)group * outputs * weight.Strides[0], weight.Strides[0], weight.Strides[1], inputs, kernelWidth,
                    weight.Strides[2], weight.Strides[3]),
                new StridedRows(y.Pointer() + group * outputs, y.Shape[1]),
                new StridedRows((residual ?? y).Pointer() + group * outputs, y.Shape[1]),
                epilogue, bias is null ? null : bias.Pointer() + group * outputs,
                (nint)y.Shape[0] * height * width, outputs, (nint)inputs * kernelHeight * kernelWidth);
            Multiply(product);
        }
        GC.KeepAlive(x);
        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
        GC.KeepAlive(residual);
        GC.KeepAlive(y);
    }

    /// <remarks>With stride s the input's places fall into s * s phases; the places of one phase see the same taps, so each phase is
    /// a product of its own and no multiplication by zero is done.</remarks>
    internal override unsafe void Conv2dBackwardInput(Conv2dGeometry geometry, Tensor<float> dy, Tensor<float> weight, Tensor<float> dx)
    {
        var (inputs, outputs) = (weight.Shape[1], weight.Shape[0] / geometry.Groups);
        var (height, width, channels) = (dx.Shape[2], dx.Shape[3], dx.Shape[1]);
        if (outputs == 0 || dy.ElementCount == 0) Fill(dx, 0f);
        else
            for (int group = 0; group < geometry.Groups; group++)
                for (int phaseY = 0; phaseY < Math.Min(geometry.StrideHeight, height); phaseY++)
                    for (int phaseX = 0; phaseX < Math.Min(geometry.StrideWidth, width); phaseX++)
                        Phase(group, phaseY, phaseX);
        GC.KeepAlive(dy);
        GC.KeepAlive(weight);
        GC.KeepAlive(dx);

        void Phase(int group, int phaseY, int phaseX)
        {
            var rows = PhaseTaps.Of(phaseY, weight.Shape[2], geometry.StrideHeight, geometry.PadTop, geometry.DilationHeight);
            var columns = PhaseTaps.Of(phaseX, weight.Shape[3], geometry.StrideWidth, geometry.PadLeft, geometry.DilationWidth);
            int gridHeight = (height - phaseY + geometry.StrideHeight - 1) / geometry.StrideHeight;
            int gridWidth = (width - phaseX + geometry.StrideWidth - 1) / geometry.StrideWidth;
            var output = new GridRows(
                dx.Pointer() + ((nint)phaseY * width + phaseX) * channels + group * inputs, gridHeight, gridWidth,
                (nint)height * width * channels, (nint)geometry.StrideHeight * width * channels, (nint)geometry.StrideWidth * channels);
            float* firstWeight = weight.Pointer() + (nint)group * outputs * weight.Strides[0]
                + rows.FirstTap * weight.Strides[2] + columns.FirstTap * weight.Strides[3];
            var product = new Product<WindowSource, WeightSource, GridRows, NoEpilogue>(
                new WindowSource(
                    dy.Pointer() + group * outputs, dy.Shape[2], dy.Shape[3], dy.Shape[1], outputs, gridHeight, gridWidth, rows.Taps, columns.Taps),
                new WeightSource(
                    firstWeight, weight.Strides[1], weight.Strides[0], outputs, Math.Max(1, columns.Taps.Count),
                    (nint)rows.TapStep * weight.Strides[2], (nint)columns.TapStep * weight.Strides[3]),
                output, output, default, null,
                (nint)dx.Shape[0] * gridHeight * gridWidth, inputs, (nint)outputs * rows.Taps.Count * columns.Taps.Count);
            Multiply(product);
        }
    }

    internal override unsafe void Conv2dBackwardWeight(Conv2dGeometry geometry, Tensor<float> x, Tensor<float> dy, Tensor<float> dweight)
    {
        var (inputs, outputs) = (dweight.Shape[1], dweight.Shape[0] / geometry.Groups);
        int kernelHeight = dweight.Shape[2], kernelWidth = dweight.Shape[3];
        // the product's columns are (KH, KW, C): summed in that order, then put into the weight's
        using var windows = Rent<float>([dweight.Shape[0], kernelHeight, kernelWidth, inputs]);
        nint depth = (nint)dy.Shape[0] * dy.Shape[2] * dy.Shape[3], columns = (nint)kernelHeight * kernelWidth * inputs;
        for (int group = 0; group < geometry.Groups; group++)
        {
            var output = new StridedRows(windows.Pointer() + group * outputs * columns, columns);
            var product = new Product<StridedSource, WindowColumns, StridedRows, NoEpilogue>(
                new StridedSource(dy.Pointer() + group * outputs, 1, dy.Shape[1]),
                new WindowColumns(
                    x.Pointer() + group * inputs, x.Shape[2], x.Shape[3], x.Shape[1], inputs, dy.Shape[2], dy.Shape[3],
                    Forward(kernelHeight, geometry.StrideHeight, geometry.PadTop, geometry.DilationHeight),
                    Forward(kernelWidth, geometry.StrideWidth, geometry.PadLeft, geometry.DilationWidth)),
                output, output, default, null, outputs, columns, depth);
            Multiply(product);
        }
        Copy(windows.Permute(0, 3, 1, 2), dweight);
        GC.KeepAlive(x);
        GC.KeepAlive(dy);
    }

    private static Taps Forward(int kernel, int stride, int pad, int dilation) => new(kernel, stride, -pad, dilation);
}

/// <summary>The taps that one phase of the input sees in backward-input: those t with (phase + pad - t * dilation) divisible by
/// the stride. They stand <c>stride / gcd(stride, dilation)</c> apart.</summary>
/// <param name="Taps">Which places of the output gradient they read.</param>
/// <param name="FirstTap">The first of them.</param>
/// <param name="TapStep">How far apart they are.</param>
internal readonly record struct PhaseTaps(Taps Taps, int FirstTap, int TapStep)
{
    public static PhaseTaps Of(int phase, int kernel, int stride, int pad, int dilation)
    {
        int step = stride / (int)System.Numerics.BigInteger.GreatestCommonDivisor(stride, dilation);
        int first = 0;
        while (first < Math.Min(step, kernel) && (phase + pad - first * dilation) % stride != 0) first++;
        if (first >= Math.Min(step, kernel)) return new PhaseTaps(new Taps(0, 1, 0, 0), 0, step);
        int count = (kernel - first + step - 1) / step;
        // tap first + i * step reads the output at grid + (phase + pad - first * dilation) / stride - i * (step * dilation / stride)
        return new PhaseTaps(new Taps(count, 1, (phase + pad - first * dilation) / stride, -(step * dilation / stride)), first, step);
    }
}
