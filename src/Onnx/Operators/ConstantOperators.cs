namespace Graft.Onnx;

/// <summary>Operators that make tensors.</summary>
internal static class ConstantOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Operator.Of("Constant", Constant),
        Operator.Of("ConstantOfShape", static node => Filled(node, node.Int32s(0)), 0),
        Operator.Of("Range", Range, 0, 1, 2),
        Operator.Of("EyeLike", static node =>
        {
            int[] dims = node.Dims(0);
            if (dims.Length != 2) throw new ArgumentException("it has to be a matrix");
            var element = node.Attributes.Has("dtype") ? ShapeOperators.Target((int)node.Attributes.Int("dtype")) : node.Element(0);
            long offset = node.Attributes.Int("k");
            return element.FromIntegers(dims, at => at % dims[1] - at / dims[1] == offset ? 1 : 0);
        }),
    ];

    private static HostValue Constant(NodeContext node)
    {
        var given = node.Attributes;
        if (given.Has("value_float")) return new HostValue<float>(Elements.Single, [], [given.Float("value_float")]);
        if (given.Has("value_int")) return new HostValue<long>(Elements.Int64, [], [given.Int("value_int")]);
        if (given.Has("value_string")) return new HostValue<string>(Elements.Text, [], [given.Text("value_string")]);
        if (given.Floats("value_floats") is { Length: > 0 } floats) return new HostValue<float>(Elements.Single, [floats.Length], floats);
        if (given.Texts("value_strings") is { Length: > 0 } texts) return new HostValue<string>(Elements.Text, [texts.Length], texts);
        if (given.Ints("value_ints") is { } integers) return new HostValue<long>(Elements.Int64, [integers.Length], integers);
        return node.AttributeTensor("value") ?? throw new ArgumentException("it has no value, or one of a kind that is not computed with here");
    }

    private static HostValue Filled(NodeContext node, int[] dims)
    {
        return node.AttributeTensor("value") is { } one ? one.Pick(new int[Dimensions.Count(dims)], dims) : Elements.Single.Zeros(dims);
    }

    private static HostValue Range(NodeContext node)
    {
        HostValue start = node.Host(0), limit = node.Host(1), delta = node.Host(2);
        if (start.Element.IsInteger)
        {
            Int128 first = start.GetInteger(0), step = delta.GetInteger(0);
            if (step == 0) throw new ArgumentException("a step of 0 does not go anywhere");
            Int128 span = limit.GetInteger(0) - first, count = span * step <= 0 ? 0 : (Int128.Abs(span) + Int128.Abs(step) - 1) / Int128.Abs(step);
            return start.Element.FromIntegers([checked((int)count)], at => first + at * step);
        }
        double from = start.GetDouble(0), by = delta.GetDouble(0);
        int length = checked((int)Math.Max(0, Math.Ceiling((limit.GetDouble(0) - from) / by)));
        return start.Element.FromDoubles([length], at => from + at * by);
    }
}
