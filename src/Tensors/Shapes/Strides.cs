namespace Graft.Tensors;

/// <summary>The order of a tensor's axes in memory; the axes of its shape keep the field's order in either.</summary>
public enum MemoryFormat
{
    /// <summary>The last axis is innermost.</summary>
    Contiguous,

    /// <summary>Of a shape [N, C, spatial ...] the channel axis is innermost, as in PyTorch's <c>channels_last</c>.</summary>
    ChannelsLast,
}

/// <summary>How many elements a step along each axis moves in memory.</summary>
public struct Strides
{
    private AxisValues steps;

    /// <summary>The step along an axis.</summary>
    public readonly int this[int axis] => steps[axis];

    /// <summary>Sets the step along an axis.</summary>
    public void Set(int axis, int step) => steps[axis] = step;

    /// <summary>The strides of a tensor that fills its memory without gaps in the given order.</summary>
    public static Strides Dense(Shape shape, MemoryFormat format = MemoryFormat.Contiguous)
    {
        var strides = new Strides();
        long step = 1;
        bool channelsLast = format == MemoryFormat.ChannelsLast && shape.Rank >= 3;
        if (channelsLast) Append(1);
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
            if (!channelsLast || axis != 1) Append(axis);
        return strides;

        void Append(int axis)
        {
            strides.Set(axis, checked((int)step));
            step *= Math.Max(1, shape[axis]);
        }
    }

    /// <summary>Whether these are the dense strides of that order; an axis of length 1 may have any stride.</summary>
    public readonly bool IsDense(Shape shape, MemoryFormat format)
    {
        var dense = Dense(shape, format);
        for (int axis = 0; axis < shape.Rank; axis++)
            if (shape[axis] > 1 && steps[axis] != dense[axis]) return false;
        return true;
    }

    /// <summary>Whether the elements fill a block of memory without gap or overlap, in whatever order of axes.</summary>
    public readonly bool IsDense(Shape shape)
    {
        if (shape.ElementCount == 0) return true;
        uint taken = 0;
        long step = 1;
        for (int round = 0; round < shape.Rank; round++)
        {
            int found = -1;
            for (int axis = 0; axis < shape.Rank; axis++)
            {
                if ((taken & (1u << axis)) != 0) continue;
                if (shape[axis] == 1 || steps[axis] == step)
                {
                    found = axis;
                    if (shape[axis] == 1) break;
                }
            }
            if (found < 0) return false;
            taken |= 1u << found;
            step *= shape[found];
        }
        return true;
    }

    /// <summary>Whether two tensors of one shape keep each element at the same offset.</summary>
    public static bool Match(Shape shape, in Strides left, in Strides right)
    {
        for (int axis = 0; axis < shape.Rank; axis++)
            if (shape[axis] > 1 && left[axis] != right[axis]) return false;
        return true;
    }
}
