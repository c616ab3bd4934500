namespace Graft.Tensors.Gpu;

/// <summary>An iteration over a shape's elements in the order of the first operand's memory, so that neighbouring threads
/// touch neighbouring elements of it; axes that all operands keep together are one.</summary>
internal ref struct Iteration
{
    private readonly Shape shape;
    private readonly Span<int> order;
    private readonly int axes;

    /// <summary>Takes the axes in which <paramref name="kept"/> has a bit; <paramref name="order"/> is room for the axes.</summary>
    private Iteration(Shape shape, in Strides leading, uint kept, Span<int> order)
    {
        this.shape = shape;
        this.order = order;
        // innermost first; an axis without extent moves nothing, and equal steps keep the order of the axes
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            if ((kept & (1u << axis)) == 0 || shape[axis] == 1) continue;
            int at = axes++;
            for (; at > 0 && leading[order[at - 1]] > leading[axis]; at--) order[at] = order[at - 1];
            order[at] = axis;
        }
    }

    /// <summary>The places of one operand.</summary>
    public static Places Of(Shape shape, in Strides leading, uint kept = uint.MaxValue)
    {
        Span<Strides> operands = [leading];
        Span<Places> places = stackalloc Places[1];
        Of(shape, operands, places, kept);
        return places[0];
    }

    /// <summary>The places of several operands of one shape (0 is the step of a broadcast axis); the first one's memory sets
    /// the order.</summary>
    public static void Of(Shape shape, ReadOnlySpan<Strides> operands, Span<Places> places, uint kept = uint.MaxValue)
    {
        var iteration = new Iteration(shape, operands[0], kept, stackalloc int[Shape.MaximumRank]);
        for (int operand = 0; operand < operands.Length; operand++) places[operand] = iteration.PlacesOf(operands, operand);
    }

    /// <summary>A tensor's strides as seen from a shape that it broadcasts to.</summary>
    public static Strides Broadcast(Tensor<float> tensor, Shape shape)
    {
        var strides = new Strides();
        int added = shape.Rank - tensor.Shape.Rank;
        for (int axis = added; axis < shape.Rank; axis++)
            strides.Set(axis, tensor.Shape[axis - added] == 1 ? 0 : tensor.Strides[axis - added]);
        return strides;
    }

    private readonly Places PlacesOf(ReadOnlySpan<Strides> operands, int operand)
    {
        var places = new Places();
        var strides = operands[operand];
        bool consecutive = true;
        int dense = 1;
        for (int i = 0; i < axes;)
        {
            int first = order[i], length = shape[first];
            for (i++; i < axes && Joined(operands, first, order[i], length); i++) length *= shape[order[i]];
            places.Add(length, strides[first]);
            consecutive &= strides[first] == dense;
            dense *= length;
        }
        return consecutive ? Places.Consecutive : places;
    }

    /// <summary>Whether a step along the outer axis is, for every operand, as far as the whole of the inner one.</summary>
    private static bool Joined(ReadOnlySpan<Strides> operands, int inner, int outer, int length)
    {
        foreach (ref readonly var strides in operands)
            if (strides[outer] != strides[inner] * length) return false;
        return true;
    }
}
