using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>Sums, means and maxima over axes.</summary>
internal static class Reductions
{
    /// <summary>y = scale * the sum of x over <paramref name="axes"/>; a negative axis counts from the last.</summary>
    public static Variable Sum(Variable x, ReadOnlySpan<int> axes, bool mean, bool keepAxes)
    {
        var over = Reduced.Over(x.Shape, axes, mean ? "mean" : "sum");
        if (mean && over.Count == 0) ShapeException.Throw("mean", $"{x.Shape}", "there is no mean of no elements");
        float scale = mean ? 1f / over.Count : 1f;
        var y = x.Pass.Rent(over.Kept);
        x.Pass.Device.Reduce<SumOf>(x.Value, y, scale);
        if (!keepAxes) y = y.Reshape(over.Dropped);
        return x.NeedsGradient ? x.Pass.Record(y, new SumNode(x, over.Kept, scale)) : x.Pass.Untracked(y);
    }

    /// <summary>y = the largest of x over <paramref name="axes"/>; of equals each takes its share of the gradient (PyTorch's
    /// <c>amax</c>).</summary>
    public static Variable Maximum(Variable x, ReadOnlySpan<int> axes, bool keepAxes)
    {
        var over = Reduced.Over(x.Shape, axes, "max");
        if (over.Count == 0) ShapeException.Throw("max", $"{x.Shape}", "there is no maximum of no elements");
        var largest = x.Pass.Rent(over.Kept);
        x.Pass.Device.Reduce<MaximumOf>(x.Value, largest);
        var y = keepAxes ? largest : largest.Reshape(over.Dropped);
        return x.NeedsGradient ? x.Pass.Record(y, new MaximumNode(x, largest)) : x.Pass.Untracked(y);
    }

    private static Tensor<float> WithAxes(BackwardRun run, Tensor<float> dy, Shape kept) =>
        dy.Shape == kept ? dy : run.Contiguous(dy).Reshape(kept);

    /// <summary>What is left of a shape: with each axis that goes at length 1, and without.</summary>
    private readonly ref struct Reduced
    {
        public Shape Kept { get; private init; }

        public Shape Dropped { get; private init; }

        /// <summary>The number of elements that become one.</summary>
        public long Count { get; private init; }

        public static Reduced Over(Shape shape, ReadOnlySpan<int> axes, string operation)
        {
            uint seen = 0;
            long count = 1;
            foreach (int given in axes)
            {
                int axis = Axes.Resolve(given, shape, operation);
                if ((seen & (1u << axis)) != 0) ShapeException.Throw(operation, $"{shape} over axis {given}", "it is named twice");
                seen |= 1u << axis;
                count *= shape[axis];
            }
            Span<int> kept = stackalloc int[Shape.MaximumRank], dropped = stackalloc int[Shape.MaximumRank];
            int left = 0;
            for (int axis = 0; axis < shape.Rank; axis++)
            {
                bool goes = (seen & (1u << axis)) != 0;
                kept[axis] = goes ? 1 : shape[axis];
                if (!goes) dropped[left++] = shape[axis];
            }
            return new Reduced { Kept = new Shape(kept[..shape.Rank]), Dropped = new Shape(dropped[..left]), Count = count };
        }
    }

    private sealed class SumNode(Variable x, Shape kept, float scale) : Node
    {
        private readonly int input = x.Slot;
        private readonly Shape shape = x.Shape;
        private readonly MemoryFormat format = x.Value.IsChannelsLast ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous;

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var dx = run.Rent(shape, format);
            run.Device.Map(new Scale(scale), WithAxes(run, dy, kept).Expand(shape), dx);
            run.Add(input, dx);
        }
    }

    private sealed class MaximumNode : Node
    {
        private readonly int input;
        private readonly Tensor<float> x;
        private readonly Tensor<float> largest;

        public MaximumNode(Variable x, Tensor<float> largest)
        {
            input = x.Slot;
            this.x = Save(x.Value);
            this.largest = Save(largest);
        }

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var (count, share) = (run.Rent(largest.Shape), run.Rent(largest.Shape));
            var dx = run.RentLike(x);
            run.Device.Zip(default(EqualTo), x, largest, dx);
            run.Device.Reduce<SumOf>(dx, count);
            run.Device.Zip(default(Divide), WithAxes(run, dy, largest.Shape), count, share);
            run.Device.Zip(default(Multiply), dx, share, dx);
            run.Add(input, dx);
        }
    }

    /// <summary>y = 1 where a = b, else 0.</summary>
    private readonly struct EqualTo : IBinaryOp
    {
        public static Saves Saves => Saves.Nothing;

        public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> =>
            S.WhereGreater(a, b, S.Splat(0f), S.WhereGreater(b, a, S.Splat(0f), S.Splat(1f)));

        public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => S.Splat(0f);

        public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => S.Splat(0f);
    }
}
