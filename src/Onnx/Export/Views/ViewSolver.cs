using Graft.Tensors;

namespace Graft.Onnx.Export;

/// <summary>Reads a value that lies in memory in one layout through another: slices, transposes, reshapes and expansions that follow from
/// the two layouts' strides.</summary>
internal static class ViewSolver
{
    /// <summary>The value that a view shows.</summary>
    /// <param name="graph">The graph to write to.</param>
    /// <param name="value">What lies in memory.</param>
    /// <param name="lies">How it lies there, without gaps.</param>
    /// <param name="view">How it is read.</param>
    /// <returns>A value of the view's shape; null where the view cannot be had by those operators.</returns>
    public static ExportValue? Read(ExportGraph graph, ExportValue value, ViewLayout lies, ViewLayout view)
    {
        if (lies.IsSame(view)) return value;
        if (view.Offset < lies.Offset || !lies.IsDense) return null;
        var moved = ByAxes(graph, value, lies, view) ?? ByFactors(graph, value, lies, view);
        return moved is null ? null : graph.Expand(graph.Reshape(moved, view.WithoutRepeats), view.Shape);
    }

    /// <summary>Each axis of the view is a part of one axis of the value: slices and a transpose.</summary>
    private static ExportValue? ByAxes(ExportGraph graph, ExportValue value, ViewLayout lies, ViewLayout view)
    {
        int[] own = lies.AxesInMemory();
        var starts = new int[own.Length];
        long rest = view.Offset - lies.Offset;
        for (int i = 0; i < own.Length; i++)
        {
            starts[i] = (int)(rest / lies.Strides[own[i]]);
            if (starts[i] >= lies.Shape[own[i]]) return null;
            rest %= lies.Strides[own[i]];
        }
        if (rest != 0) return null;

        var slices = new AxisSlice[own.Length];
        for (int i = 0; i < own.Length; i++) slices[i] = new AxisSlice(own[i], starts[i], 1);
        var order = new List<int>();
        for (int axis = 0; axis < view.Shape.Rank; axis++)
        {
            int length = view.Shape[axis], stride = view.Strides[axis];
            if (length == 1 || stride == 0) continue;
            int at = Array.FindIndex(own, candidate => lies.Strides[candidate] <= stride);
            if (at < 0 || stride % lies.Strides[own[at]] != 0 || order.Contains(own[at])) return null;
            int step = stride / lies.Strides[own[at]];
            if (starts[at] + ((long)length - 1) * step >= lies.Shape[own[at]]) return null;
            slices[at] = new AxisSlice(own[at], starts[at], length, step);
            order.Add(own[at]);
        }
        var cut = graph.Slice(value, slices);
        return graph.Transpose(cut, Placed(order, cut.Shape, view));
    }

    /// <summary>An order of all axes in which those that the view walks come in its order. Axes of length 1 go where the view has some, if
    /// there are as many, and behind all others else; where nothing has to move they stay.</summary>
    private static int[] Placed(List<int> walked, Shape shape, ViewLayout view)
    {
        var all = Enumerable.Range(0, shape.Rank).ToArray();
        if (walked.SequenceEqual(walked.Order())) return all;
        var units = new Queue<int>(all.Except(walked));
        if (view.Shape.Rank != shape.Rank) return [.. walked, .. units];
        var order = new int[shape.Rank];
        int next = 0;
        for (int axis = 0; axis < order.Length; axis++)
            order[axis] = view.Shape[axis] == 1 || view.Strides[axis] == 0 ? units.Dequeue() : walked[next++];
        return order;
    }

    /// <summary>The memory is cut into factors at every stride of either layout, or of the view's alone where a slice of it goes across a cut
    /// of the other's.</summary>
    private static ExportValue? ByFactors(ExportGraph graph, ExportValue value, ViewLayout lies, ViewLayout view)
    {
        long total = lies.Shape.ElementCount;
        var walked = view.AxesInMemory().Select(axis => (long)view.Strides[axis]);
        var both = walked.Concat(lies.AxesInMemory().Select(axis => (long)lies.Strides[axis]));
        return (Chain(total, both) is { } fine ? ByFactors(graph, value, lies, view, fine) : null)
            ?? (Chain(total, walked) is { } coarse ? ByFactors(graph, value, lies, view, coarse) : null);
    }

