namespace Graft.Tensors;

public sealed partial class CpuDevice
{
    /// <remarks>Sums of many numbers are cut into chunks whose boundaries depend on the shape alone; the chunks' results are
    /// combined in their order. So the bits do not depend on the number of threads, and rounding errors stay small.</remarks>
    public override unsafe void Reduce<TReduction>(Tensor<float> x, Tensor<float> y, float scale = 1f)
    {
        var plan = new ReductionPlan(x.Shape, x.Strides, y.Shape, y.StridesOver(x.Shape), chunked: true);
        if (plan.Order == ReductionOrder.Scattered)
        {
            using var contiguous = Rent<float>(x.Shape);
            Copy(x, contiguous);
            Reduce<TReduction>(contiguous, y, scale);
        }
        else if (plan.Chunks == 1)
        {
            Reduce<TReduction>(plan, x.Pointer(), y.Pointer(), scale);
        }
        else
        {
            using var partial = RentWorkspace((long)plan.Chunks * plan.Outputs);
            Reduce<TReduction>(plan, x.Pointer(), partial.Pointer, scale: 1f);
            Shape parts = [plan.Chunks, plan.Outputs], whole = [1, plan.Outputs];
            var combine = new ReductionPlan(parts, Strides.Dense(parts), whole, Strides.Dense(whole), chunked: false);
            Reduce<CombineOf<TReduction>>(combine, partial.Pointer, y.Pointer(), scale);
        }
        KeepAlive(x, y);
    }

    private unsafe void Reduce<TReduction>(in ReductionPlan plan, float* x, float* y, float scale) where TReduction : struct, IReduction
    {
        if (plan.Order == ReductionOrder.Rows)
            workers.Run(new RowReduction<TReduction>(plan, x, y, scale), plan.Items, plan.StepsPerItem);
        else
            workers.Run(new ColumnReduction<TReduction>(plan, x, y, scale), plan.Items, plan.StepsPerItem);
    }
}

/// <summary>The second half of a reduction in chunks: its numbers are results already.</summary>
internal readonly struct CombineOf<TReduction> : IReduction where TReduction : struct, IReduction
{
    public static float Identity => TReduction.Identity;

    public static S Accumulate<S>(S running, S x) where S : unmanaged, ILane<S> => TReduction.Combine(running, x);

    public static S Combine<S>(S left, S right) where S : unmanaged, ILane<S> => TReduction.Combine(left, right);
}

/// <summary>Along which axis a reduction's input is contiguous.</summary>
internal enum ReductionOrder
{
    /// <summary>Along a reduced axis: each output is the reduction of stretches of memory.</summary>
    Rows,

    /// <summary>Along a kept axis: neighbouring outputs are reduced side by side.</summary>
    Columns,

    /// <summary>Along neither.</summary>
    Scattered,
}

/// <summary>The loops of a reduction and how they are cut. An item is one chunk of one output (rows), or one chunk of a block
/// of neighbouring outputs (columns).</summary>
internal readonly struct ReductionPlan
{
    public const int ColumnBlock = 64;
    private const int RowChunk = 16 * 1024;
    private const int ColumnChunk = 512;

    public readonly StridedIteration Kept;
    public readonly StridedIteration Reduced;

    /// <param name="from">The lengths of the input's axes.</param>
    /// <param name="fromSteps">The input's strides.</param>
    /// <param name="to">The lengths of the output's axes, aligned at the last.</param>
    /// <param name="toSteps">The output's strides, an axis of the input each.</param>
    /// <param name="chunked">Whether long sums are cut.</param>
    public ReductionPlan(Shape from, in Strides fromSteps, Shape to, in Strides toSteps, bool chunked)
    {
        Shape kept = from, reduced = from, aligned = to.AlignedTo(from.Rank);
        for (int axis = 0; axis < from.Rank; axis++)
        {
            if (aligned[axis] == 1) kept = kept.With(axis, 1);
            else reduced = reduced.With(axis, 1);
        }
        Kept = new StridedIteration(kept, toSteps, fromSteps);
        Reduced = new StridedIteration(reduced, fromSteps);
        Outputs = checked((int)Kept.Count);
        Order = Reduced.InnerStep(0) == 1 ? ReductionOrder.Rows
            : Kept.InnerStep(1) == 1 || Kept.Inner == 1 ? ReductionOrder.Columns
            : ReductionOrder.Scattered;
        ChunkLength = !chunked ? Math.Max(1, Reduced.Count) : Order == ReductionOrder.Rows ? RowChunk : ColumnChunk;
        Chunks = Math.Max(1, checked((int)Ceiling.Divide(Reduced.Count, ChunkLength)));
        BlocksPerRow = Ceiling.Divide(Kept.Inner, ColumnBlock);
    }

    public ReductionOrder Order { get; }

    public int Outputs { get; }

    public nint ChunkLength { get; }

    public int Chunks { get; }

    /// <summary>Column blocks in one innermost loop over outputs.</summary>
    public nint BlocksPerRow { get; }

    public nint Items => Kept.Count == 0 ? 0
        : Order == ReductionOrder.Rows ? (nint)Chunks * Outputs : Chunks * (Kept.Count / Kept.Inner) * BlocksPerRow;

    public long StepsPerItem => Math.Min(ChunkLength, Reduced.Count) * (Order == ReductionOrder.Rows ? 1 : Math.Min(ColumnBlock, Kept.Inner));

    /// <summary>The numbers [first, last) of the reduced loop that belong to a chunk.</summary>
    public (nint First, nint Last) Chunk(nint chunk) => (chunk * ChunkLength, Math.Min(Reduced.Count, (chunk + 1) * ChunkLength));
}

