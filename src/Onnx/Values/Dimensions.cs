namespace Graft.Onnx;

/// <summary>Arithmetic with the lengths of axes.</summary>
internal static class Dimensions
{
    // an array on the host of more elements than this is no part of a network
    private const long MostElements = 1 << 28;

    /// <summary>The number of elements.</summary>
    public static int Count(ReadOnlySpan<int> dims)
    {
        long count = 1;
        foreach (int length in dims)
        {
            if (length < 0) throw new ArgumentException($"an axis cannot have the length {length}");
            count *= length;
            if (count > MostElements) throw new ArgumentException($"[{string.Join(", ", dims.ToArray())}] has more than the {MostElements} elements that an operator's tensor may have");
        }
        return (int)count;
    }

    /// <summary>How many elements a step along each axis moves.</summary>
    public static int[] Strides(ReadOnlySpan<int> dims)
    {
        var strides = new int[dims.Length];
        int stride = 1;
        for (int axis = dims.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= dims[axis];
        }
        return strides;
    }

    /// <summary>An axis counted from the first or, below 0, from the last.</summary>
    public static int Axis(long axis, int rank) => axis >= -rank && axis < rank
        ? (int)(axis < 0 ? axis + rank : axis) : throw new ArgumentException($"there is no axis {axis} among {rank}");

    /// <summary>Axes, none of them twice, in order; none at all for all of them.</summary>
    public static int[] Axes(ReadOnlySpan<long> axes, int rank)
    {
        if (axes.IsEmpty) return [.. Enumerable.Range(0, rank)];
        var found = new SortedSet<int>();
        foreach (long axis in axes) found.Add(Axis(axis, rank));
        return [.. found];
    }

    /// <summary>The dimensions that both broadcast to, as in NumPy.</summary>
    public static int[] Broadcast(int[] left, int[] right)
    {
        var dims = new int[Math.Max(left.Length, right.Length)];
        for (int back = 1; back <= dims.Length; back++)
        {
            int a = back <= left.Length ? left[^back] : 1, b = back <= right.Length ? right[^back] : 1;
            if (a != b && a != 1 && b != 1)
                throw new ArgumentException($"[{string.Join(", ", left)}] does not broadcast with [{string.Join(", ", right)}]: {a} is not {b}");
            dims[^back] = a == 1 ? b : a;
        }
        return dims;
    }

    /// <summary>For each element of larger dimensions the place of its element in smaller ones that are broadcast.</summary>
    public static int[] Places(int[] from, int[] to)
    {
        if (Broadcast(from, to) is var both && !both.AsSpan().SequenceEqual(to))
            throw new ArgumentException($"[{string.Join(", ", from)}] does not broadcast to [{string.Join(", ", to)}]");
        var own = Strides(from);
        var strides = new int[to.Length];
        for (int back = 1; back <= from.Length; back++)
            if (from[^back] != 1) strides[^back] = own[^back];
        return Places(to, strides, 0);
    }

    /// <summary>The place of each element of a view: where it begins, and how far a step along each axis goes.</summary>
    public static int[] Places(int[] dims, int[] strides, int first)
    {
        var places = new int[Count(dims)];
        if (places.Length == 0) return places;
        var index = new int[dims.Length];
        int at = first;
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = at;
            for (int axis = dims.Length - 1; axis >= 0; axis--)
            {
                at += strides[axis];
                if (++index[axis] < dims[axis]) break;
                at -= strides[axis] * dims[axis];
                index[axis] = 0;
            }
        }
        return places;
    }

    /// <summary>The dimensions without some axes, or with those axes at length 1.</summary>
    public static int[] Reduced(int[] dims, int[] axes, bool keep)
    {
        var left = new List<int>();
        for (int axis = 0; axis < dims.Length; axis++)
        {
            if (!axes.Contains(axis)) left.Add(dims[axis]);
            else if (keep) left.Add(1);
        }
        return [.. left];
    }

    /// <summary>The product of a part of the lengths.</summary>
    public static int Product(int[] dims, int from, int to)
    {
        int product = 1;
        for (int axis = from; axis < to; axis++) product *= dims[axis];
        return product;
    }
}
