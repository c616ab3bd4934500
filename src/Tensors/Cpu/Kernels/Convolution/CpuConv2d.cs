namespace Graft.Tensors;

// A convolution is a product of matrices, [pixels, taps x channels] times [taps x channels, output channels], whose left operand is never
// written out (no im2col): implicit GEMM, or Winograd's, or a depthwise kernel. Letters: N images, H x W pixels of the input, OH x OW of the output, C and O channels, KH x KW taps.
public sealed partial class CpuDevice
{
    public override unsafe void Conv2d<TEpilogue>(
        TEpilogue epilogue, Conv2dGeometry geometry, Tensor<float> x, Tensor<float> weight,
        Tensor<float>? bias, Tensor<float>? residual, Tensor<float> y, Tensor<float>? scale = null)
    {
        RequireOperands<TEpilogue>(bias, scale, residual);
        var (groups, inputs, outputs) = GroupsOf(geometry, weight);
        int kernelHeight = weight.Shape[2], kernelWidth = weight.Shape[3];
        var (height, width) = (y.Shape[2], y.Shape[3]);
        for (int group = 0; group < groups; group++)
        {
            var input = new ConvolutionInput(
                x.Pointer() + group * inputs, x.Shape[0], x.Shape[2], x.Shape[3], x.Shape[1], inputs, height, width,
                Forward(kernelHeight, geometry.StrideHeight, geometry.PadTop, geometry.DilationHeight),
                Forward(kernelWidth, geometry.StrideWidth, geometry.PadLeft, geometry.DilationWidth));
            var weights = new FilterView(
                weight.Strides[0], weight.Shape[1], weight.Strides[1], kernelHeight, kernelWidth, weight.Strides[2], weight.Strides[3]);
            Multiply(
                input, weight, weight.Pointer() + (nint)group * outputs * weight.Strides[0], weights, new StridedRows(y.Pointer() + group * outputs, y.Shape[1]),
                new StridedRows((residual ?? y).Pointer() + group * outputs, y.Shape[1]),
                epilogue, bias.PointerOrNull() + group * outputs, scale.PointerOrNull() + group * outputs, outputs);
        }
        KeepAlive(x, weight, bias, residual, y, scale);
    }

    /// <remarks>With stride s the input's pixels fall into s * s phases; the pixels of one phase see the same taps, so each phase is
    /// a product of its own and no multiplication by zero is done.</remarks>
    public override unsafe void Conv2dBackwardInput(Conv2dGeometry geometry, Tensor<float> dy, Tensor<float> weight, Tensor<float> dx)
    {
        var (groups, inputs, outputs) = GroupsOf(geometry, weight);
        var (height, width, channels) = (dx.Shape[2], dx.Shape[3], dx.Shape[1]);
        if (outputs == 0 || dy.ElementCount == 0) Fill(dx, 0f);
        else
            for (int group = 0; group < groups; group++)
                for (int phaseY = 0; phaseY < Math.Min(geometry.StrideHeight, height); phaseY++)
                    for (int phaseX = 0; phaseX < Math.Min(geometry.StrideWidth, width); phaseX++)
                        Phase(group, phaseY, phaseX);
        KeepAlive(dy, weight, dx);

        void Phase(int group, int phaseY, int phaseX)
        {
            var rows = PhaseTaps.Of(phaseY, weight.Shape[2], geometry.StrideHeight, geometry.PadTop, geometry.DilationHeight);
            var columns = PhaseTaps.Of(phaseX, weight.Shape[3], geometry.StrideWidth, geometry.PadLeft, geometry.DilationWidth);
            int gridHeight = Ceiling.Divide(height - phaseY, geometry.StrideHeight);
            int gridWidth = Ceiling.Divide(width - phaseX, geometry.StrideWidth);
            var output = new GridRows(
                dx.Pointer() + ((nint)phaseY * width + phaseX) * channels + group * inputs, gridHeight, gridWidth,
                (nint)height * width * channels, (nint)geometry.StrideHeight * width * channels, (nint)geometry.StrideWidth * channels);
            // the taps are taken in the order in which they read, which may be from the window's last to its first
            bool flipRows = rows.Taps.Step < 0, flipColumns = columns.Taps.Step < 0;
            nint tapRowStep = (nint)rows.TapStep * weight.Strides[2], tapColumnStep = (nint)columns.TapStep * weight.Strides[3];
            float* firstWeight = weight.Pointer() + (nint)group * outputs * weight.Strides[0]
                + rows.FirstTap * weight.Strides[2] + columns.FirstTap * weight.Strides[3]
                + (flipRows ? (rows.Taps.Count - 1) * tapRowStep : 0) + (flipColumns ? (columns.Taps.Count - 1) * tapColumnStep : 0);
            var input = new ConvolutionInput(
                dy.Pointer() + group * outputs, dx.Shape[0], dy.Shape[2], dy.Shape[3], dy.Shape[1], outputs, gridHeight, gridWidth,
                rows.Taps.Ascending, columns.Taps.Ascending);
            var weights = new FilterView(
                IsDepthwise(geometry, weight) ? weight.Strides[0] : weight.Strides[1], weight.Shape[0] / geometry.Groups, weight.Strides[0],
                rows.Taps.Count, columns.Taps.Count,
                flipRows ? -tapRowStep : tapRowStep, flipColumns ? -tapColumnStep : tapColumnStep);
            Multiply(input, weight, firstWeight, weights, output, output, default(NoEpilogue), null, null, inputs);
        }
    }

