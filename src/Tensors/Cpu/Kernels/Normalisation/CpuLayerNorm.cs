namespace Graft.Tensors;

// Letters: R rows, C columns; a row is what is normalised, and stays in the first cache from its first sum to its last store.
public sealed partial class CpuDevice
{
    public override unsafe void LayerNorm(
        Tensor<float> x, Tensor<float> weight, Tensor<float> bias, float epsilon,
        Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> y)
    {
        int columns = x.Shape[^1];
        var kernel = new LayerNormKernel(
            x.Pointer(), weight.Pointer(), bias.Pointer(), epsilon, mean.Pointer(), inverseDeviation.Pointer(), y.Pointer(), columns);
        workers.Run(kernel, Rows(x.ElementCount, columns), columns * 4L);
        KeepAlive(x, weight, bias, mean, inverseDeviation, y);
    }

    public override unsafe void LayerNormBackward(
        Tensor<float> dy, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight,
        Tensor<float>? dx, Tensor<float>? dweight, Tensor<float>? dbias)
    {
        int columns = x.Shape[^1];
        var chunks = new RowChunks(Rows(x.ElementCount, columns));
        bool sums = dweight is not null || dbias is not null;
        using var partial = RentWorkspace(sums ? 2L * chunks.Count * columns : 0);
        var kernel = new LayerNormBackwardKernel(
            chunks, dy.Pointer(), x.Pointer(), mean.Pointer(), inverseDeviation.Pointer(), weight.Pointer(), dx.PointerOrNull(),
            sums ? partial.Pointer : null, columns);
        workers.Run(kernel, chunks.Count, chunks.RowsPerChunk * columns * 6L);
        if (sums)
        {
            var combine = new CombineRowChunksKernel(
                partial.Pointer, chunks.Count, dweight.PointerOrNull(), dbias.PointerOrNull(), columns);
            workers.Run(combine, columns, 2L * chunks.Count);
        }
        KeepAlive(dy, x, mean, inverseDeviation, weight, dx, dweight, dbias);
    }
}

/// <summary>Rows cut into at most 64 chunks; the boundaries depend on the number of rows alone.</summary>
internal readonly struct RowChunks(nint rows)
{
    private const int MostChunks = 64;
    private const int LeastRows = 8;

    public nint RowsPerChunk { get; } = Math.Max(LeastRows, Ceiling.Divide(rows, MostChunks));

    public int Count => (int)Ceiling.Divide(rows, RowsPerChunk);

    public nint First(nint chunk) => Math.Min(rows, chunk * RowsPerChunk);
}

/// <summary>y = (x - mean) * inverseDeviation * weight + bias, row by row: a sum, a sum of squared distances, a store.</summary>
internal readonly unsafe struct LayerNormKernel(
    float* x, float* weight, float* bias, float epsilon, float* means, float* inverseDeviations, float* y, int columns) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint row = begin; row < end; row++)
        {
            float* from = x + row * columns, to = y + row * columns;
            float mean = VirtualLanes.Sum<Entries, S>(new(from), columns) / columns;
            float variance = VirtualLanes.Sum<SquaredDistances, S>(new(from, mean), columns) / columns;
            float inverse = 1f / MathF.Sqrt(variance + epsilon);
            means[row] = mean;
            inverseDeviations[row] = inverse;
            int i = 0;
            for (; i + S.Width <= columns; i += S.Width) S.Store(At<S>(from, i, mean, inverse), to + i);
            for (; i < columns; i++) Lane1.Store(At<Lane1>(from, i, mean, inverse), to + i);
        }
    }

    private S At<S>(float* from, int i, float mean, float inverse) where S : unmanaged, IVectorLane<S> =>
        S.FusedMultiplyAdd((S.Load(from + i) - S.Splat(mean)) * S.Splat(inverse), S.Load(weight + i), S.Load(bias + i));

    private readonly struct Entries(float* x) : IRowTerms
    {
        public S Accumulate<S>(S running, nint i) where S : unmanaged, IVectorLane<S> => running + S.Load(x + i);
    }

    private readonly struct SquaredDistances(float* x, float mean) : IRowTerms
    {
        public S Accumulate<S>(S running, nint i) where S : unmanaged, IVectorLane<S>
        {
            var distance = S.Load(x + i) - S.Splat(mean);
            return S.FusedMultiplyAdd(distance, distance, running);
        }
    }
}

