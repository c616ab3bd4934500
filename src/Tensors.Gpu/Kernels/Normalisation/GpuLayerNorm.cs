using ILGPU;

namespace Graft.Tensors.Gpu;

// A group of threads a row; the parameters' gradients are sums down the columns.
public sealed partial class GpuDevice
{
    public override void LayerNorm(
        Tensor<float> x, Tensor<float> weight, Tensor<float> bias, float epsilon,
        Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> y)
    {
        var (rows, columns) = RowsOf(x);
        var kernel = new LayerNormKernel(
            ViewOf(x), ViewOf(weight), ViewOf(bias), epsilon, ViewOf(mean), ViewOf(inverseDeviation), ViewOf(y), columns);
        LaunchGroups(kernel, rows, x, weight, bias, mean, inverseDeviation, y);
    }

    public override void LayerNormBackward(
        Tensor<float> dy, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight,
        Tensor<float>? dx, Tensor<float>? dweight, Tensor<float>? dbias)
    {
        var (rows, columns) = RowsOf(x);
        if (dweight is not null)
        {
            var products = new RowProductTerms(ViewOf(dy), ViewOf(x), ViewOf(mean), ViewOf(inverseDeviation), columns);
            Reduce(products, columns, rows, true, 1f, dweight, StridedIndex.Consecutive, dy, x, mean, inverseDeviation);
        }
        if (dbias is not null) Reduce(new ChannelSumTerms(ViewOf(dy), columns), columns, rows, true, 1f, dbias, StridedIndex.Consecutive, dy);
        // last, because dx may be dy
        if (dx is null) return;
        var kernel = new LayerNormBackwardKernel(
            ViewOf(dy), ViewOf(x), ViewOf(mean), ViewOf(inverseDeviation), ViewOf(weight), ViewOf(dx), columns);
        LaunchGroups(kernel, rows, dy, x, mean, inverseDeviation, weight, dx);
    }
}

/// <summary>y = (x - mean) * inverseDeviation * weight + bias.</summary>
internal readonly struct LayerNormKernel(
    ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias, float epsilon, ArrayView<float> means,
    ArrayView<float> inverseDeviations, ArrayView<float> y, int columns) : IGroupKernel
{
    public void Run(int group)
    {
        int row = group * columns;
        float own = 0f;
        for (int column = Group.IdxX; column < columns; column += Group.DimX) own += x[row + column];
        float mean = GroupSums.All<SumOf>(new GpuLane(own)).Value / columns;
        own = 0f;
        for (int column = Group.IdxX; column < columns; column += Group.DimX)
        {
            float distance = x[row + column] - mean;
            own = GpuMath.FusedMultiplyAdd(distance, distance, own);
        }
        float variance = GroupSums.All<SumOf>(new GpuLane(own)).Value / columns;
        float inverse = 1f / GpuLane.Sqrt(new GpuLane(variance + epsilon)).Value;
        for (int column = Group.IdxX; column < columns; column += Group.DimX)
            y[row + column] = GpuMath.FusedMultiplyAdd((x[row + column] - mean) * inverse, weight[column], bias[column]);
        if (Group.IdxX != 0) return;
        means[group] = mean;
        inverseDeviations[group] = inverse;
    }
}

/// <summary>dx = inverseDeviation * (g - mean(g) - h * mean(g h)), g = dy * weight, h = (x - mean) * inverseDeviation.</summary>
internal readonly struct LayerNormBackwardKernel(
    ArrayView<float> dy, ArrayView<float> x, ArrayView<float> means, ArrayView<float> inverseDeviations, ArrayView<float> weight,
    ArrayView<float> dx, int columns) : IGroupKernel
{
    public void Run(int group)
    {
        int row = group * columns;
        float mean = means[group], inverse = inverseDeviations[group];
        float own = 0f, ownAlong = 0f;
        for (int column = Group.IdxX; column < columns; column += Group.DimX)
        {
            float gradient = dy[row + column] * weight[column];
            own += gradient;
            ownAlong = GpuMath.FusedMultiplyAdd(gradient, x[row + column] - mean, ownAlong);
        }
        float sum = GroupSums.All<SumOf>(new GpuLane(own)).Value / columns;
        float along = GroupSums.All<SumOf>(new GpuLane(ownAlong)).Value / columns * inverse * inverse;
        for (int column = Group.IdxX; column < columns; column += Group.DimX)
        {
            float centred = GpuMath.FusedMultiplyAdd(dy[row + column], weight[column], -sum);
            dx[row + column] = GpuMath.FusedMultiplyAdd(x[row + column] - mean, -along, centred) * inverse;
        }
    }
}

/// <summary>dy * (x - mean) * inverseDeviation, down each column; mean and inverseDeviation are the row's.</summary>
internal readonly struct RowProductTerms(
    ArrayView<float> dy, ArrayView<float> x, ArrayView<float> means, ArrayView<float> inverseDeviations, int columns) : ITerms
{
    public static float Identity => 0f;

    public GpuLane Accumulate(GpuLane running, int output, int term)
    {
        int index = term * columns + output;
        var normalised = new GpuLane((x[index] - means[term]) * inverseDeviations[term]);
        return GpuLane.FusedMultiplyAdd(new GpuLane(dy[index]), normalised, running);
    }

    public static GpuLane Combine(GpuLane left, GpuLane right) => left + right;
}