    /// <summary>Whether each channel has a filter of its own.</summary>
    private static bool IsDepthwise(Conv2dGeometry geometry, Tensor<float> weight) =>
        geometry.Groups > 1 && weight.Shape[1] == 1 && weight.Shape[0] == geometry.Groups;

    /// <summary>How many groups are computed one after the other, and their channels: all channels at once where each is a group.</summary>
    private static (int Groups, int Inputs, int Outputs) GroupsOf(Conv2dGeometry geometry, Tensor<float> weight) =>
        IsDepthwise(geometry, weight)
            ? (1, geometry.Groups, geometry.Groups)
            : (geometry.Groups, weight.Shape[1], weight.Shape[0] / geometry.Groups);

    /// <summary>Input times filters: the filters are packed, the input is read in place.</summary>
    private unsafe void Multiply<TRows, TEpilogue>(
        in ConvolutionInput input, Tensor<float> weight, float* firstWeight, FilterView weights, TRows output, TRows residual, TEpilogue epilogue, float* bias, float* scale, int columns)
        where TRows : unmanaged, IRowMap
        where TEpilogue : unmanaged, IEpilogue
    {
        nint rows = input.Lines * input.GridWidth, depth = input.Depth;
        if (rows == 0 || columns == 0) return;
        // a filter as deep as one channel of many: depthwise
        if (weights.Inner < input.Channels)
        {
            MultiplyDepthwise(input, weight, firstWeight, weights, new Product<TRows, TEpilogue>(output, residual, epilogue, bias, scale, rows, columns, depth));
            return;
        }
        var tile = TileShape.Of(Lanes);
        nint panels = Ceiling.Divide(columns, tile.Columns);
        bool byWinograd = Winograd.Suits(input, columns);
        var packed = Packed(weight, firstWeight, weights, columns, tile.Columns, byWinograd ? WeightFormat.WinogradPanels : WeightFormat.Panels);
        var product = new Product<TRows, TEpilogue>(output, residual, epilogue, bias, scale, rows, columns, depth);
        if (byWinograd)
        {
            var blocks = WinogradBlocking.Cut(WinogradSquares.Of(input).In(input.Images), panels, Threads);
            workers.Run(
                new WinogradKernel<TRows, TEpilogue>(input, product, tile, packed.Pointer(), blocks),
                blocks.Count, Math.Max(1, Winograd.Products * blocks.Squares * input.Channels * blocks.Panels * tile.Columns / 8));
        }
        else
        {
            var blocks = ImplicitGemmBlocking.Cut(input, panels, tile, Threads);
            workers.Run(
                new ImplicitGemmKernel<TRows, TEpilogue>(input, product, tile, packed.Pointer(), blocks),
                blocks.Count, Math.Max(1, blocks.Lines * input.GridWidth * blocks.Panels * tile.Columns * depth / 8));
        }
        packed.Release();
    }

    /// <summary>ConvolutionInput times weights, channel by channel.</summary>
    private unsafe void MultiplyDepthwise<TRows, TEpilogue>(
        in ConvolutionInput input, Tensor<float> weight, float* firstWeight, FilterView weights, in Product<TRows, TEpilogue> product)
        where TRows : unmanaged, IRowMap
        where TEpilogue : unmanaged, IEpilogue
    {
        var packed = Packed(weight, firstWeight, weights, input.Channels, 0, WeightFormat.Taps);
        workers.Run(
            new DepthwiseKernel<TRows, TEpilogue>(input, product, packed.Pointer()), input.Lines,
            Math.Max(1, (long)input.GridWidth * input.Channels * weights.TapRows * weights.TapColumns / 8));
        packed.Release();
    }

