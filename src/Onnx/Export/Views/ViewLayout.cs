using Graft.Tensors;

namespace Graft.Onnx.Export;

/// <summary>Where in a block of memory the elements of a tensor lie.</summary>
/// <param name="Shape">The lengths of the axes.</param>
/// <param name="Strides">How many elements a step along each axis moves.</param>
/// <param name="Offset">The element of the block that is the first.</param>
internal readonly record struct ViewLayout(Shape Shape, Strides Strides, long Offset)
{
    /// <summary>That of a tensor.</summary>
    public static ViewLayout Of<T>(Tensor<T> tensor) where T : unmanaged => new(tensor.Shape, tensor.Strides, tensor.Offset);

    /// <summary>Elements one after another in the order of the axes.</summary>
    public static ViewLayout Contiguous(Shape shape, long offset = 0) => new(shape, Strides.Dense(shape), offset);

    /// <summary>Whether the elements lie one after another in the order of the axes.</summary>
    public bool IsContiguous => Strides.IsDense(Shape, MemoryFormat.Contiguous);

    /// <summary>Whether the elements fill their memory without gaps.</summary>
    public bool IsDense => Strides.IsDense(Shape);

    /// <summary>Whether an axis shows the same elements again and again.</summary>
    public bool Repeats => WithoutRepeats != Shape;

    /// <summary>The shape with length 1 where it repeats.</summary>
    public Shape WithoutRepeats
    {
        get
        {
            var shape = Shape;
            for (int axis = 0; axis < shape.Rank; axis++)
                if (Strides[axis] == 0) shape = shape.With(axis, 1);
            return shape;
        }
    }

    /// <summary>Whether each element of another lies where the same element of this one does.</summary>
    public bool IsSame(in ViewLayout other) => Shape == other.Shape && Offset == other.Offset && Strides.Match(Shape, Strides, other.Strides);

    /// <summary>The axes that move through memory, from the largest stride to the smallest.</summary>
    public int[] AxesInMemory()
    {
        var self = this;
        return [.. Enumerable.Range(0, Shape.Rank).Where(axis => self.Shape[axis] > 1 && self.Strides[axis] > 0).OrderByDescending(axis => self.Strides[axis])];
    }

    public override string ToString()
    {
        var self = this;
        return $"{Shape} by strides [{string.Join(", ", Enumerable.Range(0, Shape.Rank).Select(axis => self.Strides[axis]))}] from {Offset}";
    }
}
