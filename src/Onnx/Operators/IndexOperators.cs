using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Operators that read and write elements by their indices.</summary>
internal static class IndexOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Operator.Of("Gather", Gather, 1),
        Operator.Of("GatherElements", static node => GatherElements(node.Tensor(0), node.Host(1), Dimensions.Axis(node.Attributes.Int("axis"), node.Dims(0).Length)), 1),
        Operator.Of("GatherND", GatherSlices, 1),
        Operator.Of("ScatterElements", ScatterElements, 1),
        Operator.Of("Scatter", ScatterElements, 1),
        Operator.Of("ScatterND", ScatterSlices, 1),
        Operator.Of("Compress", Compress, 1),
        Operator.Of("NonZero", NonZero),
        Operator.Of("OneHot", OneHot, 0, 1, 2),
        Operator.Of("Trilu", Trilu, 1),
        Operator.Of("ReverseSequence", ReverseSequence, 1),
    ];

    /// <summary>Some of the rows of an axis, by their numbers.</summary>
    public static TensorValue Take(TensorValue x, int axis, int[] rows)
    {
        int[] dims = [.. x.Dims];
        dims[axis] = rows.Length;
        int length = x.Dims[axis], inner = Dimensions.Product(x.Dims, axis + 1, x.Rank), outer = Dimensions.Product(x.Dims, 0, axis);
        var places = new int[outer * rows.Length * inner];
        int at = 0;
        for (int i = 0; i < outer; i++)
            foreach (int row in rows)
                for (int j = 0; j < inner; j++) places[at++] = (i * length + row) * inner + j;
        return Selection.Pick(x, places, dims);
    }

    private static TensorValue Gather(NodeContext node)
    {
        var x = node.Tensor(0);
        int axis = Dimensions.Axis(node.Attributes.Int("axis"), x.Rank);
        var given = node.Tensor(1);
        if (given is DeviceValue { Bound: { } bound } && axis == 0) bound.Rows = Math.Min(bound.Rows, x.Dims[0]);
        if (given is DeviceValue { Ids: { } ids } && x is DeviceValue rows && axis == 0)
        {
            int width = Dimensions.Product(x.Dims, 1, x.Rank);
            var found = rows.Variable.Reshape([x.Dims[0], width]).Embedding(ids, new Shape(given.Dims));
            return new DeviceValue(found.Reshape(new Shape([.. given.Dims, .. x.Dims[1..]])), rows.Element);
        }
        if (given is DeviceValue { Ids: { } known } && x is HostValue { Element.IsInteger: true } whole && axis == 0 && node.Pass.Device is Recorder)
        {
            // a table of whole numbers, positions for one, looked up by an input of the recording
            var numbers = Conversion.ToVariable(whole, node.Pass).Reshape([x.Dims[0], Dimensions.Product(x.Dims, 1, x.Rank)]);
            return new DeviceValue(numbers.Embedding(known, new Shape(given.Dims)).Reshape(new Shape([.. given.Dims, .. x.Dims[1..]])), whole.Element);
        }
        int length = x.Dims[axis];
        int[] indices = Array.ConvertAll(node.Int64s(1), index => Row(index, length));
        int[] dims = [.. x.Dims[..axis], .. given.Dims, .. x.Dims[(axis + 1)..]];
        if (x is DeviceValue device && indices.Length > 0)
        {
            if (given.Rank == 0) return Selection.Reshape(Selection.Slice(x, axis, indices[0], 1, 1), dims);
            if (axis == 0)
            {
                var table = device.Variable.Reshape([length, Dimensions.Product(x.Dims, 1, x.Rank)]);
                return new DeviceValue(table.Embedding(indices, new Shape(given.Dims)).Reshape(new Shape(dims)), device.Element);
            }
        }
        return Selection.Reshape(Take(x, axis, indices), dims);
    }

    private static int Row(long index, int length) => index >= -length && index < length
        ? (int)(index < 0 ? index + length : index) : throw new ArgumentException($"the index {index} is none of the {length} of the axis");

    private static TensorValue GatherElements(TensorValue x, HostValue indices, int axis)
    {
        var strides = Dimensions.Strides(x.Dims);
        int[] places = ElementPlaces(x.Dims, indices, axis, strides);
        return Selection.Pick(x, places, indices.Dims);
    }

    /// <summary>The place of each index's element: as its own place, but along one axis at the index.</summary>
    private static int[] ElementPlaces(int[] dims, HostValue indices, int axis, int[] strides)
    {
        if (indices.Rank != dims.Length) throw new ArgumentException("the indices need as many axes as the data");
        var own = Dimensions.Strides(indices.Dims);
        var places = new int[indices.Count];
        for (int at = 0; at < places.Length; at++)
        {
            for (int other = 0; other < dims.Length; other++)
            {
                int index = other == axis ? Row((long)indices.GetInteger(at), dims[axis]) : at / own[other] % indices.Dims[other];
                if (index >= dims[other]) throw new ArgumentException($"the indices {indices} reach beyond the data on axis {other}");
                places[at] += index * strides[other];
            }
        }
        return places;
    }

    private static TensorValue GatherSlices(NodeContext node)
    {
        var x = node.Tensor(0);
        var indices = node.Host(1);
        int batches = (int)node.Attributes.Int("batch_dims"), depth = indices.Dims[^1];
        int[] starts = SliceStarts(x.Dims, indices, batches, out int width);
        var places = new int[starts.Length * width];
        for (int i = 0; i < starts.Length; i++)
            for (int j = 0; j < width; j++) places[i * width + j] = starts[i] + j;
        return Selection.Pick(x, places, [.. indices.Dims[..^1], .. x.Dims[(batches + depth)..]]);
    }

    /// <summary>Where each slice begins that a row of indices names, and how many elements it has.</summary>
    private static int[] SliceStarts(int[] dims, HostValue indices, int batches, out int width)
    {
        if (indices.Rank == 0) throw new ArgumentException("the indices have no axis");
        int depth = indices.Dims[^1];
        if (batches < 0 || batches + depth > dims.Length || batches >= indices.Rank) throw new ArgumentException($"rows of {depth} indices are too many for {dims.Length} axes");
        var strides = Dimensions.Strides(dims);
        width = Dimensions.Product(dims, batches + depth, dims.Length);
        int rows = Dimensions.Product(indices.Dims, 0, indices.Rank - 1), perBatch = Dimensions.Product(indices.Dims, batches, indices.Rank - 1);
        int batchWidth = Dimensions.Product(dims, batches, dims.Length);
        var starts = new int[rows];
        for (int row = 0; row < rows; row++)
        {
            starts[row] = row / Math.Max(1, perBatch) * batchWidth * (batches > 0 ? 1 : 0);
            for (int i = 0; i < depth; i++) starts[row] += Row((long)indices.GetInteger(row * depth + i), dims[batches + i]) * strides[batches + i];
        }
        return starts;
    }

    private static TensorValue ScatterElements(NodeContext node)
    {
        var x = node.Tensor(0);
        int axis = Dimensions.Axis(node.Attributes.Int("axis"), x.Rank);
        return Write(node, ElementPlaces(x.Dims, node.Host(1), axis, Dimensions.Strides(x.Dims)), node.Attributes.Text("reduction", "none"));
    }

    private static TensorValue ScatterSlices(NodeContext node)
    {
        int[] starts = SliceStarts(node.Dims(0), node.Host(1), 0, out int width);
        var places = new int[starts.Length * width];
        for (int i = 0; i < starts.Length; i++)
            for (int j = 0; j < width; j++) places[i * width + j] = starts[i] + j;
        return Write(node, places, node.Attributes.Text("reduction", "none"));
    }

    /// <summary>Writes the updates (input 2) over the data (input 0) at some places, or combines both.</summary>
    private static TensorValue Write(NodeContext node, int[] places, string reduction)
    {
        var (x, updates) = (node.Tensor(0), node.Tensor(2));
        if (updates.Count != places.Length) throw new ArgumentException($"{updates} are not one update for each of {places.Length} places");
        if (x is DeviceValue && reduction == "none")
        {
            // each element of the result is one of the data or, where it was written last, of the updates
            int[] from = [.. Enumerable.Range(0, x.Count)];
            for (int at = 0; at < places.Length; at++) from[places[at]] = x.Count + at;
            var all = Selection.Concat([Selection.Reshape(x, [x.Count]), Selection.Reshape(updates, [updates.Count])], 0, node.Pass);
            return Selection.Pick(all, from, x.Dims);
        }
        var result = node.Host(0).Clone();
        var given = node.Host(2);
        for (int at = 0; at < places.Length; at++)
        {
            int place = places[at];
            if (reduction == "none") result.Assign(place, given, at);
            else if (result.Element.IsInteger) result.SetInteger(place, Combined(reduction, result.GetInteger(place), given.GetInteger(at)));
            else result.SetDouble(place, Combined(reduction, result.GetDouble(place), given.GetDouble(at)));
        }
        if (x is not DeviceValue device) return result;
        HostMath.RequireNoGradient("a scatter that combines", device.Variable);
        return new DeviceValue(Conversion.ToVariable(result, node.Pass), device.Element);
    }

    private static T Combined<T>(string reduction, T old, T update) where T : System.Numerics.INumber<T> => reduction switch
    {
        "add" => old + update,
        "mul" => old * update,
        "max" => T.Max(old, update),
        "min" => T.Min(old, update),
        _ => throw new ArgumentException($"the reduction '{Printable.Text(reduction)}' is not known"),
    };

    private static TensorValue Compress(NodeContext node)
    {
        var x = node.Tensor(0);
        var condition = node.Host(1);
        if (!node.Attributes.Has("axis")) x = Selection.Reshape(x, [x.Count]);
        int axis = Dimensions.Axis(node.Attributes.Int("axis"), x.Rank);
        int[] rows = [.. Enumerable.Range(0, Math.Min(condition.Count, x.Dims[axis])).Where(row => condition.GetInteger(row) != 0)];
        return Take(x, axis, rows);
    }

    private static HostValue NonZero(NodeContext node)
    {
        var x = node.Host(0);
        int[] found = [.. Enumerable.Range(0, x.Count).Where(at => x.GetDouble(at) != 0)];
        var strides = Dimensions.Strides(x.Dims);
        return Elements.Int64.FromIntegers([x.Rank, found.Length], at => found[at % found.Length] / strides[at / found.Length] % x.Dims[at / found.Length]);
    }

    private static TensorValue OneHot(NodeContext node)
    {
        var (indices, values) = (node.Host(0), node.Host(2));
        int depth = checked((int)node.Host(1).GetDouble(0)), axis = Dimensions.Axis(node.Attributes.Int("axis", -1), indices.Rank + 1);
        int[] dims = [.. indices.Dims[..axis], depth, .. indices.Dims[axis..]];
        int inner = Dimensions.Product(indices.Dims, axis, indices.Rank);
        var places = new int[Dimensions.Count(dims)];
        for (int at = 0; at < indices.Count; at++)
        {
            int index = (int)indices.GetDouble(at);
            if (index < 0) index += depth;
            if (index >= 0 && index < depth) places[(at / inner * depth + index) * inner + at % inner] = 1;
        }
        return values.Pick(places, dims);
    }

    private static TensorValue Trilu(NodeContext node)
    {
        var x = node.Tensor(0);
        if (x.Rank < 2) throw new ArgumentException("it needs two axes");
        bool isUpper = node.Attributes.Flag("upper", true);
        long offset = node.Int64(1);
        int height = x.Dims[^2], width = x.Dims[^1];
        int[] places = [.. Enumerable.Range(0, x.Count).Select(at =>
        {
            long distance = at % width - (long)(at / width % height);
            return (isUpper ? distance >= offset : distance <= offset) ? at : -1;
        })];
        return Selection.Pick(x, places, x.Dims);
    }

    private static TensorValue ReverseSequence(NodeContext node)
    {
        var x = node.Tensor(0);
        int[] lengths = node.Int32s(1);
        int batchAxis = (int)node.Attributes.Int("batch_axis", 1), timeAxis = (int)node.Attributes.Int("time_axis");
        var strides = Dimensions.Strides(x.Dims);
        var places = new int[x.Count];
        for (int at = 0; at < places.Length; at++)
        {
            int batch = at / strides[batchAxis] % x.Dims[batchAxis], time = at / strides[timeAxis] % x.Dims[timeAxis];
            places[at] = time < lengths[batch] ? at + (lengths[batch] - 1 - 2 * time) * strides[timeAxis] : at;
        }
        return Selection.Pick(x, places, x.Dims);
    }
}
