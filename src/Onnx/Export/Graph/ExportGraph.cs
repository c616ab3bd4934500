using Graft.Onnx.Protocol;
using Graft.Tensors;
using DataType = Graft.Onnx.Protocol.TensorProto.Types.DataType;

namespace Graft.Onnx.Export;

/// <summary>The graph of one recorded pass, as it grows.</summary>
/// <param name="opset">The version of ONNX's operators.</param>
internal sealed class ExportGraph(int opset)
{
    /// <summary>From this version on the axes of every reduction are an input, before they are an attribute of all but ReduceSum.</summary>
    private const int AxesAreInputs = 18;

    private readonly Dictionary<float, ExportValue> scalars = [];
    private readonly List<ExportValue> inputs = [];
    private readonly List<ExportValue> computed = [];
    private readonly List<(string Name, ExportValue Value)> outputs = [];

    /// <summary>The version of ONNX's operators.</summary>
    public int Opset => opset;

    /// <summary>The inputs, in order.</summary>
    public IReadOnlyList<ExportValue> Inputs => inputs;

    /// <summary>The outputs with their names.</summary>
    public IReadOnlyList<(string Name, ExportValue Value)> Outputs => outputs;

    /// <summary>What nodes compute and the outputs are made of, in an order in which it can be computed.</summary>
    public List<ExportValue> Used()
    {
        var used = new HashSet<ExportValue>(outputs.Select(static output => output.Value));
        for (int at = computed.Count - 1; at >= 0; at--)
        {
            if (!used.Contains(computed[at])) continue;
            foreach (var operand in computed[at].Node!.Inputs)
                if (operand is not null) used.Add(operand);
        }
        return computed.FindAll(used.Contains);
    }

    /// <summary>Adds an input.</summary>
    public ExportValue Input(string name, Shape shape, DataType type)
    {
        var value = new ExportValue(shape, type) { InputName = name };
        inputs.Add(value);
        return value;
    }

    /// <summary>Names a value as an output.</summary>
    public void Output(string name, ExportValue value) => outputs.Add((name, value));

    /// <summary>Adds a node whose output has floats.</summary>
    public ExportValue Add(string type, Shape shape, ExportValue?[] operands, params AttributeProto[] attributes) =>
        Add(type, shape, DataType.Float, operands, attributes);

    /// <summary>Adds a node.</summary>
    public ExportValue Add(string type, Shape shape, DataType elementType, ExportValue?[] operands, params AttributeProto[] attributes)
    {
        var value = new ExportValue(shape, elementType) { Node = new ExportNode(type, operands, attributes) };
        computed.Add(value);
        return value;
    }

    /// <summary>A node of two operands that broadcast.</summary>
    public ExportValue Binary(string type, ExportValue a, ExportValue b) => Add(type, Broadcast(a.Shape, b.Shape), [a, b]);

    /// <summary>a > b, element by element.</summary>
    public ExportValue Greater(ExportValue a, ExportValue b) => Add("Greater", Broadcast(a.Shape, b.Shape), DataType.Bool, [a, b]);

    /// <summary>One of two values where a condition holds or not.</summary>
    public ExportValue Where(ExportValue condition, ExportValue whenTrue, ExportValue whenFalse) =>
        Add("Where", Broadcast(Broadcast(condition.Shape, whenTrue.Shape), whenFalse.Shape), [condition, whenTrue, whenFalse]);

    /// <summary>A float without axes.</summary>
    public ExportValue Scalar(float value)
    {
        if (!scalars.TryGetValue(value, out var scalar)) scalars.Add(value, scalar = Constant(new FloatInitialiser([], [value])));
        return scalar;
    }

    /// <summary>Numbers of the file.</summary>
    public static ExportValue Constant(Initialiser initialiser) =>
        new(initialiser.Shape, initialiser is IntegerInitialiser or SizesInitialiser ? DataType.Int64 : DataType.Float) { Initialiser = initialiser };

    /// <summary>Axes and other whole numbers that no batch changes.</summary>
    public static ExportValue Integers(params long[] numbers) => Constant(new IntegerInitialiser([numbers.Length], numbers));

    /// <summary>Lengths that may follow from the batch.</summary>
    public static ExportValue Sizes(params long[] lengths) => Constant(new SizesInitialiser(lengths, isScalar: false));

