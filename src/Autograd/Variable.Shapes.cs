using Graft.Tensors;

namespace Graft.Autograd;

// views, padding, joining and splitting
public sealed partial class Variable
{
    /// <summary>The same elements under another shape.</summary>
    /// <exception cref="ShapeException">The element counts differ.</exception>
    public Variable Reshape(Shape shape) => Views.Reshape(this, shape);

    /// <summary>Some axes one after another as one: [N, C, H, W].Flatten(1) is [N, C H W] (PyTorch's <c>flatten</c>).</summary>
    /// <param name="first">The first axis.</param>
    /// <param name="last">The last axis.</param>
    /// <exception cref="ShapeException">An axis that is not there, or the last before the first.</exception>
    public Variable Flatten(int first = 0, int last = -1)
    {
        if (Shape.Rank == 0) return Reshape([1]);
        int from = Axes.Resolve(first, Shape, "flatten"), to = Axes.Resolve(last, Shape, "flatten");
        if (from > to) ShapeException.Throw("flatten", $"{Shape} from axis {first} to {last}", "the last axis comes before the first");
        Span<int> lengths = stackalloc int[Shape.Rank];
        long length = 1;
        for (int axis = from; axis <= to; axis++) length *= Shape[axis];
        for (int axis = 0; axis < from; axis++) lengths[axis] = Shape[axis];
        lengths[from] = checked((int)length);
        for (int axis = to + 1; axis < Shape.Rank; axis++) lengths[axis - (to - from)] = Shape[axis];
        return Reshape(new Shape(lengths[..(Shape.Rank - (to - from))]));
    }

    /// <summary>Without one axis, which has length 1 (PyTorch's <c>squeeze</c> with <c>dim</c>).</summary>
    /// <exception cref="ShapeException">The axis is not there or is longer.</exception>
    public Variable Squeeze(int axis)
    {
        int at = Axes.Resolve(axis, Shape, "squeeze");
        if (Shape[at] != 1) ShapeException.Throw("squeeze", $"{Shape} over axis {axis}", $"the axis has length {Shape[at]}, not 1");
        return Reshape(Shape.Without(at));
    }

    /// <summary>With one more axis, of length 1 (PyTorch's <c>unsqueeze</c>).</summary>
    /// <param name="axis">Where the result has it; -1 behind all others.</param>
    /// <exception cref="ShapeException">The result has no such axis.</exception>
    public Variable Unsqueeze(int axis)
    {
        int at = Axes.Resolve(axis, Shape.Rank + 1, Shape, "unsqueeze");
        Span<int> lengths = stackalloc int[Shape.Rank + 1];
        for (int i = 0; i < lengths.Length; i++) lengths[i] = i == at ? 1 : Shape[i < at ? i : i - 1];
        return Reshape(new Shape(lengths));
    }

    /// <summary>The axes in another order: axis i of the result is axis order[i] of this.</summary>
    /// <exception cref="ShapeException">The order does not name each axis once.</exception>
    public Variable Permute(params int[] order) => Views.Permute(this, order);

    /// <summary>Two axes swapped (PyTorch's <c>transpose</c>).</summary>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public Variable Transpose(int first, int second)
    {
        int from = Axes.Resolve(first, Shape, "transpose"), to = Axes.Resolve(second, Shape, "transpose");
        if (from == to) return this;
        var order = new int[Shape.Rank];
        for (int axis = 0; axis < order.Length; axis++) order[axis] = axis;
        (order[from], order[to]) = (to, from);
        return Permute(order);
    }

    /// <summary>The same values repeated along axes of length 1 and new outer axes; the gradient is their sum (PyTorch's
    /// <c>expand</c>).</summary>
    /// <param name="shape">The target shape; its last axes are this one's.</param>
    /// <exception cref="ShapeException">An axis is neither 1 nor the target length.</exception>
    public Variable Expand(Shape shape) => Views.Expand(this, shape);

    /// <summary><paramref name="length"/> elements of one axis, every <paramref name="step"/>th, from <paramref name="start"/>.</summary>
    /// <exception cref="ShapeException">An element is outside the axis.</exception>
    public Variable Slice(Index axis, int start, int length, int step = 1) => Views.Slice(this, axis, start, length, step);

