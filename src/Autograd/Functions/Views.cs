using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>Functions that change shapes and strides: reshape, permute, expand, slice, and zero-padding.</summary>
internal static class Views
{
    public static Variable Reshape(Variable x, Shape shape)
    {
        if (shape.ElementCount != x.Shape.ElementCount)
            ShapeException.Throw("reshape", $"{x.Shape} does not fit {shape}", $"{x.Shape.ElementCount} elements are not {shape.ElementCount}");
        if (shape == x.Shape) return x;
        var y = x.Pass.Contiguous(x.Value).Reshape(shape);
        return x.NeedsGradient ? x.Pass.Record(y, new ReshapeNode(x)) : x.Pass.Untracked(y);
    }

    public static Variable Permute(Variable x, int[] order)
    {
        if (x.Weight is { } weight && order is [1, 0]) return new Variable(x.Pass, weight.Turned());
        var y = x.Value.Permute(order);
        return x.NeedsGradient ? x.Pass.Record(y, new PermuteNode(x, order)) : x.Pass.Untracked(y);
    }

    /// <summary>A view that repeats; its gradient is the sum over what was repeated.</summary>
    public static Variable Expand(Variable x, Shape shape)
    {
        if (shape == x.Shape) return x;
        var y = x.Value.Expand(shape);
        return x.NeedsGradient ? x.Pass.Record(y, new ExpandNode(x)) : x.Pass.Untracked(y);
    }

    public static Variable Slice(Variable x, Index axis, int start, int length, int step)
    {
        var y = x.Value.Slice(axis, start, length, step);
        return x.NeedsGradient
            ? x.Pass.Record(y, new SliceNode(x, axis.GetOffset(x.Shape.Rank), start, length, step)) : x.Pass.Untracked(y);
    }

    /// <summary>Zeros before and after along one axis; the memory order stays.</summary>
    public static Variable Pad(Variable x, Index axis, int before, int after)
    {
        int at = axis.GetOffset(x.Shape.Rank);
        if (before < 0 || after < 0) ShapeException.Throw("pad", $"{x.Shape}", $"padding by {before} and {after} is below 0");
        var format = x.Value.IsChannelsLast ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous;
        var y = x.Pass.Rent(x.Shape.With(at, x.Shape[at] + before + after), format);
        x.Pass.Device.Fill(y, 0f);
        x.Pass.Device.Copy(x.Value, y.Slice(at, before, x.Shape[at]));
        return x.NeedsGradient ? x.Pass.Record(y, new PadNode(x, at, before)) : x.Pass.Untracked(y);
    }

    /// <summary>Elements moved along axes; those that leave at one end come in at the other. The memory order stays.</summary>
    public static Variable Roll(Variable x, int[] shifts, int[] axes)
    {
        if (shifts.Length != axes.Length)
            ShapeException.Throw("roll", $"{x.Shape} by {shifts.Length} shifts over {axes.Length} axes", "each axis has one shift");
        foreach (int axis in axes) Axes.Resolve(axis, x.Shape, "roll");
        var y = x.Pass.RentLike(x.Value);
        CopyRolled(x.Pass.Device, x.Value, y, shifts, axes, direction: 1);
        return x.NeedsGradient ? x.Pass.Record(y, new RollNode(x, shifts, axes)) : x.Pass.Untracked(y);
    }

    /// <summary>Copies in blocks: of each axis the part that stays before the end, and the part that comes in at the start.</summary>
    private static void CopyRolled(Device device, Tensor<float> from, Tensor<float> to, ReadOnlySpan<int> shifts, ReadOnlySpan<int> axes, int direction)
    {
        if (axes.IsEmpty)
        {
            device.Copy(from, to);
            return;
        }
        int axis = axes[0] < 0 ? axes[0] + from.Shape.Rank : axes[0], length = from.Shape[axis];
        int shift = length == 0 ? 0 : (direction * shifts[0] % length + length) % length;
        if (shift < length) CopyRolled(device, from.Slice(axis, 0, length - shift), to.Slice(axis, shift, length - shift), shifts[1..], axes[1..], direction);
        if (shift > 0) CopyRolled(device, from.Slice(axis, length - shift, shift), to.Slice(axis, 0, shift), shifts[1..], axes[1..], direction);
    }

    private sealed class ReshapeNode(Variable x) : Node
    {
        public override void Backward(Tensor<float> dy, BackwardRun run) =>
            run.Add(x.Slot, run.Contiguous(dy).Reshape(x.Shape));
    }

    private sealed class PermuteNode(Variable x, int[] order) : Node
    {
        private readonly int input = x.Slot;

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var inverse = new int[order.Length];
            for (int axis = 0; axis < order.Length; axis++) inverse[order[axis]] = axis;
            run.Add(input, dy.Permute(inverse));
        }
    }

    private sealed class ExpandNode(Variable x) : Node
    {
        public override void Backward(Tensor<float> dy, BackwardRun run) => run.Add(x, Elementwise.SumTo(run.Pass, dy, x.Shape));
    }

    private sealed class SliceNode(Variable x, int axis, int start, int length, int step) : Node
    {
        private readonly int input = x.Slot;
        private readonly Shape shape = x.Shape;
        private readonly MemoryFormat format = x.Value.IsChannelsLast ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous;

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var dx = run.Rent(shape, format);
            run.Device.Fill(dx, 0f);
            run.Device.Copy(dy, dx.Slice(axis, start, length, step));
            run.Add(input, dx);
        }
    }

    private sealed class PadNode(Variable x, int axis, int before) : Node
    {
        private readonly int input = x.Slot;
        private readonly int length = x.Shape[axis];

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var kept = dy.Slice(axis, before, length);
            var dx = run.RentLike(kept);
            run.Device.Copy(kept, dx);
            run.Add(input, dx);
        }
    }

    private sealed class RollNode(Variable x, int[] shifts, int[] axes) : Node
    {
        private readonly int input = x.Slot;

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var dx = run.RentLike(dy);
            CopyRolled(run.Device, dy, dx, shifts, axes, direction: -1);
            run.Add(input, dx);
        }
    }
}
