using ILGPU;

namespace Graft.Tensors.Gpu;

// The channel is innermost in memory in all that is normalised here: element number modulo C.
public sealed partial class GpuDevice
{
    internal override void ChannelStatistics(Tensor<float> x, Tensor<float> mean, Tensor<float> variance)
    {
        int channels = CountOf(mean), count = CountOf(x) / Math.Max(1, channels);
        Reduce(new ChannelSumTerms(ViewOf(x), channels), channels, count, true, 1f / count, mean, Places.Consecutive, x);
        // from the mean, in a second sweep: a difference of two large sums would leave nothing of a small variance
        var squares = new ChannelVarianceTerms(ViewOf(x), ViewOf(mean), channels);
        Reduce(squares, channels, count, true, 1f / count, variance, Places.Consecutive, x, mean);
    }

    internal override void BatchNorm(
        Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight, Tensor<float> bias, Tensor<float> y)
    {
        var kernel = new BatchNormKernel(
            ViewOf(x), ViewOf(mean), ViewOf(inverseDeviation), ViewOf(weight), ViewOf(bias), ViewOf(y), CountOf(mean));
        LaunchElements(kernel, CountOf(y), x, mean, inverseDeviation, weight, bias, y);
    }

    internal override void BatchNormBackwardParameters(
        Tensor<float> dy, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> dweight, Tensor<float> dbias)
    {
        int channels = CountOf(mean), count = CountOf(x) / Math.Max(1, channels);
        var products = new ChannelProductTerms(ViewOf(dy), ViewOf(x), ViewOf(mean), ViewOf(inverseDeviation), channels);
        Reduce(products, channels, count, true, 1f, dweight, Places.Consecutive, dy, x, mean, inverseDeviation);
        Reduce(new ChannelSumTerms(ViewOf(dy), channels), channels, count, true, 1f, dbias, Places.Consecutive, dy);
    }

    internal override void BatchNormBackwardInput(
        Tensor<float> dy, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight,
        Tensor<float>? dweight, Tensor<float>? dbias, Tensor<float> dx)
    {
        int channels = CountOf(mean), count = CountOf(dx) / Math.Max(1, channels);
        if (dweight is null || dbias is null)
        {
            var scaling = new BatchNormScaleKernel(ViewOf(dy), ViewOf(inverseDeviation), ViewOf(weight), ViewOf(dx), channels);
            LaunchElements(scaling, CountOf(dx), dy, inverseDeviation, weight, dx);
            return;
        }
        var kernel = new BatchNormBackwardKernel(
            ViewOf(dy), ViewOf(x), ViewOf(mean), ViewOf(inverseDeviation), ViewOf(weight), ViewOf(dweight), ViewOf(dbias), ViewOf(dx),
            channels, 1f / count);
        LaunchElements(kernel, CountOf(dx), dy, x, mean, inverseDeviation, weight, dweight, dbias, dx);
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

/// <summary>dy * (x - mean) * inverseDeviation of each channel.</summary>
internal readonly struct ChannelProductTerms(
    ArrayView<float> dy, ArrayView<float> x, ArrayView<float> mean, ArrayView<float> inverseDeviation, int channels) : ITerms
{
    public static float Identity => 0f;

    public GpuLane Accumulate(GpuLane running, int output, int term)
    {
        int index = term * channels + output;
        var normalised = new GpuLane((x[index] - mean[output]) * inverseDeviation[output]);
        return GpuLane.FusedMultiplyAdd(new GpuLane(dy[index]), normalised, running);
    }

    public static GpuLane Combine(GpuLane left, GpuLane right) => left + right;
}

/// <summary>y = (x - mean) * inverseDeviation * weight + bias.</summary>
internal readonly struct BatchNormKernel(
    ArrayView<float> x, ArrayView<float> mean, ArrayView<float> inverseDeviation, ArrayView<float> weight, ArrayView<float> bias,
    ArrayView<float> y, int channels) : IElementKernel
{
    public void Run(int index)
    {
        int channel = index % channels;
        float slope = inverseDeviation[channel] * weight[channel];
        y[index] = GpuMath.FusedMultiplyAdd(x[index] - mean[channel], slope, bias[channel]);
    }
}

/// <summary>dx = weight * inverseDeviation * dy.</summary>
internal readonly struct BatchNormScaleKernel(
    ArrayView<float> dy, ArrayView<float> inverseDeviation, ArrayView<float> weight, ArrayView<float> dx, int channels) : IElementKernel
{
    public void Run(int index)
    {
        int channel = index % channels;
        dx[index] = weight[channel] * inverseDeviation[channel] * dy[index];
    }
}

/// <summary>dx = weight * inverseDeviation * (dy - dbias / n - (x - mean) * inverseDeviation * dweight / n).</summary>
internal readonly struct BatchNormBackwardKernel(
    ArrayView<float> dy, ArrayView<float> x, ArrayView<float> mean, ArrayView<float> inverseDeviation, ArrayView<float> weight,
    ArrayView<float> dweight, ArrayView<float> dbias, ArrayView<float> dx, int channels, float inverseCount) : IElementKernel
{
    public void Run(int index)
    {
        int channel = index % channels;
        float normalised = (x[index] - mean[channel]) * inverseDeviation[channel];
        float centred = dy[index] - dbias[channel] * inverseCount;
        float gradient = GpuMath.FusedMultiplyAdd(-normalised, dweight[channel] * inverseCount, centred);
        dx[index] = weight[channel] * inverseDeviation[channel] * gradient;
    }
}
