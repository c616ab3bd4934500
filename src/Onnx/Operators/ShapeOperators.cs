using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Operators that look at a tensor in another way: other dimensions, other orders, other types.</summary>
internal static class ShapeOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Operator.Of("Identity", static node => node[0]),
        Operator.Of("Shape", static node =>
        {
            int[] dims = node.Dims(0);
            int start = Held(node.Attributes.Int("start"), dims.Length), end = Held(node.Attributes.Int("end", dims.Length), dims.Length);
            return Integers([.. dims[start..Math.Max(start, end)]]);
        }),
        Operator.Of("Size", static node => new HostValue<long>(Elements.Int64, [], [node.Tensor(0).Count])),
        Operator.Of("Reshape", Reshape, 1),
        Operator.Of("Flatten", static node =>
        {
            int[] dims = node.Dims(0);
            int axis = node.Attributes.Int("axis", 1) == dims.Length ? dims.Length : dims.Length == 0 ? 0 : Dimensions.Axis(node.Attributes.Int("axis", 1), dims.Length);
            return Selection.Reshape(node.Tensor(0), [Dimensions.Product(dims, 0, axis), Dimensions.Product(dims, axis, dims.Length)]);
        }),
        Operator.Of("Squeeze", static node =>
        {
            int[] dims = node.Dims(0);
            int[] axes = node.Int64s(1, "axes") is { } given ? [.. given.Select(axis => Dimensions.Axis(axis, dims.Length))]
                : [.. Enumerable.Range(0, dims.Length).Where(axis => dims[axis] == 1)];
            foreach (int axis in axes)
                if (dims[axis] != 1) throw new ArgumentException($"the axis {axis} has length {dims[axis]}, not 1");
            return Selection.Reshape(node.Tensor(0), [.. dims.Where((_, axis) => !axes.Contains(axis))]);
        }, 1),
        Operator.Of("Unsqueeze", static node =>
        {
            int[] dims = node.Dims(0);
            long[] given = node.Int64s(1, "axes") ?? throw new ArgumentException("the axes are missing");
            int rank = dims.Length + given.Length;
            var axes = given.Select(axis => Dimensions.Axis(axis, rank)).ToHashSet();
            if (axes.Count != given.Length) throw new ArgumentException("an axis is named twice");
            var left = new Queue<int>(dims);
            return Selection.Reshape(node.Tensor(0), [.. Enumerable.Range(0, rank).Select(axis => axes.Contains(axis) ? 1 : left.Dequeue())]);
        }, 1),
        Operator.Of("Transpose", static node =>
        {
            int rank = node.Dims(0).Length;
            int[] order = node.Attributes.Ints("perm") is { } given ? [.. given.Select(axis => Dimensions.Axis(axis, rank))] : [.. Enumerable.Range(0, rank).Reverse()];
            return Selection.Permute(node.Tensor(0), order);
        }),
        Operator.Of("Expand", static node =>
        {
            var x = node.Tensor(0);
            int[] dims = Dimensions.Broadcast(x.Dims, node.Int32s(1));
            if (x is DeviceValue device) return new DeviceValue(device.Variable.Expand(new Shape(dims)), device.Element);
            return ((HostValue)x).Pick(Dimensions.Places(x.Dims, dims), dims);
        }, 1),
        Operator.Of("Tile", Tile, 1),
        Operator.Of("Cast", static node => Cast(node.Tensor(0), Target((int)node.Attributes.Int("to")), node.Attributes.Flag("saturate", true))),
        Operator.Of("CastLike", static node => Cast(node.Tensor(0), node.Element(1), node.Attributes.Flag("saturate", true))),
        Operator.Of("DepthToSpace", static node => Blocks(node, toSpace: true)),
        Operator.Of("SpaceToDepth", static node => Blocks(node, toSpace: false)),
    ];

    /// <summary>Whole numbers as a tensor of one axis.</summary>
    public static HostValue Integers(int[] numbers) => new HostValue<long>(Elements.Int64, [numbers.Length], Array.ConvertAll(numbers, number => (long)number));

    /// <summary>The element of a number of the format's.</summary>
    public static Element Target(int code) => Elements.Find(code) ?? throw new ArgumentException($"elements of the type {OnnxType.Find(code)?.Name ?? $"{code}"} are not computed with here");

    /// <summary>A tensor with other elements.</summary>
    public static TensorValue Cast(TensorValue x, Element element, bool saturate = true)
    {
        if (x.Element == element) return x;
        if (x is DeviceValue device)
        {
            bool isExact = element == Elements.Single || (device.Element != Elements.Single && device.Variable.Pass.Device is Recorder);
            if (isExact) return new DeviceValue(device.Variable, element, element.IsInteger ? device.Ids : null);
            if (device.Variable.Pass.Device is Recorder && element.IsInteger && device.Ids is not null) return new DeviceValue(device.Variable, element, device.Ids);
            // singles may be halves or doubles for who follows: nothing is lost, and gradients go on
            if (element.IsFloating && device.Variable.NeedsGradient) return device;
            x = Conversion.ToHost(device);
        }
        var host = (HostValue)x;
        if (host.Element == Elements.Single && element is IMiniElement small) return small.FromDoubles(host.Dims, host.GetDouble, saturate);
        if (element is IMiniElement mini) return mini.FromDoubles(host.Dims, host.GetDouble, saturate);
        if (host is HostValue<string> texts && element.IsFloating) return element.FromDoubles(host.Dims, at => Numbers.Parse(texts.Values[at]));
        return host.To(element);
    }

    private static int Held(long axis, int rank) => (int)Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank);

    private static TensorValue Reshape(NodeContext node)
    {
        var x = node.Tensor(0);
        long[] wanted = node.Int64s(1, "shape") ?? throw new ArgumentException("the shape is missing");
        bool keepsZero = node.Attributes.Flag("allowzero");
        var dims = new int[wanted.Length];
        int free = -1;
        long known = 1;
        for (int axis = 0; axis < dims.Length; axis++)
        {
            if (wanted[axis] == -1)
            {
                if (free >= 0) throw new ArgumentException("two lengths of the shape are -1");
                free = axis;
                continue;
            }
            if (wanted[axis] is < 0 or > int.MaxValue) throw new ArgumentException($"a length of the shape is {wanted[axis]}");
            dims[axis] = wanted[axis] == 0 && !keepsZero ? axis < x.Rank ? x.Dims[axis] : throw new ArgumentException($"there is no axis {axis} to keep") : (int)wanted[axis];
            known *= dims[axis];
        }
        if (free >= 0)
        {
            if (known == 0 || x.Count % known != 0) throw new ArgumentException($"{x} does not fit [{string.Join(", ", wanted)}]");
            dims[free] = (int)(x.Count / known);
        }
        else if (known != x.Count && IsOfOneExample(x, dims, known))
        {
            // the file was written for a batch of one, as a file is that has no free axes
            dims[0] = x.Dims[0];
        }
        if (Dimensions.Count(dims) != x.Count) throw new ArgumentException($"{x} does not fit [{string.Join(", ", wanted)}]");
        return Selection.Reshape(x, dims);
    }

    private static bool IsOfOneExample(TensorValue x, int[] dims, long known) => x is DeviceValue && dims is [1, _, ..] && x.Rank > 1 && known * x.Dims[0] == x.Count;

    private static TensorValue Tile(NodeContext node)
    {
        var x = node.Tensor(0);
        int[] times = node.Int32s(1);
        if (node.Version < 6)
        {
            var old = Enumerable.Repeat(1, x.Rank).ToArray();
            old[Dimensions.Axis(node.Int64(2), x.Rank)] = times[0];
            times = old;
        }
        if (times.Length != x.Rank) throw new ArgumentException($"{times.Length} repeats are not one for each of {x.Rank} axes");
        int[] dims = [.. x.Dims.Select((length, axis) => checked(length * times[axis]))];
        var strides = Dimensions.Strides(x.Dims);
        var places = new int[Dimensions.Count(dims)];
        var own = Dimensions.Strides(dims);
        for (int at = 0; at < places.Length; at++)
            for (int axis = 0; axis < dims.Length; axis++) places[at] += at / own[axis] % dims[axis] % x.Dims[axis] * strides[axis];
        return Selection.Pick(x, places, dims);
    }

    private static TensorValue Blocks(NodeContext node, bool toSpace)
    {
        var x = node.Tensor(0);
        if (x.Rank != 4) throw new ArgumentException("it has to be [N, C, H, W]");
        int size = (int)node.Attributes.Int("blocksize", 1), n = x.Dims[0], c = x.Dims[1], h = x.Dims[2], w = x.Dims[3];
        if (size < 1) throw new ArgumentException($"blocks of {size} pixels are none");
        if (!toSpace)
        {
            var parts = Selection.Permute(Selection.Reshape(x, [n, c, h / size, size, w / size, size]), [0, 3, 5, 1, 2, 4]);
            return Selection.Reshape(parts, [n, c * size * size, h / size, w / size]);
        }
        bool columnsFirst = node.Attributes.Text("mode", "DCR") == "DCR";
        int deep = c / (size * size);
        var split = columnsFirst
            ? Selection.Permute(Selection.Reshape(x, [n, size, size, deep, h, w]), [0, 3, 4, 1, 5, 2])
            : Selection.Permute(Selection.Reshape(x, [n, deep, size, size, h, w]), [0, 1, 4, 2, 5, 3]);
        return Selection.Reshape(split, [n, deep, h * size, w * size]);
    }
}