    /// <summary>Zeros before and after along one axis.</summary>
    /// <exception cref="ShapeException">A negative length.</exception>
    public Variable Pad(Index axis, int before, int after) => Views.Pad(this, axis, before, after);

    /// <summary>The elements moved along axes; those that leave at the end come in at the start (PyTorch's <c>roll</c>).</summary>
    /// <param name="shifts">How far along each of the axes; negative towards the start.</param>
    /// <param name="axes">The axes.</param>
    /// <exception cref="ShapeException">There is no such axis, or not a shift for each.</exception>
    public Variable Roll(int[] shifts, int[] axes)
    {
        ArgumentNullException.ThrowIfNull(shifts);
        ArgumentNullException.ThrowIfNull(axes);
        return Views.Roll(this, shifts, axes);
    }

    /// <summary>Pieces of an axis one after another, each of one length but the last, which may be shorter (PyTorch's <c>split</c>).</summary>
    /// <param name="length">The length of a piece.</param>
    /// <param name="axis">The axis.</param>
    /// <exception cref="ShapeException">There is no such axis, or the length is below 1.</exception>
    public Variable[] Split(int length, int axis = 0)
    {
        int at = Axes.Resolve(axis, Shape, "split"), all = Shape[at];
        if (length < 1) ShapeException.Throw("split", $"{Shape} over axis {axis}", $"a piece has at least length 1, not {length}");
        var pieces = new Variable[Math.Max(1, (all + length - 1) / length)];
        for (int i = 0; i < pieces.Length; i++) pieces[i] = Slice(at, i * length, Math.Min(length, all - i * length));
        return pieces;
    }

    /// <summary>Pieces of an axis one after another, of the given lengths (PyTorch's <c>split</c>).</summary>
    /// <param name="lengths">The length of each piece, in all that of the axis.</param>
    /// <param name="axis">The axis.</param>
    /// <exception cref="ShapeException">There is no such axis, or the lengths are not the axis.</exception>
    public Variable[] Split(ReadOnlySpan<int> lengths, int axis = 0)
    {
        int at = Axes.Resolve(axis, Shape, "split");
        long all = 0;
        bool isNegative = false;
        foreach (int length in lengths)
        {
            all += length;
            isNegative |= length < 0;
        }
        if (isNegative || all != Shape[at])
            ShapeException.Throw("split", $"{Shape} over axis {axis}", $"pieces of {string.Join(", ", lengths.ToArray())} do not add up to its {Shape[at]}");
        var pieces = new Variable[lengths.Length];
        for (int i = 0, start = 0; i < pieces.Length; start += lengths[i++]) pieces[i] = Slice(at, start, lengths[i]);
        return pieces;
    }

    /// <summary>Variables one after another along an axis (PyTorch's <c>cat</c>). The result is channels last in memory where all parts
    /// are.</summary>
    /// <param name="parts">At least one; all other axes have the same lengths.</param>
    /// <param name="axis">The axis.</param>
    /// <exception cref="ShapeException">There is no such axis, or another one differs.</exception>
    /// <exception cref="ArgumentException">There are no parts, or they belong to different passes.</exception>
    public static Variable Concat(ReadOnlySpan<Variable> parts, int axis = 0) => ConcatFunction.Apply(parts, axis);

    /// <summary>Variables of one shape along a new axis (PyTorch's <c>stack</c>).</summary>
    /// <param name="parts">At least one.</param>
    /// <param name="axis">Where the result has the axis; -1 behind all others.</param>
    /// <exception cref="ShapeException">The shapes differ, or the result has no such axis.</exception>
    /// <exception cref="ArgumentException">There are no parts, or they belong to different passes.</exception>
    public static Variable Stack(ReadOnlySpan<Variable> parts, int axis = 0)
    {
        var unsqueezed = new Variable[parts.Length];
        for (int i = 0; i < unsqueezed.Length; i++) unsqueezed[i] = parts[i].Unsqueeze(axis);
        return Concat(unsqueezed, axis);
    }
}
