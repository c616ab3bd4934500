using ILGPU;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    public override void Reduce<TReduction>(Tensor<float> x, Tensor<float> y, float scale = 1f)
    {
        Shape kept = x.Shape, reduced = x.Shape, aligned = y.Shape.AlignedTo(x.Shape.Rank);
        int terms = 1, nearestOutput = int.MaxValue, nearestTerm = int.MaxValue;
        for (int axis = 0; axis < x.Shape.Rank; axis++)
        {
            if (x.Shape[axis] == 1) continue;
            if (aligned[axis] == 1)
            {
                kept = kept.With(axis, 1);
                terms = checked(terms * x.Shape[axis]);
                nearestTerm = Math.Min(nearestTerm, x.Strides[axis]);
            }
            else
            {
                reduced = reduced.With(axis, 1);
                nearestOutput = Math.Min(nearestOutput, x.Strides[axis]);
            }
        }
        Span<StridedIndex> outputs = stackalloc StridedIndex[2];
        StridedIndex.Of(kept, [y.StridesOver(x.Shape), x.Strides], outputs);
        var values = new TensorTerms<TReduction>(ViewOf(x), outputs[1], StridedIndex.Of(reduced, x.Strides));
        Reduce(values, CountOf(y), terms, nearestOutput < nearestTerm, scale, y, outputs[0], x);
    }

    /// <summary>Launches a reduction over any terms: one kernel, or two where many terms make few results.</summary>
    private void Reduce<TTerms>(
        TTerms terms, int outputs, int count, bool outputsAreInner, float scale, Tensor<float> results, StridedIndex indices,
        params ReadOnlySpan<object?> operands) where TTerms : struct, ITerms
    {
        if (outputs == 0) return;
        var plan = ReductionPlan.For(outputs, count, outputsAreInner, groupSize);
        if (plan.Chunks == 1)
        {
            LaunchGroups(new ReductionKernel<TTerms>(terms, plan, scale, ViewOf(results), indices), plan.Bands, results);
        }
        else
        {
            using var partial = Rent<float>([plan.Chunks, outputs]);
            LaunchGroups(new ReductionKernel<TTerms>(terms, plan, scale, ViewOf(partial), indices), checked(plan.Bands * plan.Chunks), partial);
            LaunchElements(new CombineKernel<TTerms>(plan, scale, ViewOf(partial), ViewOf(results), indices), outputs, partial, results);
        }
        KeepAlive(operands);
    }
}

/// <summary>The elements of a tensor as terms: those of the reduced axes, for each element of the kept ones.</summary>
internal readonly struct TensorTerms<TReduction>(ArrayView<float> x, StridedIndex outputs, StridedIndex terms) : ITerms
    where TReduction : struct, IReduction
{
    public static float Identity => TReduction.Identity;

    public GpuLane Accumulate(GpuLane running, int output, int term) =>
        TReduction.Accumulate(running, new GpuLane(x[outputs.Offset(output) + terms.Offset(term)]));

    public static GpuLane Combine(GpuLane left, GpuLane right) => TReduction.Combine(left, right);
}