    /// <summary>The memory is cut into factors at some strides; each axis of the view is a run of factors.</summary>
    private static ExportValue? ByFactors(ExportGraph graph, ExportValue value, ViewLayout lies, ViewLayout view, List<long> cuts)
    {
        long total = lies.Shape.ElementCount;
        int[] own = lies.AxesInMemory();
        var viewStrides = view.Strides;
        var factors = cuts.Select((cut, at) => (at == 0 ? total : cuts[at - 1]) / cut).ToArray();
        var slices = new AxisSlice[factors.Length];
        long rest = view.Offset - lies.Offset;
        for (int at = 0; at < factors.Length; at++)
        {
            slices[at] = new AxisSlice(at, (int)(rest / cuts[at]), 1);
            if (slices[at].Start >= factors[at]) return null;
            rest %= cuts[at];
        }

        // the run of factors of each axis of the view, from the outermost to the innermost of each
        var runs = new List<(int First, int Last)>();
        for (int axis = 0; axis < view.Shape.Rank; axis++)
        {
            int length = view.Shape[axis];
            if (length == 1 || viewStrides[axis] == 0) continue;
            int last = cuts.IndexOf(viewStrides[axis]), first = last;
            for (long taken = 1; ; first--)
            {
                if (first < 0 || runs.Exists(run => run.First <= first && first <= run.Last) || length % taken != 0) return null;
                long wanted = length / taken;
                if (wanted <= factors[first])
                {
                    if (slices[first].Start + wanted > factors[first]) return null;
                    slices[first] = slices[first] with { Length = (int)wanted };
                    break;
                }
                if (slices[first].Start != 0) return null;
                slices[first] = slices[first] with { Length = (int)factors[first] };
                taken *= factors[first];
            }
            runs.Add((first, last));
        }
        return Write(graph, value, own, factors, slices, runs);
    }

    private static ExportValue Write(
        ExportGraph graph, ExportValue value, int[] own, long[] factors, AxisSlice[] slices, List<(int First, int Last)> runs)
    {
        int[] units = [.. Enumerable.Range(0, value.Shape.Rank).Except(own)];
        bool isInOrder = own.SequenceEqual(own.Order());
        var ordered = isInOrder ? value : graph.Transpose(value, [.. own, .. units]);
        bool isWhole = slices.All(slice => slice.Start == 0 && slice.Length == factors[slice.Axis]);
        var order = runs.SelectMany(static run => Enumerable.Range(run.First, run.Last - run.First + 1)).ToList();
        // all of it in the order of memory: the caller's reshape is enough
        if (isWhole && order.SequenceEqual(order.Order())) return ordered;

        // factors of one axis that need neither a slice nor a place of their own are one
        var groups = new List<(int First, int Last, AxisSlice Slice)>();
        foreach (int at in Enumerable.Range(0, factors.Length))
        {
            bool joins = groups.Count > 0 && runs.Exists(run => run.First < at && at <= run.Last)
                && groups[^1].Slice.Length == Length(groups[^1].First, groups[^1].Last) && slices[at].Length == factors[at];
            if (joins) groups[^1] = (groups[^1].First, at, new AxisSlice(groups.Count - 1, 0, groups[^1].Slice.Length * (int)factors[at]));
            else groups.Add((at, at, slices[at] with { Axis = groups.Count }));
        }
        var split = graph.Reshape(ordered, new Shape([.. groups.Select(group => (int)Length(group.First, group.Last))]));
        var cut = graph.Slice(split, groups.ConvertAll(static group => group.Slice));
        int[] walked = [.. runs.SelectMany(run => Enumerable.Range(0, groups.Count).Where(at => run.First <= groups[at].First && groups[at].Last <= run.Last))];
        return walked.SequenceEqual(walked.Order()) ? cut : graph.Transpose(cut, [.. walked, .. Enumerable.Range(0, groups.Count).Except(walked)]);

        long Length(int first, int last)
        {
            long length = 1;
            for (int at = first; at <= last; at++) length *= factors[at];
            return length;
        }
    }

    /// <summary>Strides from the largest to 1, each a multiple of the next; null where they are not.</summary>
    private static List<long>? Chain(long total, IEnumerable<long> strides)
    {
        var cuts = strides.Append(1).Distinct().OrderDescending().ToList();
        long outer = total;
        foreach (long cut in cuts)
        {
            if (outer % cut != 0) return null;
            outer = cut;
        }
        return cuts;
    }
}
