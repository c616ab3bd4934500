using ILGPU;

namespace Graft.Tensors.Gpu;

// The channel is innermost in memory in all that is normalised here: element number modulo C.
public sealed partial class GpuDevice
{
    public override void ChannelStatistics(Tensor<float> x, Tensor<float> mean, Tensor<float> variance)
    {
        int channels = CountOf(mean), count = CountOf(x) / Math.Max(1, channels);
        Reduce(new ChannelSumTerms(ViewOf(x), channels), channels, count, true, 1f / count, mean, StridedIndex.Consecutive, x);
        // from the mean, in a second sweep: a difference of two large sums would leave nothing of a small variance
        var squares = new ChannelVarianceTerms(ViewOf(x), ViewOf(mean), channels);
        Reduce(squares, channels, count, true, 1f / count, variance, StridedIndex.Consecutive, x, mean);
    }

    public override void BatchNorm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight, Tensor<float> bias,
        Tensor<float>? residual, Tensor<float> y)
    {
        var kernel = new BatchNormKernel<TEpilogue>(
            epilogue, ViewOf(x), ViewOf(mean), ViewOf(inverseDeviation), ViewOf(weight), ViewOf(bias), ViewOf(residual, y), ViewOf(y), CountOf(mean));
        LaunchElements(kernel, CountOf(y), x, mean, inverseDeviation, weight, bias, residual, y);
    }

    public override void BatchNormBackwardParameters<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? y, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation,
        Tensor<float> dweight, Tensor<float> dbias)
    {
        int channels = CountOf(mean), count = CountOf(x) / Math.Max(1, channels);
        var gradient = new ActivationGradient<TOp>(op, ViewOf(dy), ViewOf(y, dy));
        var products = new ChannelProductTerms<TOp>(gradient, ViewOf(x), ViewOf(mean), ViewOf(inverseDeviation), channels);
        Reduce(products, channels, count, true, 1f, dweight, StridedIndex.Consecutive, dy, y, x, mean, inverseDeviation);
        Reduce(new ChannelGradientTerms<TOp>(gradient, channels), channels, count, true, 1f, dbias, StridedIndex.Consecutive, dy, y);
    }

    public override void BatchNormBackwardInput<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? y, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight,
        Tensor<float>? dweight, Tensor<float>? dbias, Tensor<float> dx, Tensor<float>? dresidual)
    {
        int channels = CountOf(mean), count = CountOf(dx) / Math.Max(1, channels), wantsResidual = dresidual is null ? 0 : 1;
        var gradient = new ActivationGradient<TOp>(op, ViewOf(dy), ViewOf(y, dy));
        if (dweight is null || dbias is null)
        {
            var scaling = new BatchNormScaleKernel<TOp>(
                gradient, ViewOf(inverseDeviation), ViewOf(weight), ViewOf(dx), ViewOf(dresidual, dx), wantsResidual, channels);
            LaunchElements(scaling, CountOf(dx), dy, y, inverseDeviation, weight, dx, dresidual);
            return;
        }
        var kernel = new BatchNormBackwardKernel<TOp>(
            gradient, ViewOf(x), ViewOf(mean), ViewOf(inverseDeviation), ViewOf(weight), ViewOf(dweight), ViewOf(dbias), ViewOf(dx),
            ViewOf(dresidual, dx), wantsResidual, channels, 1f / count);
        LaunchElements(kernel, CountOf(dx), dy, y, x, mean, inverseDeviation, weight, dweight, dbias, dx, dresidual);
    }
}

/// <summary>The gradient g = dy * op'(y) of what the op behind a norm was given, made where it is read.</summary>
internal readonly struct ActivationGradient<TOp>(TOp op, ArrayView<float> dy, ArrayView<float> y) where TOp : unmanaged, IUnaryOp
{
    public float At(int index)
    {
        var output = (TOp.Saves & Saves.Output) != 0 ? new GpuLane(y[index]) : new GpuLane(0f);
        return dy[index] * op.Derivative(new GpuLane(0f), output).Value;
    }
}

/// <summary>The numbers of each channel.</summary>
internal readonly struct ChannelSumTerms(ArrayView<float> x, int channels) : ITerms
{
    public static float Identity => 0f;

    public GpuLane Accumulate(GpuLane running, int output, int term) => running + new GpuLane(x[term * channels + output]);

    public static GpuLane Combine(GpuLane left, GpuLane right) => left + right;
}

