using System.Runtime.CompilerServices;

namespace Graft.Tensors;

// Letters: R rows (images and pixels), C channels. A channels-last activation is the matrix [R, C] in memory.
public sealed partial class CpuDevice
{
    public override unsafe void ChannelStatistics(Tensor<float> x, Tensor<float> mean, Tensor<float> variance)
    {
        var plan = new ChannelReductionPlan(x);
        using var partial = RentWorkspace(3 * plan.Partials);
        var chunks = new ChunkStatistics(partial.Pointer, plan.Partials);
        workers.Run(new ChunkStatisticsKernel(plan, x.Pointer(), chunks), plan.Items, plan.StepsPerItem);
        workers.Run(new CombineStatisticsKernel(plan, chunks, mean.Pointer(), variance.Pointer()), plan.Channels, 8L * plan.Chunks);
        KeepAlive(x, mean, variance);
    }

    public override unsafe void BatchNorm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight, Tensor<float> bias,
        Tensor<float>? residual, Tensor<float> y)
    {
        int channels = x.Shape[1];
        using var scale = RentWorkspace(channels);
        float* inverse = inverseDeviation.Pointer(), gamma = weight.Pointer();
        for (int c = 0; c < channels; c++) scale.Pointer[c] = inverse[c] * gamma[c];
        var step = new BatchNormStep<TEpilogue>(
            epilogue, x.Pointer(), mean.Pointer(), scale.Pointer, bias.Pointer(), residual.PointerOrNull(), y.Pointer());
        workers.Run(new ChannelRowsKernel<BatchNormStep<TEpilogue>>(step, channels), RowsOf(x), 2L * channels);
        KeepAlive(x, mean, inverseDeviation, weight, bias, residual, y);
    }

    public override unsafe void BatchNormBackwardParameters<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? y, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation,
        Tensor<float> dweight, Tensor<float> dbias)
    {
        var gradient = new ActivationGradient<TOp>(op, dy.Pointer(), y.PointerOrNull());
        var plan = new ChannelReductionPlan(x);
        using var partialWeight = RentWorkspace(plan.Partials);
        using var partialBias = RentWorkspace(plan.Partials);
        workers.Run(
            new ChunkGradientsKernel<TOp>(plan, gradient, x.Pointer(), mean.Pointer(), partialWeight.Pointer, partialBias.Pointer),
            plan.Items, plan.StepsPerItem);
        workers.Run(
            new CombineGradientsKernel(
                plan, partialWeight.Pointer, partialBias.Pointer, inverseDeviation.Pointer(), dweight.Pointer(), dbias.Pointer()),
            plan.Channels, 4L * plan.Chunks);
        KeepAlive(dy, y, x, mean, inverseDeviation, dweight, dbias);
    }

    public override unsafe void BatchNormBackwardInput<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? y, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight,
        Tensor<float>? dweight, Tensor<float>? dbias, Tensor<float> dx, Tensor<float>? dresidual)
    {
        var gradient = new ActivationGradient<TOp>(op, dy.Pointer(), y.PointerOrNull());
        int channels = dy.Shape[1];
        long rows = RowsOf(dy);
        using var coefficients = RentWorkspace(3L * channels);
        float* onGradient = coefficients.Pointer, onInput = onGradient + channels, constant = onInput + channels;
        float* inverse = inverseDeviation.Pointer(), gamma = weight.Pointer();
        float* sumWeight = dweight.PointerOrNull(), sumBias = dbias.PointerOrNull();
        for (int c = 0; c < channels; c++)
        {
            onGradient[c] = gamma[c] * inverse[c];
            if (dweight is null || dbias is null) continue;
            onInput[c] = -onGradient[c] * inverse[c] * sumWeight[c] / rows;
            constant[c] = -onGradient[c] * sumBias[c] / rows;
        }
        if (dweight is null || dbias is null)
        {
            var step = new ScaleChannelsStep<TOp>(gradient, onGradient, dx.Pointer(), dresidual.PointerOrNull());
            workers.Run(new ChannelRowsKernel<ScaleChannelsStep<TOp>>(step, channels), (nint)rows, channels);
        }
        else
        {
            var step = new BatchNormBackwardStep<TOp>(
                gradient, x.Pointer(), mean.Pointer(), onGradient, onInput, constant, dx.Pointer(), dresidual.PointerOrNull());
            workers.Run(new ChannelRowsKernel<BatchNormBackwardStep<TOp>>(step, channels), (nint)rows, 3L * channels);
        }
        KeepAlive(dy, y, x, mean, inverseDeviation, weight, dweight, dbias, dx, dresidual);
    }

    private static nint RowsOf(Tensor<float> x) => x.Shape[1] == 0 ? 0 : (nint)(x.ElementCount / x.Shape[1]);
}

