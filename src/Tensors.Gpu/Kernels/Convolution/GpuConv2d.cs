using ILGPU;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    public override void Conv2d<TEpilogue>(
        TEpilogue epilogue, Conv2dGeometry geometry, Tensor<float> x, Tensor<float> weight,
        Tensor<float>? bias, Tensor<float>? residual, Tensor<float> y, Tensor<float>? scale = null)
    {
        RequireOperands<TEpilogue>(bias, scale, residual);
        var planes = new ConvPlanes(geometry, x.Shape, weight, y.Shape);
        var output = new ConvOutput<TEpilogue>(
            epilogue, ViewOf(bias, y), ViewOf(scale, y), ViewOf(residual, y), ViewOf(y), planes.Outputs, planes.GroupOutputs);
        var shape = new ProductShape(geometry.Groups, planes.OutputPixels, planes.GroupOutputs, planes.Taps * planes.GroupChannels, 1, 0);
        Product(new PatchFactor(ViewOf(x), planes), new FilterFactor(ViewOf(weight), planes), output, shape, x, weight, bias, residual, y, scale);
    }

    public override void Conv2dBackwardInput(Conv2dGeometry geometry, Tensor<float> dy, Tensor<float> weight, Tensor<float> dx)
    {
        var planes = new ConvPlanes(geometry, dx.Shape, weight, dy.Shape);
        var output = new ChannelsOutput(ViewOf(dx), planes.Channels, planes.GroupChannels);
        var shape = new ProductShape(geometry.Groups, planes.InputPixels, planes.GroupChannels, planes.Taps * planes.GroupOutputs, 1, 0);
        Product(new TransposedPatchFactor(ViewOf(dy), planes), new TransposedFilterFactor(ViewOf(weight), planes), output, shape, dy, weight, dx);
    }

    public override void Conv2dBackwardWeight(Conv2dGeometry geometry, Tensor<float> x, Tensor<float> dy, Tensor<float> dweight)
    {
        var planes = new ConvPlanes(geometry, x.Shape, dweight, dy.Shape);
        var shape = new ProductShape(geometry.Groups, planes.GroupOutputs, planes.Taps * planes.GroupChannels, planes.OutputPixels, 0, 0);
        Product(
            new OutputGradientFactor(ViewOf(dy), planes), new TransposedPatchMatrixFactor(new PatchFactor(ViewOf(x), planes)),
            new FilterOutput(ViewOf(dweight), planes), shape, x, dy, dweight);
    }
}

/// <summary>The lengths of a convolution. Pixels are numbered over all images of the batch; a tap is a pixel of the
/// filter; a group's product is a batch item of the product kernel. No im2col matrix is written: implicit GEMM.</summary>
internal readonly struct ConvPlanes(Conv2dGeometry geometry, Shape input, Tensor<float> weight, Shape output)
{
    private readonly int height = input[2], width = input[3];
    private readonly int outputHeight = output[2], outputWidth = output[3];
    private readonly int kernelHeight = weight.Shape[2], kernelWidth = weight.Shape[3];
    private readonly int filterStride = weight.Strides[0], channelStride = weight.Strides[1];
    private readonly int rowStride = weight.Strides[2], columnStride = weight.Strides[3];
    private readonly int strideHeight = geometry.StrideHeight, strideWidth = geometry.StrideWidth;
    private readonly int padTop = geometry.PadTop, padLeft = geometry.PadLeft;
    private readonly int dilationHeight = geometry.DilationHeight, dilationWidth = geometry.DilationWidth;
    private readonly int images = input[0];

    /// <summary>C.</summary>
    public int Channels { get; } = input[1];

    /// <summary>O.</summary>
    public int Outputs { get; } = output[1];

    /// <summary>C / groups.</summary>
    public int GroupChannels { get; } = input[1] / geometry.Groups;

    /// <summary>O / groups.</summary>
    public int GroupOutputs { get; } = output[1] / geometry.Groups;

    /// <summary>KH * KW.</summary>
    public int Taps => kernelHeight * kernelWidth;

    /// <summary>N * H * W.</summary>
    public int InputPixels => images * height * width;

    /// <summary>N * OH * OW.</summary>
    public int OutputPixels => images * outputHeight * outputWidth;

    /// <summary>The pixel of x under a tap of the filter at an output pixel, or -1 in the padding.</summary>
    public int InputPixel(int outputPixel, int tap)
    {
        int line = outputPixel / outputWidth, column = outputPixel - line * outputWidth;
        int image = line / outputHeight, row = line - image * outputHeight;
        int tapRow = tap / kernelWidth, tapColumn = tap - tapRow * kernelWidth;
        int inputRow = row * strideHeight - padTop + tapRow * dilationHeight;
        int inputColumn = column * strideWidth - padLeft + tapColumn * dilationWidth;
        if (inputRow < 0 || inputRow >= height || inputColumn < 0 || inputColumn >= width) return -1;
        return (image * height + inputRow) * width + inputColumn;
    }

    /// <summary>The pixel of y whose window has this tap over a pixel of x, or -1 if there is none.</summary>
    public int OutputPixel(int inputPixel, int tap)
    {
        int line = inputPixel / width, column = inputPixel - line * width;
        int image = line / height, row = line - image * height;
        int tapRow = tap / kernelWidth, tapColumn = tap - tapRow * kernelWidth;
        int top = row + padTop - tapRow * dilationHeight, left = column + padLeft - tapColumn * dilationWidth;
        if (top < 0 || left < 0) return -1;
        int outputRow = top / strideHeight, outputColumn = left / strideWidth;
        if (outputRow * strideHeight != top || outputColumn * strideWidth != left) return -1;
        if (outputRow >= outputHeight || outputColumn >= outputWidth) return -1;
        return (image * outputHeight + outputRow) * outputWidth + outputColumn;
    }

    /// <summary>The offset of the weight of an output channel, an input channel of its group and a tap.</summary>
    public int WeightOffset(int filter, int channel, int tap)
    {
        int tapRow = tap / kernelWidth, tapColumn = tap - tapRow * kernelWidth;
        return filter * filterStride + channel * channelStride + tapRow * rowStride + tapColumn * columnStride;
    }
}