/// <summary>With g = dy * weight and h = (x - mean) * inverseDeviation: dx = inverseDeviation * (g - mean(g) - h * mean(g h)), and
/// each chunk's sums of dy * h and of dy, all in one sweep over dy and x. dx may be dy.</summary>
internal readonly unsafe struct LayerNormBackwardKernel(
    RowChunks chunks, float* dy, float* x, float* means, float* inverseDeviations, float* weight, float* dx, float* partial, int columns)
    : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint chunk = begin; chunk < end; chunk++)
        {
            float* dweight = partial + chunk * 2 * columns, dbias = dweight + columns;
            if (partial is not null) new Span<float>(dweight, 2 * columns).Clear();
            for (nint row = chunks.First(chunk); row < chunks.First(chunk + 1); row++)
            {
                float* gradient = dy + row * columns, input = x + row * columns;
                // the sums first: dx may be dy
                if (partial is not null) AddTo<S>(dweight, dbias, gradient, input, means[row], inverseDeviations[row]);
                if (dx is not null) Input<S>(gradient, input, means[row], inverseDeviations[row], dx + row * columns);
            }
        }
    }

    private void AddTo<S>(float* dweight, float* dbias, float* gradient, float* input, float mean, float inverse)
        where S : unmanaged, IVectorLane<S>
    {
        int i = 0;
        for (; i + S.Width <= columns; i += S.Width) Column<S>(dweight + i, dbias + i, gradient + i, input + i, mean, inverse);
        for (; i < columns; i++) Column<Lane1>(dweight + i, dbias + i, gradient + i, input + i, mean, inverse);
    }

    private static void Column<S>(float* dweight, float* dbias, float* gradient, float* input, float mean, float inverse)
        where S : unmanaged, IVectorLane<S>
    {
        var dy = S.Load(gradient);
        S.Store(S.FusedMultiplyAdd(dy, (S.Load(input) - S.Splat(mean)) * S.Splat(inverse), S.Load(dweight)), dweight);
        S.Store(S.Load(dbias) + dy, dbias);
    }

    private void Input<S>(float* gradient, float* input, float mean, float inverse, float* to) where S : unmanaged, IVectorLane<S>
    {
        float sum = VirtualLanes.Sum<Products, S>(new(gradient, weight), columns) / columns;
        float along = VirtualLanes.Sum<DistanceProducts, S>(new(gradient, weight, input, mean), columns) / columns * inverse * inverse;
        int i = 0;
        for (; i + S.Width <= columns; i += S.Width) S.Store(At<S>(gradient + i, weight + i, input + i, mean, inverse, sum, along), to + i);
        for (; i < columns; i++) Lane1.Store(At<Lane1>(gradient + i, weight + i, input + i, mean, inverse, sum, along), to + i);
    }

    private static S At<S>(float* gradient, float* weight, float* input, float mean, float inverse, float sum, float along)
        where S : unmanaged, IVectorLane<S>
    {
        var centred = S.FusedMultiplyAdd(S.Load(gradient), S.Load(weight), S.Splat(-sum));
        return S.FusedMultiplyAdd(S.Load(input) - S.Splat(mean), S.Splat(-along), centred) * S.Splat(inverse);
    }

    private readonly struct Products(float* left, float* right) : IRowTerms
    {
        public S Accumulate<S>(S running, nint i) where S : unmanaged, IVectorLane<S> =>
            S.FusedMultiplyAdd(S.Load(left + i), S.Load(right + i), running);
    }

    private readonly struct DistanceProducts(float* gradient, float* weight, float* x, float mean) : IRowTerms
    {
        public S Accumulate<S>(S running, nint i) where S : unmanaged, IVectorLane<S> =>
            S.FusedMultiplyAdd(S.Load(gradient + i) * S.Load(weight + i), S.Load(x + i) - S.Splat(mean), running);
    }
}

/// <summary>The chunks' sums, added in order and in double.</summary>
internal readonly unsafe struct CombineRowChunksKernel(float* partial, int chunks, float* dweight, float* dbias, int columns) : IRangeKernel
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint column = begin; column < end; column++)
        {
            double weight = 0, bias = 0;
            for (nint chunk = 0; chunk < chunks; chunk++)
            {
                weight += partial[chunk * 2 * columns + column];
                bias += partial[(chunk * 2 + 1) * columns + column];
            }
            if (dweight is not null) dweight[column] = (float)weight;
            if (dbias is not null) dbias[column] = (float)bias;
        }
    }
}
