using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>Sums and means over axes.</summary>
internal static class Reductions
{
    /// <summary>y = scale * the sum of x over <paramref name="axes"/>, each kept with length 1; a negative axis counts from the last.</summary>
    public static Variable Sum(Variable x, int[] axes, bool mean)
    {
        var shape = x.Shape;
        long count = 1;
        uint seen = 0;
        foreach (int given in axes)
        {
            int axis = given < 0 ? given + shape.Rank : given;
            if ((uint)axis >= (uint)shape.Rank)
                ShapeException.Throw(mean ? "mean" : "sum", $"{x.Shape} over axis {given}", $"the axes are {-shape.Rank} ... {shape.Rank - 1}");
            if ((seen & (1u << axis)) != 0) ShapeException.Throw(mean ? "mean" : "sum", $"{x.Shape} over axis {given}", "it is named twice");
            seen |= 1u << axis;
            count *= shape[axis];
            shape = shape.With(axis, 1);
        }
        if (mean && count == 0) ShapeException.Throw("mean", $"{x.Shape}", "there is no mean of no numbers");
        float scale = mean ? 1f / count : 1f;
        var y = x.Pass.Rent(shape);
        x.Pass.Device.Reduce<SumOf>(x.Value, y, scale);
        return x.NeedsGradient ? x.Pass.Record(y, new SumNode(x, scale)) : x.Pass.Untracked(y);
    }

    private sealed class SumNode(Variable x, float scale) : Node
    {
        private readonly int input = x.Slot;
        private readonly Shape shape = x.Shape;
        private readonly MemoryFormat format = x.Value.IsChannelsLast ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous;

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var dx = run.Rent(shape, format);
            run.Device.Map(new Scale(scale), dy.Expand(shape), dx);
            run.Add(input, dx);
        }
    }
}