/// <summary>Of each chunk and channel a centre near the mean, the sum of the distances from it and the sum of their squares. Where the mean is far from zero a float cannot tell it
/// to within a small part of the deviation: the sum of the distances, which are small, does.</summary>
internal readonly unsafe struct ChunkStatistics(float* numbers, long each)
{
    public readonly float* Centres = numbers, Distances = numbers + each, Squares = numbers + 2 * each;
}

/// <summary>Each chunk's centre, then distances from it, while its rows are still in the cache.</summary>
internal readonly unsafe struct ChunkStatisticsKernel(ChannelReductionPlan plan, float* x, ChunkStatistics chunks) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint item = begin; item < end; item++)
        {
            var (chunk, first, last, channel, width) = plan.Item(item);
            float* from = x + first * plan.Channels + channel;
            nint at = chunk * plan.Channels + channel;
            int c = 0;
            for (; c + 2 * S.Width <= width; c += 2 * S.Width) Channels<S>(from + c, last - first, at + c);
            for (; c + S.Width <= width; c += S.Width) Channel<S>(from + c, last - first, at + c);
            for (; c < width; c++) Channel<Lane1>(from + c, last - first, at + c);
        }
    }

    /// <summary>Two lanes of channels side by side, so that memory is read in longer stretches.</summary>
    private void Channels<S>(float* from, nint rows, nint to) where S : unmanaged, IVectorLane<S>
    {
        S left = S.Splat(0f), right = left;
        float* at = from;
        for (nint row = 0; row < rows; row++, at += plan.Channels)
        {
            left += S.Load(at);
            right += S.Load(at + S.Width);
        }
        S share = S.Splat(1f / rows), leftCentre = left * share, rightCentre = right * share;
        S leftSquares = S.Splat(0f), rightSquares = leftSquares;
        left = right = S.Splat(0f);
        at = from;
        for (nint row = 0; row < rows; row++, at += plan.Channels)
        {
            S leftDistance = S.Load(at) - leftCentre, rightDistance = S.Load(at + S.Width) - rightCentre;
            left += leftDistance;
            right += rightDistance;
            leftSquares = S.FusedMultiplyAdd(leftDistance, leftDistance, leftSquares);
            rightSquares = S.FusedMultiplyAdd(rightDistance, rightDistance, rightSquares);
        }
        Store(leftCentre, left, leftSquares, to);
        Store(rightCentre, right, rightSquares, to + S.Width);
    }

    private void Channel<S>(float* from, nint rows, nint to) where S : unmanaged, IVectorLane<S>
    {
        var sum = S.Splat(0f);
        for (nint row = 0; row < rows; row++) sum += S.Load(from + row * plan.Channels);
        var centre = sum * S.Splat(1f / rows);
        S distances = S.Splat(0f), squares = distances;
        for (nint row = 0; row < rows; row++)
        {
            var distance = S.Load(from + row * plan.Channels) - centre;
            distances += distance;
            squares = S.FusedMultiplyAdd(distance, distance, squares);
        }
        Store(centre, distances, squares, to);
    }

    private void Store<S>(S centre, S distances, S squares, nint to) where S : unmanaged, IVectorLane<S>
    {
        S.Store(centre, chunks.Centres + to);
        S.Store(distances, chunks.Distances + to);
        S.Store(squares, chunks.Squares + to);
    }
}

