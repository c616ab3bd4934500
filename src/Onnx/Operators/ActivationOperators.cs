using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Activations: each is a function of our own, which is fused behind convolutions, norms and linear maps where it follows one.</summary>
internal static class ActivationOperators
{
    private const float SeluAlpha = 1.67326319217681884765625f;
    private const float SeluGamma = 1.05070102214813232421875f;

    /// <summary>x min(6, max(0, x + 3)) / 6.</summary>
    public static Activation HardSwish { get; } = Activation.Of("hard_swish", default(HardSwish));

    /// <summary>The activations of one input, by their names.</summary>
    private static readonly Dictionary<string, Func<NodeAttributes, Activation>> Fused = new(StringComparer.Ordinal)
    {
        ["Relu"] = static _ => Activation.Relu,
        ["Sigmoid"] = static _ => Activation.Find("sigmoid")!,
        ["Tanh"] = static _ => Activation.Find("tanh")!,
        ["Gelu"] = static given => given.Text("approximate", "none") == "tanh" ? Activation.Find("gelu_new")! : Activation.Gelu,
        ["LeakyRelu"] = static given => Activation.Of("leaky_relu", new LeakyRelu(given.Float("alpha", 0.01f))),
        ["Elu"] = static given => Activation.Of("elu", new Elu(given.Float("alpha", 1f))),
        ["Celu"] = static given => Activation.Of("celu", new ContinuousElu(given.Float("alpha", 1f))),
        ["Selu"] = static given => Activation.Of("selu", new ScaledElu(given.Float("alpha", SeluAlpha), given.Float("gamma", SeluGamma))),
        ["HardSigmoid"] = static given => Activation.Of("hard_sigmoid", new LinearSigmoid(given.Float("alpha", 0.2f), given.Float("beta", 0.5f))),
        ["HardSwish"] = static _ => HardSwish,
        ["Softplus"] = static _ => Activation.Of("softplus", default(Softplus)),
        ["Softsign"] = static _ => Activation.Of("softsign", default(Softsign)),
        ["Mish"] = static _ => Activation.Of("mish", default(Mish)),
        ["ThresholdedRelu"] = static given => Activation.Of("thresholded_relu", new ThresholdedRelu(given.Float("alpha", 1f))),
        ["Shrink"] = static given => Activation.Of("shrink", new Shrink(given.Float("lambd", 0.5f), given.Float("bias", 0f))),
        ["Swish"] = static given => Activation.Of("swish", new ScaledSwish(given.Float("alpha", 1f))),
    };

    public static IEnumerable<Operator> Rows =>
    [
        .. Fused.Select(row => Operator.Of(row.Key, node => Apply(node, row.Value(node.Attributes)))),
        Operator.OfFloats("PRelu", static node =>
        {
            Variable x = node.Variable(0), slope = node.Variable(1);
            // before shapes were broadcast a slope was for each channel
            if (slope.Shape.Rank == 1 && x.Shape.Rank > 2 && slope.Shape[0] == x.Shape[1] && slope.Shape[0] != x.Shape[^1])
                slope = slope.Reshape(new Shape([slope.Shape[0], .. Enumerable.Repeat(1, x.Shape.Rank - 2)]));
            return x.Zip(slope, default(ParametricRelu));
        }) with { HasWeights = true },
        Operator.OfFloats("Softmax", static node => Softmax(node, log: false)),
        Operator.OfFloats("LogSoftmax", static node => Softmax(node, log: true)),
        Operator.Of("Hardmax", Hardmax),
        new Operator("Dropout", Dropout) { HostInputs = [1, 2], IsFixed = false },
    ];

    /// <summary>The activation that a node is; null for none.</summary>
    public static Activation? Of(GraphNode node) =>
        node.Domain.Length == 0 && Fused.TryGetValue(node.Type, out var make) ? make(node.Attributes) : null;

    /// <summary>The activation of a name, with its usual numbers; null for none.</summary>
    public static Activation? Named(string name) => Fused.TryGetValue(name, out var make) ? make(new NodeAttributes([])) : null;

    private static TensorValue Apply(NodeContext node, Activation activation) => node.Tensor(0) is HostValue { Element.IsInteger: true } host
        ? Operator.Typed(activation.Apply(node.Variable(0)), node) is DeviceValue device ? Conversion.ToHost(device).To(host.Element) : host
        : Operator.Typed(activation.Apply(node.Variable(0)), node);

    private static Variable Softmax(NodeContext node, bool log)
    {
        var x = node.Variable(0);
        bool isFlat = node.Version < 13;
        int axis = x.Shape.Rank == 0 ? 0 : Dimensions.Axis(node.Attributes.Int("axis", isFlat ? 1 : -1), x.Shape.Rank);
        if (x.Shape.Rank == 0) return log ? x * 0f : x * 0f + 1f;
        if (!isFlat || axis == x.Shape.Rank - 1) return log ? x.LogSoftmax(axis) : x.Softmax(axis);
        // before version 13 all axes from the given one on are one
        var flat = x.Reshape([Dimensions.Product(node.Dims(0), 0, axis), Dimensions.Product(node.Dims(0), axis, x.Shape.Rank)]);
        return (log ? flat.LogSoftmax() : flat.Softmax()).Reshape(x.Shape);
    }

    private static HostValue Hardmax(NodeContext node)
    {
        var x = node.Host(0);
        bool isFlat = node.Version < 13;
        int axis = Dimensions.Axis(node.Attributes.Int("axis", isFlat ? 1 : -1), x.Rank);
        int length = isFlat ? Dimensions.Product(x.Dims, axis, x.Rank) : x.Dims[axis];
        int inner = isFlat ? 1 : Dimensions.Product(x.Dims, axis + 1, x.Rank);
        var result = x.Element.Zeros(x.Dims);
        for (int outer = 0; outer < x.Count / Math.Max(1, length * inner); outer++)
        {
            for (int column = 0; column < inner; column++)
            {
                int best = outer * length * inner + column;
                for (int step = 1; step < length; step++)
                {
                    int at = (outer * length + step) * inner + column;
                    if (x.GetDouble(at) > x.GetDouble(best)) best = at;
                }
                result.SetDouble(best, 1);
            }
        }
        return result;
    }

    /// <summary>Dropout trains where the pass trains; a graph that says itself that it trains drops in every pass.</summary>
    private static Value?[] Dropout(NodeContext node)
    {
        double ratio = node.Has(1) ? node.Number(1) : node.Attributes.Float("ratio", 0.5f);
        bool saysSo = node.Has(2) && node.Host(2).GetInteger(0) != 0;
        var x = node.Tensor(0);
        if (saysSo && !node.Pass.IsTraining && ratio > 0)
            throw new NotSupportedException("it says itself that it trains, and what it drops is drawn in passes that train alone: use Pass.Train");
        Value result = node.Pass.IsTraining && ratio > 0 ? Operator.Typed(node.Variable(0).Dropout((float)ratio, node.Key), node) : x;
        if (!node.Wants(1)) return [result];
        // which elements are kept; all of them where nothing is dropped
        return [result, Elements.Bool.FromIntegers(x.Dims, static _ => 1)];
    }
}
