using ILGPU;

namespace Graft.Tensors.Gpu;

/// <summary>The numbers that a reduction takes in: for each output, a list of terms.</summary>
internal interface ITerms
{
    /// <summary>The result over no terms.</summary>
    static abstract float Identity { get; }

    /// <summary>The running result with one more term.</summary>
    GpuLane Accumulate(GpuLane running, int output, int term);

    /// <summary>Two running results as one.</summary>
    static abstract GpuLane Combine(GpuLane left, GpuLane right);
}

/// <summary>How a reduction is dealt out to threads; it depends on the shape alone, and so do the bits of the result.</summary>
/// <param name="Outputs">How many results.</param>
/// <param name="Terms">How many terms each.</param>
/// <param name="Columns">How many neighbouring outputs a group takes; its other threads share the terms.</param>
/// <param name="Chunks">Into how many parts the terms fall, each with a group of its own.</param>
internal readonly record struct ReductionPlan(int Outputs, int Terms, int Columns, int Chunks)
{
    private const int LeastTermsAChunk = 4096;
    private const int EnoughGroups = 256;
    private const int WarpSize = 32;

    /// <summary>How many groups a chunk takes.</summary>
    public int Bands => Ceiling.Divide(Outputs, Columns);

    /// <summary>The terms of a chunk; the last may have fewer.</summary>
    public int ChunkTerms => Ceiling.Divide(Terms, Chunks);

    /// <summary>Neighbouring threads read neighbouring memory: along the terms, or along the outputs where those are inner.</summary>
    public static ReductionPlan For(int outputs, int terms, bool outputsAreInner, int groupSize)
    {
        int columns = 1;
        while (columns < groupSize && ((outputsAreInner && columns < Math.Min(WarpSize, outputs)) || (long)terms * columns < groupSize))
            columns *= 2;
        int bands = Ceiling.Divide(outputs, columns);
        int chunks = Math.Clamp(terms / LeastTermsAChunk, 1, Math.Max(1, EnoughGroups / bands));
        return new ReductionPlan(outputs, terms, columns, chunks);
    }
}

/// <summary>One chunk of the terms of some neighbouring outputs, a group's work.</summary>
internal readonly struct ReductionKernel<TTerms>(TTerms terms, ReductionPlan plan, float scale, ArrayView<float> results, StridedIndex indices)
    : IGroupKernel
    where TTerms : struct, ITerms
{
    /// <summary>Terms that a thread takes in before it starts afresh: a long sum loses less so.</summary>
    private const int RunLength = 64;

    public void Run(int group)
    {
        var shared = SharedMemory.Allocate<float>(GpuDevice.GroupSize);
        int columns = plan.Columns, bands = plan.Bands;
        int chunk = group / bands, band = group - chunk * bands;
        int row = Group.IdxX / columns, column = Group.IdxX - row * columns, rows = Group.DimX / columns;
        int output = band * columns + column;
        int begin = chunk * plan.ChunkTerms, end = IntrinsicMath.Min(begin + plan.ChunkTerms, plan.Terms);

        var total = new GpuLane(TTerms.Identity);
        if (output < plan.Outputs)
        {
            for (int term = begin + row; term < end;)
            {
                var run = new GpuLane(TTerms.Identity);
                for (int i = 0; i < RunLength && term < end; i++, term += rows) run = terms.Accumulate(run, output, term);
                total = TTerms.Combine(total, run);
            }
        }

        shared[Group.IdxX] = total.Value;
        Group.Barrier();
        for (int half = rows / 2; half > 0; half /= 2)
        {
            if (row < half)
            {
                int other = Group.IdxX + half * columns;
                shared[Group.IdxX] = TTerms.Combine(new GpuLane(shared[Group.IdxX]), new GpuLane(shared[other])).Value;
            }
            Group.Barrier();
        }
        if (row == 0 && output < plan.Outputs)
        {
            if (plan.Chunks > 1) results[chunk * plan.Outputs + output] = shared[Group.IdxX];
            else results[indices.Offset(output)] = scale * shared[Group.IdxX];
        }
    }
}

/// <summary>result = scale * the chunks' results combined in order.</summary>
internal readonly struct CombineKernel<TTerms>(
    ReductionPlan plan, float scale, ArrayView<float> partial, ArrayView<float> results, StridedIndex indices) : IElementKernel
    where TTerms : struct, ITerms
{
    public void Run(int index)
    {
        var total = new GpuLane(partial[index]);
        for (int chunk = 1; chunk < plan.Chunks; chunk++) total = TTerms.Combine(total, new GpuLane(partial[chunk * plan.Outputs + index]));
        results[indices.Offset(index)] = scale * total.Value;
    }
}