internal readonly unsafe struct RowReduction<TReduction>(ReductionPlan plan, float* x, float* y, float scale) : IRangeKernel
    where TReduction : struct, IReduction
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        float* partials = stackalloc float[VirtualLanes.Count];
        for (nint item = begin; item < end; item++)
        {
            nint chunk = item / plan.Outputs, output = item - chunk * plan.Outputs;
            nint row = output / plan.Kept.Inner, column = output - row * plan.Kept.Inner;
            float* from = x + plan.Kept.RowOffset(1, row) + column * plan.Kept.InnerStep(1);
            VirtualLanes.Clear<TReduction>(partials);
            var (at, last) = plan.Chunk(chunk);
            while (at < last)
            {
                nint stretch = at / plan.Reduced.Inner, inside = at - stretch * plan.Reduced.Inner;
                nint length = Math.Min(plan.Reduced.Inner - inside, last - at);
                VirtualLanes.Accumulate<TReduction, S>(partials, from + plan.Reduced.RowOffset(0, stretch) + inside, length);
                at += length;
            }
            y[item] = VirtualLanes.Collapse<TReduction>(partials) * scale;
        }
    }
}

internal readonly unsafe struct ColumnReduction<TReduction>(ReductionPlan plan, float* x, float* y, float scale) : IRangeKernel
    where TReduction : struct, IReduction
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        float* running = stackalloc float[ReductionPlan.ColumnBlock];
        nint itemsPerChunk = plan.Items / plan.Chunks;
        for (nint item = begin; item < end; item++)
        {
            nint chunk = item / itemsPerChunk, inChunk = item - chunk * itemsPerChunk;
            nint row = inChunk / plan.BlocksPerRow, block = inChunk - row * plan.BlocksPerRow;
            nint column = block * ReductionPlan.ColumnBlock;
            int width = (int)Math.Min(ReductionPlan.ColumnBlock, plan.Kept.Inner - column);
            float* from = x + plan.Kept.RowOffset(1, row) + column;
            new Span<float>(running, width).Fill(TReduction.Identity);
            var (first, last) = plan.Chunk(chunk);
            nint step = plan.Reduced.InnerStep(0);
            for (nint at = first; at < last;)
            {
                nint stretch = at / plan.Reduced.Inner, inside = at - stretch * plan.Reduced.Inner;
                nint length = Math.Min(plan.Reduced.Inner - inside, last - at);
                Down<S>(running, width, from + plan.Reduced.RowOffset(0, stretch) + inside * step, step, length);
                at += length;
            }
            float* to = y + chunk * plan.Outputs + row * plan.Kept.Inner + column;
            for (int i = 0; i < width; i++) to[i] = running[i] * scale;
        }
    }

    /// <summary>Takes in <paramref name="length"/> rows of <paramref name="width"/> columns, four lanes side by side.</summary>
    private static void Down<S>(float* running, int width, float* from, nint step, nint length) where S : unmanaged, IVectorLane<S>
    {
        int column = 0;
        for (; column + 4 * S.Width <= width; column += 4 * S.Width)
        {
            float* at = from + column;
            var s0 = S.Load(running + column);
            var s1 = S.Load(running + column + S.Width);
            var s2 = S.Load(running + column + 2 * S.Width);
            var s3 = S.Load(running + column + 3 * S.Width);
            for (nint row = 0; row < length; row++, at += step)
            {
                s0 = TReduction.Accumulate(s0, S.Load(at));
                s1 = TReduction.Accumulate(s1, S.Load(at + S.Width));
                s2 = TReduction.Accumulate(s2, S.Load(at + 2 * S.Width));
                s3 = TReduction.Accumulate(s3, S.Load(at + 3 * S.Width));
            }
            S.Store(s0, running + column);
            S.Store(s1, running + column + S.Width);
            S.Store(s2, running + column + 2 * S.Width);
            S.Store(s3, running + column + 3 * S.Width);
        }
        for (; column + S.Width <= width; column += S.Width) Single<S>(running + column, from + column, step, length);
        for (; column < width; column++) Single<Lane1>(running + column, from + column, step, length);
    }

    private static void Single<S>(float* running, float* from, nint step, nint length) where S : unmanaged, IVectorLane<S>
    {
        var sum = S.Load(running);
        for (nint row = 0; row < length; row++, from += step) sum = TReduction.Accumulate(sum, S.Load(from));
        S.Store(sum, running);
    }
}
