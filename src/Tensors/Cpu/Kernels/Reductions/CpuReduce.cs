namespace Graft.Tensors;

public sealed partial class CpuDevice
{
    /// <remarks>Sums of many numbers are cut into chunks whose boundaries depend on the shape alone, and chunks into steps; their results are combined a few at a time
    /// until one is left. So the bits do not depend on the number of threads, and rounding errors hardly grow with how many numbers there are.</remarks>
    public override unsafe void Reduce<TReduction>(Tensor<float> x, Tensor<float> y, float scale = 1f)
    {
        var plan = new ReductionPlan(x.Shape, x.Strides, y.Shape, y.StridesOver(x.Shape));
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
            Combine<TReduction>(partial.Pointer, plan.Chunks, plan.Outputs, y.Pointer(), scale);
        }
        KeepAlive(x, y);
    }

    /// <summary>y [outputs] = what comes of the results of chunks, [chunks, outputs].</summary>
    private unsafe void Combine<TReduction>(float* results, int chunks, int outputs, float* y, float scale) where TReduction : struct, IReduction
    {
        int groups = CombineKernel<TReduction>.Groups(chunks);
        using var combined = RentWorkspace(groups == 1 ? 0 : (long)groups * outputs);
        var kernel = new CombineKernel<TReduction>(results, chunks, outputs, groups == 1 ? y : combined.Pointer, groups == 1 ? scale : 1f);
        workers.Run(kernel, kernel.Items, kernel.StepsPerItem);
        if (groups > 1) Combine<TReduction>(combined.Pointer, groups, outputs, y, scale);
    }

    private unsafe void Reduce<TReduction>(in ReductionPlan plan, float* x, float* y, float scale) where TReduction : struct, IReduction
    {
        if (plan.Order == ReductionOrder.Rows)
            workers.Run(new RowReduction<TReduction>(plan, x, y, scale), plan.Items, plan.StepsPerItem);
        else
            workers.Run(new ColumnReduction<TReduction>(plan, x, y, scale), plan.Items, plan.StepsPerItem);
    }
}

/// <summary>Results [count, outputs] combined, as many rows at a time as a step has numbers, [groups, outputs]; an item is a block of outputs of a group.</summary>
internal readonly unsafe struct CombineKernel<TReduction>(float* from, int count, int outputs, float* to, float scale) : IRangeKernel where TReduction : struct, IReduction
{
    private const int Block = 1024;

    public nint Items => (nint)Groups(count) * Blocks;

    public long StepsPerItem => (long)Math.Min(count, ReductionPlan.Step) * Math.Min(outputs, Block);

    private int Blocks => Ceiling.Divide(outputs, Block);

    /// <summary>How many rows so many become.</summary>
    public static int Groups(int count) => Ceiling.Divide(count, ReductionPlan.Step);

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint item = begin; item < end; item++)
        {
            nint group = item / Blocks, first = group * ReductionPlan.Step, rows = Math.Min(ReductionPlan.Step, count - first);
            nint column = (item - group * Blocks) * Block, last = Math.Min(outputs, column + Block);
            for (; column + S.Width <= last; column += S.Width) Column<S>(first, rows, group, column);
            for (; column < last; column++) Column<Lane1>(first, rows, group, column);
        }
    }

    private void Column<S>(nint first, nint rows, nint group, nint column) where S : unmanaged, IVectorLane<S>
    {
        float* at = from + first * outputs + column;
        var combined = S.Load(at);
        for (nint row = 1; row < rows; row++) combined = TReduction.Combine(combined, S.Load(at + row * outputs));
        S.Store(combined * S.Splat(scale), to + group * outputs + column);
    }
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

    /// <summary>The most numbers of a sum that are added one after another.</summary>
    public const int Step = 32;

    private const int RowChunk = 16 * 1024;
    private const int ColumnChunk = 512;

    public readonly StridedIteration Kept;
    public readonly StridedIteration Reduced;

    /// <param name="from">The lengths of the input's axes.</param>
    /// <param name="fromSteps">The input's strides.</param>
    /// <param name="to">The lengths of the output's axes, aligned at the last.</param>
    /// <param name="toSteps">The output's strides, an axis of the input each.</param>
    public ReductionPlan(Shape from, in Strides fromSteps, Shape to, in Strides toSteps)
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
        ChunkLength = Order == ReductionOrder.Rows ? RowChunk : ColumnChunk;
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
        const int StepLength = ReductionPlan.Step * VirtualLanes.Count;
        float* partials = stackalloc float[VirtualLanes.Count], totals = stackalloc float[VirtualLanes.Count];
        for (nint item = begin; item < end; item++)
        {
            nint chunk = item / plan.Outputs, output = item - chunk * plan.Outputs;
            nint row = output / plan.Kept.Inner, column = output - row * plan.Kept.Inner;
            float* from = x + plan.Kept.RowOffset(1, row) + column * plan.Kept.InnerStep(1);
            VirtualLanes.Clear<TReduction>(partials);
            VirtualLanes.Clear<TReduction>(totals);
            var (at, last) = plan.Chunk(chunk);
            nint left = StepLength;
            while (at < last)
            {
                nint stretch = at / plan.Reduced.Inner, inside = at - stretch * plan.Reduced.Inner;
                nint length = Math.Min(Math.Min(plan.Reduced.Inner - inside, last - at), left);
                VirtualLanes.Accumulate<TReduction, S>(partials, from + plan.Reduced.RowOffset(0, stretch) + inside, length);
                at += length;
                left -= length;
                if (left > 0) continue;
                VirtualLanes.Move<TReduction, S>(partials, totals);
                left = StepLength;
            }
            VirtualLanes.Move<TReduction, S>(partials, totals);
            y[item] = VirtualLanes.Collapse<TReduction>(totals) * scale;
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
                nint length = Math.Min(Math.Min(plan.Reduced.Inner - inside, last - at), ReductionPlan.Step);
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
            S s0 = S.Splat(TReduction.Identity), s1 = s0, s2 = s0, s3 = s0;
            for (nint row = 0; row < length; row++, at += step)
            {
                s0 = TReduction.Accumulate(s0, S.Load(at));
                s1 = TReduction.Accumulate(s1, S.Load(at + S.Width));
                s2 = TReduction.Accumulate(s2, S.Load(at + 2 * S.Width));
                s3 = TReduction.Accumulate(s3, S.Load(at + 3 * S.Width));
            }
            Take(s0, running + column);
            Take(s1, running + column + S.Width);
            Take(s2, running + column + 2 * S.Width);
            Take(s3, running + column + 3 * S.Width);
        }
        for (; column + S.Width <= width; column += S.Width) Single<S>(running + column, from + column, step, length);
        for (; column < width; column++) Single<Lane1>(running + column, from + column, step, length);
    }

    private static void Single<S>(float* running, float* from, nint step, nint length) where S : unmanaged, IVectorLane<S>
    {
        var sum = S.Splat(TReduction.Identity);
        for (nint row = 0; row < length; row++, from += step) sum = TReduction.Accumulate(sum, S.Load(from));
        Take(sum, running);
    }

    private static void Take<S>(S results, float* running) where S : unmanaged, IVectorLane<S> => S.Store(TReduction.Combine(S.Load(running), results), running);
}