    /// <summary>One length, without an axis, that may follow from the batch.</summary>
    public static ExportValue Size(long length) => Constant(new SizesInitialiser([length], isScalar: true));

    /// <summary>A value under another shape of as many elements.</summary>
    public ExportValue Reshape(ExportValue value, Shape shape)
    {
        if (value.Shape == shape) return value;
        if (UnitAxes.Between(value.Shape, shape) is not { } units)
            return Add("Reshape", shape, value.ElementType, [value, Sizes(Array.ConvertAll(shape.ToArray(), static length => (long)length))]);
        if (units.Removed.Length > 0) value = Add("Squeeze", units.Middle, value.ElementType, [value, Integers(units.Removed)]);
        return units.Added.Length > 0 ? Add("Unsqueeze", shape, value.ElementType, [value, Integers(units.Added)]) : value;
    }

    /// <summary>A value with its axes in another order: axis i of the result is axis order[i].</summary>
    public ExportValue Transpose(ExportValue value, params int[] order)
    {
        if (order.SequenceEqual(Enumerable.Range(0, order.Length))) return value;
        var lengths = Array.ConvertAll(order, axis => value.Shape[axis]);
        return Add("Transpose", new Shape(lengths), value.ElementType, [value], ExportAttribute.Of("perm", Array.ConvertAll(order, static axis => (long)axis)));
    }

    /// <summary>A value repeated to a larger shape of as many axes.</summary>
    public ExportValue Expand(ExportValue value, Shape shape) => value.Shape == shape
        ? value : Add("Expand", shape, value.ElementType, [value, Sizes(Array.ConvertAll(shape.ToArray(), static length => (long)length))]);

    /// <summary>Some indices of some axes.</summary>
    public ExportValue Slice(ExportValue value, IReadOnlyList<AxisSlice> slices)
    {
        var cut = slices.Where(slice => slice.Start != 0 || slice.Length != value.Shape[slice.Axis]).ToList();
        if (cut.Count == 0) return value;
        var shape = value.Shape;
        foreach (var slice in cut) shape = shape.With(slice.Axis, slice.Length);
        ExportValue?[] operands =
        [
            value, Sizes([.. cut.Select(slice => (long)slice.Start)]), Sizes([.. cut.Select(slice => slice.End)]),
            Integers([.. cut.Select(slice => (long)slice.Axis)]),
        ];
        if (cut.Exists(slice => slice.Step != 1)) operands = [.. operands, Integers([.. cut.Select(slice => (long)slice.Step)])];
        return Add("Slice", shape, value.ElementType, operands);
    }

    /// <summary>Values one after another along an axis.</summary>
    public ExportValue Concat(IReadOnlyList<ExportValue> parts, int axis) => parts.Count == 1
        ? parts[0]
        : Add("Concat", parts[0].Shape.With(axis, parts.Sum(part => part.Shape[axis])), parts[0].ElementType, [.. parts], ExportAttribute.Of("axis", (long)axis));

    /// <summary>A reduction over axes, which stay with length 1.</summary>
    public ExportValue Reduce(string type, ExportValue x, long[] axes)
    {
        var shape = x.Shape;
        foreach (long axis in axes) shape = shape.With((int)axis, 1);
        return opset >= AxesAreInputs || type == "ReduceSum"
            ? Add(type, shape, [x, Integers(axes)], ExportAttribute.Of("keepdims", 1L))
            : Add(type, shape, [x], ExportAttribute.Of("axes", axes), ExportAttribute.Of("keepdims", 1L));
    }

    /// <summary>The shape to which two broadcast.</summary>
    public static Shape Broadcast(Shape a, Shape b)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        Span<int> lengths = stackalloc int[rank];
        for (int axis = 1; axis <= rank; axis++)
        {
            int left = axis <= a.Rank ? a[^axis] : 1, right = axis <= b.Rank ? b[^axis] : 1;
            lengths[rank - axis] = left == 1 ? right : left;
        }
        return new Shape(lengths);
    }
}

/// <summary>Some indices of an axis.</summary>
internal readonly record struct AxisSlice(int Axis, int Start, int Length, int Step = 1)
{
    /// <summary>The index behind the last.</summary>
    public long End => Start + ((long)Length - 1) * Step + 1;
}