/// <summary>x as [output pixels, taps * channels of the group].</summary>
internal readonly struct PatchFactor(ArrayView<float> x, ConvPlanes planes) : IFactor
{
    public float At(int batch, int outer, int term)
    {
        int tap = term / planes.GroupChannels, channel = term - tap * planes.GroupChannels;
        int pixel = planes.InputPixel(outer, tap);
        return pixel < 0 ? 0f : x[pixel * planes.Channels + batch * planes.GroupChannels + channel];
    }
}

/// <summary>x as [taps * channels of the group, output pixels]: the patches with their terms as rows.</summary>
internal readonly struct TransposedPatchMatrixFactor(PatchFactor patches) : IFactor
{
    public float At(int batch, int outer, int term) => patches.At(batch, term, outer);
}

/// <summary>The weight as [output channels of the group, taps * channels of the group].</summary>
internal readonly struct FilterFactor(ArrayView<float> weight, ConvPlanes planes) : IFactor
{
    public float At(int batch, int outer, int term)
    {
        int tap = term / planes.GroupChannels, channel = term - tap * planes.GroupChannels;
        return weight[planes.WeightOffset(batch * planes.GroupOutputs + outer, channel, tap)];
    }
}

/// <summary>dy as [input pixels, taps * output channels of the group].</summary>
internal readonly struct TransposedPatchFactor(ArrayView<float> dy, ConvPlanes planes) : IFactor
{
    public float At(int batch, int outer, int term)
    {
        int tap = term / planes.GroupOutputs, filter = term - tap * planes.GroupOutputs;
        int pixel = planes.OutputPixel(outer, tap);
        return pixel < 0 ? 0f : dy[pixel * planes.Outputs + batch * planes.GroupOutputs + filter];
    }
}

/// <summary>The weight as [channels of the group, taps * output channels of the group].</summary>
internal readonly struct TransposedFilterFactor(ArrayView<float> weight, ConvPlanes planes) : IFactor
{
    public float At(int batch, int outer, int term)
    {
        int tap = term / planes.GroupOutputs, filter = term - tap * planes.GroupOutputs;
        return weight[planes.WeightOffset(batch * planes.GroupOutputs + filter, outer, tap)];
    }
}

/// <summary>dy as [output channels of the group, output pixels].</summary>
internal readonly struct OutputGradientFactor(ArrayView<float> dy, ConvPlanes planes) : IFactor
{
    public float At(int batch, int outer, int term) => dy[term * planes.Outputs + batch * planes.GroupOutputs + outer];
}

/// <summary>y = epilogue(sum), channels last.</summary>
internal readonly struct ConvOutput<TEpilogue>(
    TEpilogue epilogue, ArrayView<float> bias, ArrayView<float> scale, ArrayView<float> residual, ArrayView<float> y, int outputs, int groupOutputs) : IProductOutput
    where TEpilogue : unmanaged, IEpilogue
{
    public void Write(int batch, int row, int column, float sum)
    {
        int channel = batch * groupOutputs + column, index = row * outputs + channel;
        var factor = TEpilogue.UsesScale ? new GpuLane(scale[channel]) : new GpuLane(0f);
        var added = TEpilogue.UsesBias ? new GpuLane(bias[channel]) : new GpuLane(0f);
        var before = TEpilogue.UsesResidual ? new GpuLane(residual[index]) : new GpuLane(0f);
        y[index] = epilogue.Apply(new GpuLane(sum), factor, added, before).Value;
    }
}

/// <summary>dx = sum, channels last.</summary>
internal readonly struct ChannelsOutput(ArrayView<float> dx, int channels, int groupChannels) : IProductOutput
{
    public void Write(int batch, int row, int column, float sum) => dx[row * channels + batch * groupChannels + column] = sum;
}

/// <summary>dweight = sum, through its strides.</summary>
internal readonly struct FilterOutput(ArrayView<float> dweight, ConvPlanes planes) : IProductOutput
{
    public void Write(int batch, int row, int column, float sum)
    {
        int tap = column / planes.GroupChannels, channel = column - tap * planes.GroupChannels;
        dweight[planes.WeightOffset(batch * planes.GroupOutputs + row, channel, tap)] = sum;
    }
}