/// <summary>(x - mean)^2 of each channel.</summary>
internal readonly struct ChannelVarianceTerms(ArrayView<float> x, ArrayView<float> mean, int channels) : ITerms
{
    public static float Identity => 0f;

    public GpuLane Accumulate(GpuLane running, int output, int term)
    {
        var distance = new GpuLane(x[term * channels + output] - mean[output]);
        return GpuLane.FusedMultiplyAdd(distance, distance, running);
    }

    public static GpuLane Combine(GpuLane left, GpuLane right) => left + right;
}

/// <summary>The gradients g of each channel.</summary>
internal readonly struct ChannelGradientTerms<TOp>(ActivationGradient<TOp> before, int channels) : ITerms where TOp : unmanaged, IUnaryOp
{
    public static float Identity => 0f;

    public GpuLane Accumulate(GpuLane running, int output, int term) => running + new GpuLane(before.At(term * channels + output));

    public static GpuLane Combine(GpuLane left, GpuLane right) => left + right;
}

/// <summary>g * (x - mean) * inverseDeviation of each channel.</summary>
internal readonly struct ChannelProductTerms<TOp>(
    ActivationGradient<TOp> before, ArrayView<float> x, ArrayView<float> mean, ArrayView<float> inverseDeviation, int channels) : ITerms
    where TOp : unmanaged, IUnaryOp
{
    public static float Identity => 0f;

    public GpuLane Accumulate(GpuLane running, int output, int term)
    {
        int index = term * channels + output;
        var normalised = new GpuLane((x[index] - mean[output]) * inverseDeviation[output]);
        return GpuLane.FusedMultiplyAdd(new GpuLane(before.At(index)), normalised, running);
    }

    public static GpuLane Combine(GpuLane left, GpuLane right) => left + right;
}

/// <summary>y = epilogue(x - mean, inverseDeviation * weight, bias, residual).</summary>
internal readonly struct BatchNormKernel<TEpilogue>(
    TEpilogue epilogue, ArrayView<float> x, ArrayView<float> mean, ArrayView<float> inverseDeviation, ArrayView<float> weight,
    ArrayView<float> bias, ArrayView<float> residual, ArrayView<float> y, int channels) : IElementKernel
    where TEpilogue : unmanaged, IEpilogue
{
    public void Run(int index)
    {
        int channel = index % channels;
        var scale = new GpuLane(inverseDeviation[channel] * weight[channel]);
        var added = TEpilogue.UsesResidual ? new GpuLane(residual[index]) : new GpuLane(0f);
        y[index] = epilogue.Apply(new GpuLane(x[index] - mean[channel]), scale, new GpuLane(bias[channel]), added).Value;
    }
}

/// <summary>dx = weight * inverseDeviation * g; dresidual, if wanted, = g.</summary>
internal readonly struct BatchNormScaleKernel<TOp>(
    ActivationGradient<TOp> before, ArrayView<float> inverseDeviation, ArrayView<float> weight, ArrayView<float> dx,
    ArrayView<float> dresidual, int wantsResidual, int channels) : IElementKernel
    where TOp : unmanaged, IUnaryOp
{
    public void Run(int index)
    {
        int channel = index % channels;
        float gradient = before.At(index);
        dx[index] = weight[channel] * inverseDeviation[channel] * gradient;
        if (wantsResidual != 0) dresidual[index] = gradient;
    }
}

/// <summary>dx = weight * inverseDeviation * (g - dbias / n - (x - mean) * inverseDeviation * dweight / n); dresidual, if wanted,
/// = g.</summary>
internal readonly struct BatchNormBackwardKernel<TOp>(
    ActivationGradient<TOp> before, ArrayView<float> x, ArrayView<float> mean, ArrayView<float> inverseDeviation, ArrayView<float> weight,
    ArrayView<float> dweight, ArrayView<float> dbias, ArrayView<float> dx, ArrayView<float> dresidual, int wantsResidual, int channels,
    float inverseCount) : IElementKernel
    where TOp : unmanaged, IUnaryOp
{
    public void Run(int index)
    {
        int channel = index % channels;
        float normalised = (x[index] - mean[channel]) * inverseDeviation[channel];
        float gradient = before.At(index);
        float centred = gradient - dbias[channel] * inverseCount;
        float along = GpuMath.FusedMultiplyAdd(-normalised, dweight[channel] * inverseCount, centred);
        dx[index] = weight[channel] * inverseDeviation[channel] * along;
        if (wantsResidual != 0) dresidual[index] = gradient;
    }
}
