using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>y = op(x) and y = op(a, b), with the derivatives that the ops carry.</summary>
internal static class Elementwise
{
    public static Variable Map<TOp>(Variable x, TOp op) where TOp : unmanaged, IUnaryOp
    {
        var y = x.Pass.RentLike(x.Value);
        x.Pass.Device.Map(op, x.Value, y);
        return x.NeedsGradient ? x.Pass.Record(y, new MapNode<TOp>(op, x, y)) : x.Pass.Untracked(y);
    }

    public static Variable Zip<TOp>(Variable a, Variable b, TOp op) where TOp : unmanaged, IBinaryOp
    {
        a.RequireSamePass(b);
        var shape = Broadcast(a.Shape, b.Shape, typeof(TOp).Name);
        var y = shape == a.Shape ? a.Pass.RentLike(a.Value) : shape == b.Shape ? a.Pass.RentLike(b.Value) : a.Pass.Rent(shape);
        a.Pass.Device.Zip(op, a.Value, b.Value, y);
        if (!a.NeedsGradient && !b.NeedsGradient) return a.Pass.Untracked(y);
        return a.Pass.Record(y, typeof(TOp) == typeof(Add) ? new AddNode(a, b) : new ZipNode<TOp>(op, a, b, y));
    }

    /// <summary>The sum of a gradient over the axes that were broadcast from <paramref name="shape"/>.</summary>
    public static Tensor<float> SumTo(Pass pass, Tensor<float> gradient, Shape shape)
    {
        if (gradient.Shape == shape) return gradient;
        var sum = pass.Rent(shape);
        pass.Device.Reduce<SumOf>(gradient, sum);
        return sum;
    }

    /// <summary>The shape that both broadcast to, as in NumPy.</summary>
    /// <exception cref="ShapeException">An axis differs and is 1 in neither.</exception>
    public static Shape Broadcast(Shape a, Shape b, string operation)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        Span<int> lengths = stackalloc int[rank];
        for (int axis = 1; axis <= rank; axis++)
        {
            int left = axis <= a.Rank ? a[^axis] : 1, right = axis <= b.Rank ? b[^axis] : 1;
            if (left != right && left != 1 && right != 1)
                ShapeException.Throw(
                    operation.Split('`')[0].ToLowerInvariant(), $"{a} does not fit {b}", $"axis {axis} from the last is {left} and {right}; equal or 1 would broadcast");
            lengths[rank - axis] = left == 1 ? right : left;
        }
        return new Shape(lengths);
    }

    private sealed class MapNode<TOp> : Node where TOp : unmanaged, IUnaryOp
    {
        private readonly TOp op;
        private readonly int input;
        private readonly Tensor<float>? x;
        private readonly Tensor<float>? y;

        public MapNode(TOp op, Variable x, Tensor<float> y)
        {
            this.op = op;
            input = x.Slot;
            if ((TOp.Saves & Saves.Input) != 0) this.x = Save(x.Value);
            if ((TOp.Saves & Saves.Output) != 0) this.y = Save(y);
        }

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var dx = run.RentInPlaceOf(dy);
            run.Device.MapBackward(op, dy, x, y, dx);
            run.Add(input, dx);
        }
    }

    /// <summary>The gradient goes through as it is: both inputs may share it; accumulating into it later copies first.</summary>
    private sealed class AddNode(Variable left, Variable right) : Node
    {
        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            if (left.NeedsGradient) run.Add(left.Slot, SumTo(run.Pass, dy, left.Shape));
            if (right.NeedsGradient) run.Add(right.Slot, SumTo(run.Pass, dy, right.Shape));
        }
    }

    private sealed class ZipNode<TOp> : Node where TOp : unmanaged, IBinaryOp
    {
        private readonly TOp op;
        private readonly Variable left;
        private readonly Variable right;
        private readonly Tensor<float>? a;
        private readonly Tensor<float>? b;
        private readonly Tensor<float>? y;

        public ZipNode(TOp op, Variable a, Variable b, Tensor<float> y)
        {
            this.op = op;
            (left, right) = (a, b);
            if ((TOp.Saves & Saves.Input) != 0) (this.a, this.b) = (Save(a.Value), Save(b.Value));
            if ((TOp.Saves & Saves.Output) != 0) this.y = Save(y);
        }

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var da = left.NeedsGradient ? run.RentLike(dy) : null;
            var db = right.NeedsGradient ? run.RentLike(dy) : null;
            run.Device.ZipBackward(op, dy, a, b, y, da, db);
            if (da is not null) run.Add(left.Slot, SumTo(run.Pass, da, left.Shape));
            if (db is not null) run.Add(right.Slot, SumTo(run.Pass, db, right.Shape));
        }
    }
}
