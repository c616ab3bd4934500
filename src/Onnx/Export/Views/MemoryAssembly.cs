namespace Graft.Onnx.Export;

/// <summary>Puts a block that was written in parts together: concatenations, zeros around a plane.</summary>
internal sealed class MemoryAssembly
{
    private readonly ExportGraph graph;
    private readonly ViewLayout whole;
    private readonly Func<MemoryWrite, ExportValue> valueOf;

    private MemoryAssembly(ExportGraph graph, ViewLayout whole, Func<MemoryWrite, ExportValue> valueOf)
    {
        this.graph = graph;
        this.whole = whole;
        this.valueOf = valueOf;
    }

    /// <summary>The whole block as one value; null where its parts do not make one.</summary>
    /// <param name="graph">The graph to write to.</param>
    /// <param name="writes">What was written, in order.</param>
    /// <param name="elements">How many elements the block has.</param>
    /// <param name="valueOf">The value of a write.</param>
    public static MemoryWrite? Of(ExportGraph graph, IReadOnlyList<MemoryWrite> writes, long elements, Func<MemoryWrite, ExportValue> valueOf)
    {
        var first = writes[0].Layout;
        bool hasBase = first.Offset == 0 && first.IsDense && first.Shape.ElementCount == elements;
        if ((hasBase ? first : Around(first, elements)) is not { } whole) return null;
        var parts = new List<Part>();
        foreach (var write in writes.Skip(hasBase ? 1 : 0))
        {
            if (PartOf(whole, write) is not { } part) return null;
            parts.Add(part);
        }
        var assembly = new MemoryAssembly(graph, whole, valueOf);
        var region = new Box(new int[whole.Shape.Rank], whole.Shape.ToArray());
        var value = hasBase ? assembly.Over(writes[0], parts, region) : assembly.Tiled(parts, region);
        return value is null ? null : new MemoryWrite(whole, value);
    }

    /// <summary>The layout of the whole block of which a part has the strides.</summary>
    private static ViewLayout? Around(ViewLayout part, long elements)
    {
        var (shape, strides) = (part.Shape, part.Strides);
        int[] axes = [.. Enumerable.Range(0, shape.Rank).OrderByDescending(axis => strides[axis]).ThenByDescending(axis => shape[axis])];
        long outer = elements;
        foreach (int axis in axes)
        {
            int stride = strides[axis];
            if (stride <= 0 || outer % stride != 0) return null;
            shape = shape.With(axis, checked((int)(outer / stride)));
            outer = stride;
        }
        return outer == 1 ? new ViewLayout(shape, strides, 0) : null;
    }

    private static Part? PartOf(ViewLayout whole, MemoryWrite write)
    {
        var layout = write.Layout;
        if (layout.Shape.Rank != whole.Shape.Rank) return null;
        var (starts, strides) = (new int[whole.Shape.Rank], whole.Strides);
        long rest = layout.Offset;
        foreach (int axis in Enumerable.Range(0, whole.Shape.Rank).Where(Moves(whole)).OrderByDescending(axis => strides[axis]))
        {
            starts[axis] = (int)(rest / strides[axis]);
            rest %= strides[axis];
        }
        if (rest != 0) return null;
        for (int axis = 0; axis < starts.Length; axis++)
        {
            if (layout.Shape[axis] > 1 && layout.Strides[axis] != strides[axis]) return null;
            if (starts[axis] + layout.Shape[axis] > whole.Shape[axis]) return null;
        }
        return new Part(write, new Box(starts, layout.Shape.ToArray()));
    }

    private static Func<int, bool> Moves(ViewLayout whole) => axis => whole.Shape[axis] > 1;

    /// <summary>Parts that fill a region: cut along an axis that none of them straddles, and so on.</summary>
    private ExportValue? Tiled(List<Part> parts, Box region)
    {
        // what was written last counts
        if (parts.FindLast(part => part.Box.IsSame(region)) is { } only) return valueOf(only.Write);
        for (int axis = 0; axis < region.Starts.Length; axis++)
        {
            int[] cuts = [.. parts.Select(part => part.Box.Starts[axis]).Append(region.End(axis)).Distinct().Order()];
            if (cuts.Length < 3 || cuts[0] != region.Starts[axis]) continue;
            if (parts.Exists(part => cuts.Any(cut => part.Box.Starts[axis] < cut && cut < part.Box.End(axis)))) continue;
            var pieces = new List<ExportValue>();
            for (int at = 0; at + 1 < cuts.Length; at++)
            {
                var slab = region.Cut(axis, cuts[at], cuts[at + 1] - cuts[at]);
                if (Tiled(parts.FindAll(part => part.Box.Starts[axis] == cuts[at]), slab) is not { } piece) return null;
                pieces.Add(piece);
            }
            return graph.Concat(pieces, axis);
        }
        return null;
    }

    /// <summary>Parts written over what was there before, one after another.</summary>
    private ExportValue Over(MemoryWrite ground, List<Part> parts, Box region)
    {
        if (ground.Number is { } number && parts is [var only])
        {
            var box = only.Box;
            int rank = box.Starts.Length;
            var before = box.Starts.Select(static start => (long)start);
            var after = Enumerable.Range(0, rank).Select(axis => (long)(region.Lengths[axis] - box.End(axis)));
            return graph.Add("Pad", whole.Shape, [valueOf(only.Write), ExportGraph.Sizes([.. before, .. after]), graph.Scalar(number)]);
        }
        var value = valueOf(ground);
        foreach (var part in parts) value = Over(value, valueOf(part.Write), part.Box, axis: 0);
        return value;
    }

    private ExportValue Over(ExportValue value, ExportValue part, Box box, int axis)
    {
        if (axis == box.Starts.Length) return part;
        int start = box.Starts[axis], end = box.End(axis), length = value.Shape[axis];
        if (start == 0 && end == length) return Over(value, part, box, axis + 1);
        var pieces = new List<ExportValue>();
        if (start > 0) pieces.Add(graph.Slice(value, [new AxisSlice(axis, 0, start)]));
        pieces.Add(Over(graph.Slice(value, [new AxisSlice(axis, start, end - start)]), part, box, axis + 1));
        if (end < length) pieces.Add(graph.Slice(value, [new AxisSlice(axis, end, length - end)]));
        return graph.Concat(pieces, axis);
    }

    private sealed record Part(MemoryWrite Write, Box Box);

    /// <summary>Some indices of each axis.</summary>
    private sealed record Box(int[] Starts, int[] Lengths)
    {
        public int End(int axis) => Starts[axis] + Lengths[axis];

        public bool IsSame(Box other) => Starts.SequenceEqual(other.Starts) && Lengths.SequenceEqual(other.Lengths);

        public Box Cut(int axis, int start, int length)
        {
            int[] starts = [.. Starts], lengths = [.. Lengths];
            (starts[axis], lengths[axis]) = (start, length);
            return new Box(starts, lengths);
        }
    }
}
