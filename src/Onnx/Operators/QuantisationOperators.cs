namespace Graft.Onnx;

/// <summary>Numbers of few bits with a scale: made, undone, and multiplied. Nothing learns through them.</summary>
internal static class QuantisationOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Operator.Of("QuantizeLinear", Quantise),
        Operator.Of("DequantizeLinear", Dequantise),
        new Operator("DynamicQuantizeLinear", Dynamic),
        Operator.Of("MatMulInteger", static node => MatrixOperators.OnHost(Less(node, 0, 2), Less(node, 1, 3), Elements.Int32)),
        Operator.Of("ConvInteger", static node => Product(node, Less(node, 0, 2), Less(node, 1, 3), Elements.Int32)),
        Operator.Of("QLinearMatMul", static node =>
        {
            var product = MatrixOperators.OnHost(Less(node, 0, 2, Elements.Int32), Less(node, 3, 5, Elements.Int32), Elements.Int32);
            return Scaled(product, node.Host(1), node.Host(4), node.Host(6), node.Host(7));
        }),
        Operator.Of("QLinearConv", static node =>
        {
            var product = Product(node, Less(node, 0, 2, Elements.Int32), Less(node, 3, 5, Elements.Int32), Elements.Int32);
            var scales = node.Host(4);
            int channel = Dimensions.Product(product.Dims, 2, product.Rank), channels = product.Dims[1];
            var y = node.Host(7).Element.Zeros(product.Dims);
            for (int at = 0; at < y.Count; at++)
            {
                int output = at / channel % channels;
                double sum = (double)product.GetInteger(at) + (node.Has(8) ? node.Host(8).GetDouble(output) : 0);
                double scale = node.Number(1) * scales.GetDouble(scales.Count > 1 ? output : 0) / node.Number(6);
                Put(y, at, sum * scale, node.Host(7).GetDouble(0));
            }
            return y;
        }),
    ];

    /// <summary>The least and the largest whole number of an element.</summary>
    private static (double Least, double Most) Range(Element element) => element.Name switch
    {
        "uint8" => (0, 255),
        "int8" => (-128, 127),
        "uint16" => (0, 65535),
        "int16" => (-32768, 32767),
        "uint4" => (0, 15),
        "int4" => (-8, 7),
        "uint2" => (0, 3),
        "int2" => (-2, 1),
        "int32" => (int.MinValue, int.MaxValue),
        _ => throw new ArgumentException($"{element.Name} is no element to quantise to"),
    };

    private static void Put(HostValue y, int at, double value, double zero)
    {
        var (least, most) = Range(y.Element);
        y.SetInteger(at, (Int128)Math.Clamp(Math.Round(value, MidpointRounding.ToEven) + zero, least, most));
    }

    /// <summary>For each element the place of its scale: one for all, one for a row of an axis, or one for a block of it.</summary>
    private static int[] ScalePlaces(NodeContext node, int[] dims, HostValue scale)
    {
        if (scale.Count == 1) return new int[Dimensions.Count(dims)];
        int axis = Dimensions.Axis(node.Attributes.Int("axis", 1), dims.Length), block = (int)node.Attributes.Int("block_size");
        int[] to = scale.Rank == 1 ? [.. Enumerable.Repeat(1, axis), scale.Count, .. Enumerable.Repeat(1, dims.Length - axis - 1)] : scale.Dims;
        if (to.Length != dims.Length) throw new ArgumentException($"{scale} are no scales of [{string.Join(", ", dims)}]");
        if (block < 1) return Dimensions.Places(to, dims);
        var strides = Dimensions.Strides(dims);
        var own = Dimensions.Strides(to);
        return [.. Enumerable.Range(0, Dimensions.Count(dims)).Select(at => Enumerable.Range(0, dims.Length).Sum(other =>
            Math.Min(at / strides[other] % dims[other] / (other == axis ? block : 1), to[other] - 1) * own[other]))];
    }

    private static HostValue Quantise(NodeContext node)
    {
        HostValue x = node.Host(0), scale = node.Host(1);
        var zero = node.Has(2) ? node.Host(2) : null;
        var element = zero?.Element ?? (node.Attributes.Int("output_dtype") is > 0 and var code ? ShapeOperators.Target((int)code) : Elements.UInt8);
        int[] places = ScalePlaces(node, x.Dims, scale);
        double Divided(int at) => x.Element == Elements.Single || x.Element.IsInteger
            ? (float)x.GetDouble(at) / (float)scale.GetDouble(places[at]) : (double)(Half)(x.GetDouble(at) / scale.GetDouble(places[at]));
        if (element is IMiniElement small) return small.FromDoubles(x.Dims, Divided, node.Attributes.Flag("saturate", true));
        if (element.IsFloating) return element.FromDoubles(x.Dims, Divided);
        var y = element.Zeros(x.Dims);
        for (int at = 0; at < y.Count; at++) Put(y, at, Divided(at), zero?.GetDouble(places[at]) ?? 0);
        return y;
    }

    private static HostValue Dequantise(NodeContext node)
    {
        HostValue x = node.Host(0), scale = node.Host(1);
        var zero = node.Has(2) ? node.Host(2) : null;
        int[] places = ScalePlaces(node, x.Dims, scale);
        var element = node.Attributes.Int("output_dtype") is > 0 and var code ? ShapeOperators.Target((int)code) : scale.Element;
        return element.FromDoubles(x.Dims, at => (x.GetDouble(at) - (zero?.GetDouble(places[at]) ?? 0)) * scale.GetDouble(places[at]));
    }

    /// <summary>Eight bits over the range of the numbers, 0 among them.</summary>
    private static Value?[] Dynamic(NodeContext node)
    {
        var x = node.Host(0);
        double[] numbers = x.ToDoubles();
        double most = Math.Max(0, numbers.DefaultIfEmpty(0).Max()), least = Math.Min(0, numbers.DefaultIfEmpty(0).Min());
        float scale = most == least ? 1f : (float)((most - least) / 255);
        double zero = Math.Clamp(Math.Round(-least / scale, MidpointRounding.ToEven), 0, 255);
        var y = Elements.UInt8.Zeros(x.Dims);
        for (int at = 0; at < y.Count; at++) Put(y, at, (float)numbers[at] / scale, zero);
        return [y, new HostValue<float>(Elements.Single, [], [scale]), Elements.UInt8.FromDoubles([], _ => zero)];
    }

    /// <summary>Whole numbers less their zero point, which is one for all or one for each row.</summary>
    private static HostValue Less(NodeContext node, int input, int zeroPoint, Element? element = null)
    {
        var x = node.Host(input);
        if (!node.Has(zeroPoint)) return x.To(Elements.Int32);
        var zero = node.Host(zeroPoint);
        int[] dims = zero.Rank == 1 && zero.Count > 1 && x.Rank > 1 ? [zero.Count, .. Enumerable.Repeat(1, x.Rank == 2 && zero.Count == x.Dims[0] ? 1 : x.Rank - 1)] : zero.Dims;
        if (zero.Rank == 1 && zero.Count > 1 && x.Rank == 2 && zero.Count != x.Dims[0]) dims = [zero.Count];
        return HostMath.Binary(x, zero.Reshape(dims), static (a, b) => a - b, static (a, b) => a - b, element ?? Elements.Int32);
    }

    private static HostValue Scaled(HostValue product, HostValue first, HostValue second, HostValue scale, HostValue zero)
    {
        var y = zero.Element.Zeros(product.Dims);
        int columns = product.Rank == 0 ? 1 : product.Dims[^1], rows = product.Rank < 2 ? 1 : product.Dims[^2];
        for (int at = 0; at < y.Count; at++)
        {
            double a = first.GetDouble(first.Count > 1 ? at / columns % rows : 0), b = second.GetDouble(second.Count > 1 ? at % columns : 0);
            Put(y, at, (double)product.GetInteger(at) * a * b / scale.GetDouble(0), zero.GetDouble(0));
        }
        return y;
    }

    /// <summary>A convolution of whole numbers, which singles hold exactly as far as such networks go.</summary>
    private static HostValue Product(NodeContext node, HostValue x, HostValue weight, Element element)
    {
        var y = ConvolutionOperators.Convolve(Conversion.ToVariable(x, node.Pass), Conversion.ToVariable(weight, node.Pass), null, node.Attributes);
        return Conversion.ToHost(new DeviceValue(y)).To(element);
    }
}
