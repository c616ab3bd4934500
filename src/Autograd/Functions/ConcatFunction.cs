using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>Variables one after another along an axis (PyTorch's <c>cat</c>). Where all have their channels innermost in memory, so has
/// the result.</summary>
internal static class ConcatFunction
{
    public static Variable Apply(ReadOnlySpan<Variable> parts, int axis)
    {
        if (parts.IsEmpty) throw new ArgumentException("concat: there is nothing to put together");
        var first = parts[0];
        int at = Axes.Resolve(axis, first.Shape, "concat"), length = 0;
        bool isChannelsLast = true, isTracked = false;
        foreach (var part in parts)
        {
            first.RequireSamePass(part);
            if (part.Shape.Rank != first.Shape.Rank || part.Shape.With(at, 0) != first.Shape.With(at, 0))
                ShapeException.Throw("concat", $"{part.Shape} does not fit {first.Shape} along axis {axis}", "every other axis needs the same length");
            length = checked(length + part.Shape[at]);
            isChannelsLast &= part.Value.IsChannelsLast;
            isTracked |= part.NeedsGradient;
        }
        var pass = first.Pass;
        var y = pass.Rent(first.Shape.With(at, length), isChannelsLast ? MemoryFormat.ChannelsLast : MemoryFormat.Contiguous);
        int start = 0;
        foreach (var part in parts)
        {
            pass.Device.Copy(part.Value, y.Slice(at, start, part.Shape[at]));
            start += part.Shape[at];
        }
        return isTracked ? pass.Record(y, new ConcatNode(parts.ToArray(), at)) : pass.Untracked(y);
    }

    /// <summary>Each part's gradient is a view of the whole gradient.</summary>
    private sealed class ConcatNode(Variable[] parts, int axis) : Node
    {
        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            int start = 0;
            foreach (var part in parts)
            {
                run.Add(part, dy.Slice(axis, start, part.Shape[axis]));
                start += part.Shape[axis];
            }
        }
    }
}