/// <summary>Statistics of chunks into those of all rows, in double and in order (Chan, Golub and LeVeque 1983).</summary>
internal readonly unsafe struct CombineStatisticsKernel(ChannelReductionPlan plan, ChunkStatistics chunks, float* mean, float* variance) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint channel = begin; channel < end; channel++)
        {
            double count = 0, centre = 0, square = 0;
            for (nint chunk = 0; chunk < plan.Chunks; chunk++)
            {
                nint at = chunk * plan.Channels + channel;
                double more = plan.RowsIn(chunk), beside = chunks.Distances[at] / more;
                double distance = chunks.Centres[at] + beside - centre;
                double total = count + more;
                centre += distance * more / total;
                square += chunks.Squares[at] - more * beside * beside + distance * distance * count * more / total;
                count = total;
            }
            mean[channel] = (float)centre;
            variance[channel] = (float)(Math.Max(0, square) / count);
        }
    }
}

/// <summary>The gradient g = dy * op'(y) of what the op behind a norm was given, made where it is read.</summary>
internal readonly unsafe struct ActivationGradient<TOp>(TOp op, float* dy, float* y) where TOp : unmanaged, IUnaryOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public S Load<S>(nint at) where S : unmanaged, IVectorLane<S>
    {
        var output = (TOp.Saves & Saves.Output) != 0 ? S.Load(y + at) : S.Splat(0f);
        return S.Load(dy + at) * op.Derivative(S.Splat(0f), output);
    }
}

/// <summary>Each chunk's sums of g and of g (x - mean).</summary>
internal readonly unsafe struct ChunkGradientsKernel<TOp>(
    ChannelReductionPlan plan, ActivationGradient<TOp> gradient, float* x, float* mean, float* weights, float* biases) : IRangeKernel
    where TOp : unmanaged, IUnaryOp
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint item = begin; item < end; item++)
        {
            var (chunk, first, last, channel, width) = plan.Item(item);
            nint from = first * plan.Channels + channel, to = chunk * plan.Channels + channel;
            int c = 0;
            for (; c + 2 * S.Width <= width; c += 2 * S.Width) Channels<S>(from + c, last - first, channel + c, to + c);
            for (; c + S.Width <= width; c += S.Width) Channel<S>(from + c, last - first, channel + c, to + c);
            for (; c < width; c++) Channel<Lane1>(from + c, last - first, channel + c, to + c);
        }
    }

    /// <summary>Two lanes of channels side by side, so that memory is read in longer stretches.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Channels<S>(nint from, nint rows, int channel, nint to) where S : unmanaged, IVectorLane<S>
    {
        S leftCentre = S.Load(mean + channel), rightCentre = S.Load(mean + channel + S.Width);
        S leftWeight = S.Splat(0f), rightWeight = leftWeight, leftBias = leftWeight, rightBias = leftWeight;
        for (nint row = 0; row < rows; row++, from += plan.Channels)
        {
            S left = gradient.Load<S>(from), right = gradient.Load<S>(from + S.Width);
            leftBias += left;
            rightBias += right;
            leftWeight = S.FusedMultiplyAdd(left, S.Load(x + from) - leftCentre, leftWeight);
            rightWeight = S.FusedMultiplyAdd(right, S.Load(x + from + S.Width) - rightCentre, rightWeight);
        }
        S.Store(leftWeight, weights + to);
        S.Store(rightWeight, weights + to + S.Width);
        S.Store(leftBias, biases + to);
        S.Store(rightBias, biases + to + S.Width);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Channel<S>(nint from, nint rows, int channel, nint to) where S : unmanaged, IVectorLane<S>
    {
        var centre = S.Load(mean + channel);
        var weight = S.Splat(0f);
        var bias = S.Splat(0f);
        for (nint row = 0; row < rows; row++, from += plan.Channels)
        {
            var g = gradient.Load<S>(from);
            bias += g;
            weight = S.FusedMultiplyAdd(g, S.Load(x + from) - centre, weight);
        }
        S.Store(weight, weights + to);
        S.Store(bias, biases + to);
    }
}