    /// <summary>A weight as a kernel reads it, held for the caller; a constant weight is packed once, and its memory keeps that.</summary>
    private unsafe DeviceMemory Packed(Tensor<float> weight, float* first, FilterView weights, int columns, int panelWidth, WeightFormat format)
    {
        if (!weight.IsConstant) return Pack(first, weights, columns, panelWidth, format);
        nint depth = (nint)weights.TapRows * weights.TapColumns * weights.Inner;
        var packedWeights = weight.PackedWeights();
        var key = new PackedWeightsKey(
            checked((int)(first - weight.Pointer() + weight.Offset)), weights.LineStep, weights.InnerStep, weights.TapRowStep, weights.TapColumnStep,
            columns, depth, panelWidth, format);
        lock (packedWeights.Gate)
        {
            if (packedWeights.Hold(key) is { } kept) return kept;
            var packed = Pack(first, weights, columns, panelWidth, format);
            packedWeights.Keep(key, packed);
            return packed;
        }
    }

    private unsafe DeviceMemory Pack(float* first, FilterView weights, int columns, int panelWidth, WeightFormat format)
    {
        if (format == WeightFormat.Taps)
        {
            int taps = weights.TapRows * weights.TapColumns;
            var filters = Rent(Math.Max(1, (nint)taps * columns) * sizeof(float));
            workers.Run(new PackDepthwiseFiltersKernel(first, weights, columns, filters.Pointer()), columns, taps);
            return filters;
        }
        nint depth = (nint)weights.TapRows * weights.TapColumns * weights.Inner, panels = Ceiling.Divide(columns, panelWidth);
        var packed = Rent(panels * panelWidth * depth * sizeof(float));
        if (weights.TapRows * weights.TapColumns == 1)
        {
            var matrix = new MatrixView(first, weights.LineStep, weights.InnerStep);
            workers.Run(new PackKernel(matrix, packed.Pointer(), panelWidth, 0, columns, depth), panels, depth * panelWidth);
        }
        else
        {
            workers.Run(new PackWeightsKernel(first, weights, columns, panelWidth, packed.Pointer()), panels, Math.Max(1, depth * panelWidth));
        }
        if (format == WeightFormat.Panels) return packed;
        var transformed = Rent(panels * panelWidth * weights.Inner * Winograd.Products * sizeof(float));
        workers.Run(
            new WinogradFiltersKernel(packed.Pointer(), weights.Inner, panelWidth, transformed.Pointer()), panels * weights.Inner,
            Winograd.Products * panelWidth);
        packed.Release();
        return transformed;
    }

    public override unsafe void Conv2dBackwardWeight(Conv2dGeometry geometry, Tensor<float> x, Tensor<float> dy, Tensor<float> dweight)
    {
        if (!dweight.IsContiguous)
        {
            using var contiguous = Rent<float>(dweight.Shape);
            Conv2dBackwardWeight(geometry, x, dy, contiguous);
            Copy(contiguous, dweight);
            return;
        }
        var (groups, inputs, outputs) = GroupsOf(geometry, dweight);
        int kernelHeight = dweight.Shape[2], kernelWidth = dweight.Shape[3], taps = kernelHeight * kernelWidth;
        for (int group = 0; group < groups; group++)
        {
            var input = new ConvolutionInput(
                x.Pointer() + group * inputs, x.Shape[0], x.Shape[2], x.Shape[3], x.Shape[1], inputs, dy.Shape[2], dy.Shape[3],
                Forward(kernelHeight, geometry.StrideHeight, geometry.PadTop, geometry.DilationHeight),
                Forward(kernelWidth, geometry.StrideWidth, geometry.PadLeft, geometry.DilationWidth));
            if (IsDepthwise(geometry, dweight)) DepthwiseGradient(input, dy.Pointer(), dy.Shape[1], dweight.Pointer());
            else WeightGradient(input, dy.Pointer() + group * outputs, dy.Shape[1], outputs, taps, dweight.Pointer() + (nint)group * outputs * inputs * taps);
        }
        KeepAlive(x, dy, dweight);
    }

