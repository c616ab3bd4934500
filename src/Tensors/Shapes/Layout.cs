namespace Graft.Tensors;

/// <summary>A shape with its strides, made once for all tensors that have it: a model makes thousands of tensors a step, of a few
/// dozen layouts, and asks each more than once whether it has gaps.</summary>
internal sealed class Layout
{
    /// <summary>A power of two; a slot holds the layout that was made last of those whose hash leads to it.</summary>
    private const int Slots = 4096;

    private static readonly Layout?[] Known = new Layout?[Slots];

    private readonly Strides strides;

    private Layout(Shape shape, in Strides strides)
    {
        Shape = shape;
        this.strides = strides;
        ElementCount = shape.ElementCount;
        IsContiguous = strides.IsDense(shape, MemoryFormat.Contiguous);
        IsChannelsLast = shape.Rank >= 3 ? strides.IsDense(shape, MemoryFormat.ChannelsLast) : IsContiguous;
        IsDense = strides.IsDense(shape);
    }

    public Shape Shape { get; }

    public ref readonly Strides Strides => ref strides;

    public long ElementCount { get; }

    public bool IsContiguous { get; }

    public bool IsChannelsLast { get; }

    public bool IsDense { get; }

    /// <summary>The layout of that shape and these strides.</summary>
    public static Layout Of(Shape shape, in Strides strides)
    {
        // two threads that write one slot at a time leave one of two layouts there, and either is right
        ref var slot = ref Known[Hash(shape, strides) & (Slots - 1)];
        return slot is { } known && known.Is(shape, strides) ? known : slot = new Layout(shape, strides);
    }

    private bool Is(Shape shape, in Strides other)
    {
        if (shape != Shape) return false;
        for (int axis = 0; axis < shape.Rank; axis++)
            if (strides[axis] != other[axis]) return false;
        return true;
    }

    private static uint Hash(Shape shape, in Strides strides)
    {
        ulong hash = (ulong)shape.Rank;
        for (int axis = 0; axis < shape.Rank; axis++)
            hash = (hash ^ (uint)shape[axis] ^ ((ulong)(uint)strides[axis] << 32)) * 0x9E3779B97F4A7C15UL;
        return (uint)(hash >> 40);
    }
}
