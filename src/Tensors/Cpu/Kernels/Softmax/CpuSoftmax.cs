namespace Graft.Tensors;

public sealed partial class CpuDevice
{
    public override unsafe void Softmax(Tensor<float> x, Tensor<float> y, bool log)
    {
        int columns = x.Shape.Rank == 0 ? 1 : x.Shape[^1];
        workers.Run(new SoftmaxKernel(x.Pointer(), y.Pointer(), columns, log), Rows(x.ElementCount, columns), columns * 8L);
        KeepAlive(x, y);
    }

    public override unsafe void SoftmaxBackward(Tensor<float> dy, Tensor<float> y, Tensor<float> dx, bool log)
    {
        int columns = y.Shape.Rank == 0 ? 1 : y.Shape[^1];
        var kernel = new SoftmaxBackwardKernel(dy.Pointer(), y.Pointer(), dx.Pointer(), columns, log);
        workers.Run(kernel, Rows(y.ElementCount, columns), columns * 4L);
        KeepAlive(dy, y, dx);
    }

    public override unsafe void CrossEntropy(
        Tensor<float> logits, Tensor<int> labels, float smoothing, Tensor<float> losses, Tensor<float> normalisers)
    {
        int classes = logits.Shape[^1];
        var kernel = new CrossEntropyKernel(logits.Pointer(), labels.Pointer(), classes, smoothing, losses.Pointer(), NormaliserPointers.Of(normalisers));
        workers.Run(kernel, logits.Shape[0], classes * 8L);
        KeepAlive(logits, labels, losses, normalisers);
    }

    public override unsafe void CrossEntropyBackward(
        Tensor<float> logits, Tensor<int> labels, float smoothing, Tensor<float> normalisers, Tensor<float> dlosses, Tensor<float> dlogits)
    {
        int classes = logits.Shape[^1];
        var kernel = new CrossEntropyBackwardKernel(
            logits.Pointer(), labels.Pointer(), classes, smoothing, NormaliserPointers.Of(normalisers), dlosses.Pointer(), dlogits.Pointer());
        workers.Run(kernel, logits.Shape[0], classes * 8L);
        KeepAlive(logits, labels, normalisers, dlosses, dlogits);
    }

    private static nint Rows(long elements, int columns) => columns == 0 ? 0 : (nint)(elements / columns);
}

/// <summary>Softmax of one row: its largest entry, the sum of e^(x - largest), the quotients.</summary>
internal static unsafe class SoftmaxRow
{
    public static float Maximum<S>(float* x, int length) where S : unmanaged, IVectorLane<S> =>
        VirtualLanes.Reduce<MaximumOf, Entries, S>(new(x), length);

    /// <summary>y = e^(x - largest); returns its sum.</summary>
    public static float ExponentialSum<S>(float* x, float* y, int length, float largest) where S : unmanaged, IVectorLane<S> =>
        VirtualLanes.Sum<Exponentials, S>(new(x, y, largest), length);

    /// <summary>y = (x - largest) - rest: the large parts cancel first, so that large logits lose nothing.</summary>
    public static void Subtract<S>(float* x, float* y, int length, float largest, float rest) where S : unmanaged, IVectorLane<S>
    {
        int i = 0;
        for (; i + S.Width <= length; i += S.Width) S.Store(S.Load(x + i) - S.Splat(largest) - S.Splat(rest), y + i);
        for (; i < length; i++) y[i] = x[i] - largest - rest;
    }

    /// <summary>y *= factor.</summary>
    public static void Scale<S>(float* y, int length, float factor) where S : unmanaged, IVectorLane<S>
    {
        int i = 0;
        for (; i + S.Width <= length; i += S.Width) S.Store(S.Load(y + i) * S.Splat(factor), y + i);
        for (; i < length; i++) y[i] *= factor;
    }

    private readonly struct Entries(float* x) : IRowTerms
    {
        public S Accumulate<S>(S running, nint i) where S : unmanaged, IVectorLane<S> => S.Max(running, S.Load(x + i));
    }

    /// <summary>Stores what it adds.</summary>
    private readonly struct Exponentials(float* x, float* y, float largest) : IRowTerms
    {
        public S Accumulate<S>(S running, nint i) where S : unmanaged, IVectorLane<S>
        {
            var exponential = S.Exp(S.Load(x + i) - S.Splat(largest));
            S.Store(exponential, y + i);
            return running + exponential;
        }
    }
}

internal readonly unsafe struct SoftmaxKernel(float* x, float* y, int columns, bool log) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        using var workspace = new ThreadWorkspace(log ? columns : 0);
        for (nint row = begin; row < end; row++)
        {
            float* from = x + row * columns, to = y + row * columns;
            float largest = SoftmaxRow.Maximum<S>(from, columns);
            float sum = SoftmaxRow.ExponentialSum<S>(from, log ? workspace.Pointer : to, columns, largest);
            if (log) SoftmaxRow.Subtract<S>(from, to, columns, largest, Lane1.Log(new Lane1(sum)).Value);
            else SoftmaxRow.Scale<S>(to, columns, 1f / sum);
        }
    }
}