    private unsafe void WeightGradient(in ConvolutionInput input, float* gradient, nint gradientStep, int outputs, int taps, float* weight)
    {
        if (input.Depth == 0 || outputs == 0) return;
        var tile = TileShape.Of(Lanes);
        if (Winograd.SuitsGradient(input, outputs))
        {
            WinogradGradient(input, gradient, gradientStep, outputs, tile, weight);
            return;
        }
        if (input.NeedsCopy && !WeightGradientBlocking.KeepsPartsApart(input, outputs))
        {
            // every item reads all images: they are padded once for all
            using var copy = Rent<float>([checked((int)input.PaddedLength)]);
            workers.Run(new PadKernel(input, copy.Pointer()), input.Images, input.PaddedLength / Math.Max(1, input.Images));
            WeightGradient(input.OnCopy(copy.Pointer()), gradient, gradientStep, outputs, taps, weight);
            return;
        }
        var blocks = WeightGradientBlocking.Cut(input, outputs, tile, Threads);
        nint tiles = Ceiling.Divide(input.Depth, tile.Rows), panels = Ceiling.Divide(outputs, tile.Columns);
        using var sums = Rent<float>([checked((int)(blocks.Parts * tiles * panels * tile.Sums))]);
        workers.Run(
            new WeightGradientKernel(input, gradient, gradientStep, outputs, tile, sums.Pointer(), blocks),
            blocks.Count, Math.Max(1, blocks.PartLines * input.GridWidth * blocks.Rows * panels * tile.Sums / 8));
        nint groups = GatherGradientKernel.Groups(input.Channels, taps);
        workers.Run(
            new GatherGradientKernel(sums.Pointer(), blocks.Parts, input.Channels, taps, outputs, tile, weight, groups),
            panels * groups, 64L * tile.Columns * blocks.Parts);
    }

    private unsafe void DepthwiseGradient(in ConvolutionInput input, float* gradient, nint gradientStep, float* weight)
    {
        int taps = input.Rows.Count * input.Columns.Count;
        nint partLines = DepthwiseGradientKernel.LinesOfPart(input), parts = Ceiling.Divide(input.Lines, partLines);
        using var sums = Rent<float>([checked((int)Math.Max(1, parts * taps * input.Channels))]);
        workers.Run(
            new DepthwiseGradientKernel(input, gradient, gradientStep, sums.Pointer(), partLines), parts,
            Math.Max(1, partLines * input.GridWidth * input.Channels * taps / 8));
        workers.Run(new DepthwiseGatherKernel(sums.Pointer(), parts, input.Channels, taps, weight), input.Channels, taps * (long)parts);
    }

    private unsafe void WinogradGradient(in ConvolutionInput input, float* gradient, nint gradientStep, int outputs, TileShape tile, float* weight)
    {
        var one = new Taps(1, 1, 0, 1);
        var squares = new ConvolutionInput(
            gradient, input.Images, input.GridHeight, input.GridWidth, gradientStep, outputs, input.GridHeight, input.GridWidth, one, one);
        var blocks = WinogradGradientBlocking.Cut(input);
        nint panels = Ceiling.Divide(outputs, tile.Columns), matrix = (nint)WinogradGradientBlocking.Rows * tile.Columns;
        using var sums = Rent<float>([checked((int)(blocks.Count * panels * Winograd.Products * matrix))]);
        workers.Run(
            new WinogradGradientKernel(input, squares, outputs, tile, sums.Pointer(), blocks),
            blocks.Count, Math.Max(1, blocks.PartSquares * panels * Winograd.Products * matrix / 8));
        workers.Run(
            new WinogradGatherKernel(sums.Pointer(), blocks, input.Channels, outputs, tile, weight),
            panels * Ceiling.Divide(input.Channels, WinogradGatherKernel.PerItem),
            Winograd.Products * (long)WinogradGatherKernel.PerItem * tile.Columns * blocks.Parts);
    }

    private static Taps Forward(int kernel, int stride, int pad, int dilation) => new(kernel, stride, -pad, dilation);
}

/// <summary>The taps that one phase of the input sees in backward-input: those t with (phase + pad - t * dilation) divisible by
/// the stride. They stand <c>stride / gcd(stride, dilation)</c> apart.</summary>
/// <param name="Taps">Which pixels of the output gradient they read.</param>
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
        int count = Ceiling.Divide(kernel - first, step);
        // tap first + i * step reads the output at grid + (phase + pad - first * dilation) / stride - i * (step * dilation / stride)
        return new PhaseTaps(new Taps(count, 1, (phase + pad - first * dilation) / stride, -(step * dilation / stride)), first, step);
    }
}
