namespace Graft.Onnx;

/// <summary>Operators that join tensors, divide them, and put something around them.</summary>
internal static class JoinOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Operator.Of("Concat", static node =>
        {
            var parts = Enumerable.Range(0, node.Count).Select(node.Tensor).ToList();
            return Selection.Concat(parts, Dimensions.Axis(node.Attributes.Int("axis", 1), parts[0].Rank), node.Pass);
        }),
        new Operator("Split", Split) { HostInputs = [1] },
        Operator.Of("Slice", Slice, 1, 2, 3, 4),
        Operator.Of("Pad", Pad, 1, 2, 3),
        Operator.Of("CenterCropPad", CenterCropPad, 1),
    ];

    private static Value?[] Split(NodeContext node)
    {
        var x = node.Tensor(0);
        int axis = Dimensions.Axis(node.Attributes.Int("axis"), x.Rank), length = x.Dims[axis];
        int[] lengths;
        if (node.Int64s(1, "split") is { } given) lengths = Array.ConvertAll(given, part => checked((int)part));
        else
        {
            int count = node.Attributes.Has("num_outputs") ? (int)node.Attributes.Int("num_outputs") : node.OutputCount;
            if (count < 1) throw new ArgumentException($"it is split in {count} parts");
            int each = (length + count - 1) / count;
            lengths = [.. Enumerable.Range(0, count).Select(part => Math.Clamp(length - part * each, 0, each))];
        }
        if (lengths.Sum() != length || lengths.Any(part => part < 0)) throw new ArgumentException($"parts of {string.Join(", ", lengths)} are not the {length} of the axis {axis}");
        var outputs = new Value?[lengths.Length];
        for (int i = 0, start = 0; i < outputs.Length; start += lengths[i++]) outputs[i] = Selection.Slice(x, axis, start, lengths[i], 1);
        return outputs;
    }

    private static TensorValue Slice(NodeContext node)
    {
        var x = node.Tensor(0);
        long[] starts = node.Int64s(1, "starts") ?? [], ends = node.Int64s(2, "ends") ?? [];
        long[] axes = node.Int64s(3, "axes") ?? [.. Enumerable.Range(0, starts.Length).Select(axis => (long)axis)];
        long[] steps = node.Has(4) ? node.Int64s(4) : [.. Enumerable.Repeat(1L, starts.Length)];
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length) throw new ArgumentException("starts, ends, axes and steps are not as many");
        for (int i = 0; i < starts.Length; i++)
        {
            int axis = Dimensions.Axis(axes[i], x.Rank), length = x.Dims[axis];
            long step = steps[i];
            if (step == 0) throw new ArgumentException("a step of 0 does not go anywhere");
            long start = starts[i] < 0 ? starts[i] + length : starts[i], end = ends[i] < 0 ? Math.Max(ends[i], long.MinValue + int.MaxValue) + length : ends[i];
            start = Math.Clamp(start, 0, step > 0 ? length : length - 1);
            end = Math.Clamp(end, step > 0 ? 0 : -1, length);
            step = Math.Clamp(step, -int.MaxValue, int.MaxValue);
            long count = step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -step;
            x = Selection.Slice(x, axis, (int)start, (int)Math.Max(0, count), (int)step);
        }
        return x;
    }

    private static TensorValue Pad(NodeContext node)
    {
        var x = node.Tensor(0);
        long[] pads = node.Int64s(1, "pads") ?? node.Attributes.Ints("paddings") ?? throw new ArgumentException("the pads are missing");
        int[] axes = node.Has(3) ? [.. node.Int64s(3).Select(axis => Dimensions.Axis(axis, x.Rank))] : [.. Enumerable.Range(0, x.Rank)];
        if (pads.Length != 2 * axes.Length) throw new ArgumentException($"{pads.Length} pads are not two for each of {axes.Length} axes");
        string mode = node.Attributes.Text("mode", "constant");
        for (int i = 0; i < axes.Length; i++)
        {
            var (axis, before, after) = (axes[i], checked((int)pads[i]), checked((int)pads[axes.Length + i]));
            // below 0 it cuts
            if (before < 0 || after < 0)
            {
                int start = Math.Max(0, -before), left = x.Dims[axis] - start - Math.Max(0, -after);
                x = Selection.Slice(x, axis, start, Math.Max(0, left), 1);
                (before, after) = (Math.Max(0, before), Math.Max(0, after));
            }
            if (before + after > 0) x = mode == "constant" ? Constant(x, axis, before, after, node) : Mirrored(x, axis, before, after, mode);
        }
        return x;
    }

    private static TensorValue Constant(TensorValue x, int axis, int before, int after, NodeContext node)
    {
        double value = node.Has(2) ? node.Number(2) : node.Attributes.Float("value");
        if (x is DeviceValue device)
        {
            if (value == 0) return new DeviceValue(device.Variable.Pad(axis, before, after), device.Element);
            var parts = new List<TensorValue> { x };
            if (before > 0) parts.Insert(0, Filled(before));
            if (after > 0) parts.Add(Filled(after));
            return Selection.Concat(parts, axis, node.Pass);
        }
        int[] dims = [.. x.Dims];
        dims[axis] += before + after;
        var result = node.Has(2) ? node.Host(2).Pick(new int[Dimensions.Count(dims)], dims) : x.Element.FromDoubles(dims, _ => value);
        var strides = Dimensions.Strides(dims);
        int[] places = Dimensions.Places(x.Dims, strides, before * strides[axis]);
        for (int at = 0; at < places.Length; at++) result.Assign(places[at], (HostValue)x, at);
        return result;

        HostValue Filled(int length)
        {
            int[] side = [.. x.Dims];
            side[axis] = length;
            return Elements.Single.FromDoubles(side, _ => value);
        }
    }

    /// <summary>Pads with what is inside: mirrored, the edge, or the other end.</summary>
    private static TensorValue Mirrored(TensorValue x, int axis, int before, int after, string mode)
    {
        int length = x.Dims[axis];
        if (length == 0) throw new ArgumentException("an empty axis has nothing to pad with");
        int[] from = [.. Enumerable.Range(-before, before + length + after).Select(at => mode switch
        {
            "reflect" => Reflected(at, length),
            "edge" => Math.Clamp(at, 0, length - 1),
            "wrap" => (at % length + length) % length,
            _ => throw new ArgumentException($"the mode '{Printable.Text(mode)}' is not known"),
        })];
        return IndexOperators.Take(x, axis, from);
    }

    private static int Reflected(int at, int length)
    {
        if (length == 1) return 0;
        int period = 2 * (length - 1);
        at = (at % period + period) % period;
        return at < length ? at : period - at;
    }

    private static TensorValue CenterCropPad(NodeContext node)
    {
        var x = node.Tensor(0);
        int[] wanted = node.Int32s(1);
        int[] axes = node.Attributes.Ints("axes") is { } given ? [.. given.Select(axis => Dimensions.Axis(axis, x.Rank))] : [.. Enumerable.Range(0, x.Rank)];
        for (int i = 0; i < axes.Length; i++)
        {
            int have = x.Dims[axes[i]], more = wanted[i] - have;
            if (more < 0) x = Selection.Slice(x, axes[i], -more / 2, wanted[i], 1);
            else if (more > 0) x = Constant(x, axes[i], more / 2, more - more / 2, node.Has(2) ? throw new ArgumentException("it has two inputs") : node);
        }
        return x;
    }
}