internal readonly unsafe struct CombineGradientsKernel(
    ChannelReductionPlan plan, float* weights, float* biases, float* inverseDeviation, float* dweight, float* dbias) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint channel = begin; channel < end; channel++)
        {
            double weight = 0, bias = 0;
            for (nint chunk = 0; chunk < plan.Chunks; chunk++)
            {
                weight += weights[chunk * plan.Channels + channel];
                bias += biases[chunk * plan.Channels + channel];
            }
            dweight[channel] = (float)(weight * inverseDeviation[channel]);
            dbias[channel] = (float)bias;
        }
    }
}

/// <summary>What is done at a lane of neighbouring channels of one row.</summary>
internal interface IChannelStep
{
    /// <param name="row">Where the row begins.</param>
    /// <param name="c">The first channel.</param>
    void At<S>(nint row, int c) where S : unmanaged, IVectorLane<S>;
}

/// <summary>A step at every channel of every row; an item is a row.</summary>
internal readonly struct ChannelRowsKernel<TStep>(TStep step, int channels) : IRangeKernel where TStep : unmanaged, IChannelStep
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint row = begin; row < end; row++)
        {
            nint at = row * channels;
            int c = 0;
            for (; c + S.Width <= channels; c += S.Width) step.At<S>(at, c);
            if (c < channels) Rest(at, c);
        }
    }

    // not inlined: it leaves the inliner budget for the loop above
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Rest(nint row, int c)
    {
        for (; c < channels; c++) step.At<Lane1>(row, c);
    }
}

/// <summary>y = epilogue(x - mean, scale, bias, residual).</summary>
internal readonly unsafe struct BatchNormStep<TEpilogue>(
    TEpilogue epilogue, float* x, float* mean, float* scale, float* bias, float* residual, float* y) : IChannelStep
    where TEpilogue : unmanaged, IEpilogue
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void At<S>(nint row, int c) where S : unmanaged, IVectorLane<S>
    {
        var added = TEpilogue.UsesResidual ? S.Load(residual + row + c) : S.Splat(0f);
        S.Store(epilogue.Apply(S.Load(x + row + c) - S.Load(mean + c), S.Load(scale + c), S.Load(bias + c), added), y + row + c);
    }
}

/// <summary>dx = onGradient * g + onInput * (x - mean) + constant; dresidual, if any, = g.</summary>
internal readonly unsafe struct BatchNormBackwardStep<TOp>(
    ActivationGradient<TOp> gradient, float* x, float* mean, float* onGradient, float* onInput, float* constant, float* dx, float* dresidual) : IChannelStep
    where TOp : unmanaged, IUnaryOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void At<S>(nint row, int c) where S : unmanaged, IVectorLane<S>
    {
        var g = gradient.Load<S>(row + c);
        var rest = S.FusedMultiplyAdd(S.Load(x + row + c) - S.Load(mean + c), S.Load(onInput + c), S.Load(constant + c));
        S.Store(S.FusedMultiplyAdd(g, S.Load(onGradient + c), rest), dx + row + c);
        if (dresidual is not null) S.Store(g, dresidual + row + c);
    }
}

/// <summary>dx = factor * g, a factor a channel; dresidual, if any, = g.</summary>
internal readonly unsafe struct ScaleChannelsStep<TOp>(ActivationGradient<TOp> gradient, float* factor, float* dx, float* dresidual) : IChannelStep
    where TOp : unmanaged, IUnaryOp
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void At<S>(nint row, int c) where S : unmanaged, IVectorLane<S>
    {
        var g = gradient.Load<S>(row + c);
        S.Store(g * S.Load(factor + c), dx + row + c);
        if (dresidual is not null) S.Store(g, dresidual + row + c);
    }
}