/// <summary>softmax: dx = y (dy - sum(dy y)); log-softmax: dx = dy - e^y sum(dy).</summary>
internal readonly unsafe struct SoftmaxBackwardKernel(float* dy, float* y, float* dx, int columns, bool log) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint row = begin; row < end; row++)
        {
            float* gradient = dy + row * columns, output = y + row * columns, to = dx + row * columns;
            if (log) Subtract<S>(gradient, output, to, VirtualLanes.Sum<Entries, S>(new(gradient), columns), columns);
            else Weigh<S>(gradient, output, to, VirtualLanes.Sum<Products, S>(new(gradient, output), columns), columns);
        }
    }

    /// <summary>to = gradient - e^output * sum.</summary>
    private static void Subtract<S>(float* gradient, float* output, float* to, float sum, int length) where S : unmanaged, IVectorLane<S>
    {
        int i = 0;
        for (; i + S.Width <= length; i += S.Width)
            S.Store(S.FusedMultiplyAdd(-S.Exp(S.Load(output + i)), S.Splat(sum), S.Load(gradient + i)), to + i);
        for (; i < length; i++)
            Lane1.Store(Lane1.FusedMultiplyAdd(-Lane1.Exp(new Lane1(output[i])), new Lane1(sum), new Lane1(gradient[i])), to + i);
    }

    /// <summary>to = output * (gradient - sum).</summary>
    private static void Weigh<S>(float* gradient, float* output, float* to, float sum, int length) where S : unmanaged, IVectorLane<S>
    {
        int i = 0;
        for (; i + S.Width <= length; i += S.Width) S.Store(S.Load(output + i) * (S.Load(gradient + i) - S.Splat(sum)), to + i);
        for (; i < length; i++) to[i] = output[i] * (gradient[i] - sum);
    }

    private readonly struct Entries(float* x) : IRowTerms
    {
        public S Accumulate<S>(S running, nint i) where S : unmanaged, IVectorLane<S> => running + S.Load(x + i);
    }

    private readonly struct Products(float* left, float* right) : IRowTerms
    {
        public S Accumulate<S>(S running, nint i) where S : unmanaged, IVectorLane<S> =>
            S.FusedMultiplyAdd(S.Load(left + i), S.Load(right + i), running);
    }
}

/// <summary>The two halves of each row's logarithm of a sum of exponentials: the largest entry, and the logarithm of the sum beside it. Added up, they would round off to the
/// spacing of numbers of the largest entry's size, and so would every probability that is made of them.</summary>
internal readonly unsafe struct NormaliserPointers(float* largest, float* rest)
{
    public readonly float* Largest = largest, Rest = rest;

    /// <summary>The rows of a tensor [2, R].</summary>
    public static NormaliserPointers Of(Tensor<float> normalisers) => new(normalisers.Pointer(), normalisers.Pointer() + normalisers.Shape[1]);
}

internal readonly unsafe struct CrossEntropyKernel(
    float* logits, int* labels, int classes, float smoothing, float* losses, NormaliserPointers normalisers) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        using var workspace = new ThreadWorkspace(classes);
        float* partials = stackalloc float[VirtualLanes.Count];
        for (nint row = begin; row < end; row++)
        {
            float* x = logits + row * classes;
            float largest = SoftmaxRow.Maximum<S>(x, classes);
            float sum = SoftmaxRow.ExponentialSum<S>(x, workspace.Pointer, classes, largest);
            float rest = Lane1.Log(new Lane1(sum)).Value;
            (normalisers.Largest[row], normalisers.Rest[row]) = (largest, rest);
            int label = labels[row];
            if (label < 0)
            {
                losses[row] = 0f;
                continue;
            }
            float target = largest - x[label] + rest;
            if (smoothing != 0f)
            {
                VirtualLanes.Clear<SumOf>(partials);
                VirtualLanes.Accumulate<SumOf, S>(partials, x, classes);
                target = (1f - smoothing) * target + smoothing * (largest - VirtualLanes.Collapse<SumOf>(partials) / classes + rest);
            }
            losses[row] = target;
        }
    }
}

internal readonly unsafe struct CrossEntropyBackwardKernel(
    float* logits, int* labels, int classes, float smoothing, NormaliserPointers normalisers, float* dlosses, float* dlogits) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint row = begin; row < end; row++)
        {
            float* x = logits + row * classes, dx = dlogits + row * classes;
            int label = labels[row];
            if (label < 0)
            {
                new Span<float>(dx, classes).Clear();
                continue;
            }
            float largest = normalisers.Largest[row], rest = normalisers.Rest[row], scale = dlosses[row];
            int i = 0;
            for (; i + S.Width <= classes; i += S.Width) S.Store(At<S>(x + i, largest, rest, scale), dx + i);
            for (; i < classes; i++) Lane1.Store(At<Lane1>(x + i, largest, rest, scale), dx + i);
            dx[label] -= (1f - smoothing) * scale;
        }
    }

    private S At<S>(float* x, float largest, float rest, float scale) where S : unmanaged, IVectorLane<S> =>
        (S.Exp(S.Load(x) - S.Splat(largest) - S.Splat(rest)) - S.Splat(smoothing / classes)) * S.Splat(scale);
}
