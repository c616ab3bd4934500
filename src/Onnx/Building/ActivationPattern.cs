using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Finds the activation behind a value: one node, or several that are one function.</summary>
internal static class ActivationPattern
{
    /// <summary>The activation that everybody reads who reads the value; null for none.</summary>
    public static ActivationFound? Behind(ProgramBuilder builder, string value)
    {
        if (builder.Links.Only(value) is >= 0 and var only && builder.IsFree(only))
        {
            var node = builder.Nodes[only];
            if (ActivationOperators.Of(node) is { } activation) return new(activation, [only], node.Outputs[0]);
            if (Limited(builder, node) is { } limited) return new(limited, [only], node.Outputs[0]);
        }
        return Composed(builder, value);
    }

    /// <summary>An activation of several nodes.</summary>
    public static ActivationFound? Composed(ProgramBuilder builder, string value) => Gated(builder, value) ?? Gelu(builder, value);

    private static Activation? Limited(ProgramBuilder builder, GraphNode node)
    {
        if (node.Type != "Clip" || node.Domain.Length > 0) return null;
        float? low = node.Inputs.Length > 1 && node.Inputs[1].Length > 0 ? builder.Scalar(node.Inputs[1]) : node.Attributes.Has("min") ? node.Attributes.Float("min") : null;
        float? high = node.Inputs.Length > 2 && node.Inputs[2].Length > 0 ? builder.Scalar(node.Inputs[2]) : node.Attributes.Has("max") ? node.Attributes.Float("max") : null;
        return (low, high) is (0f, 6f) ? Activation.Of("relu6", default(Relu6)) : null;
    }

    /// <summary>x sigmoid(x), or x times its piecewise linear likeness.</summary>
    private static ActivationFound? Gated(ProgramBuilder builder, string value)
    {
        if (builder.Links.Consumers(value) is not [var first, var second] || first.Node < 0 || second.Node < 0) return null;
        var (gate, product) = builder.Nodes[first.Node].Type == "Mul" ? (second.Node, first.Node) : (first.Node, second.Node);
        var (gateNode, productNode) = (builder.Nodes[gate], builder.Nodes[product]);
        if (productNode.Type != "Mul" || !builder.IsFree(gate) || !builder.IsFree(product) || builder.Links.Only(gateNode.Outputs[0]) != product) return null;
        Activation? found = gateNode.Type switch
        {
            "Sigmoid" => Activation.Find("silu"),
            "HardSigmoid" when Math.Abs(gateNode.Attributes.Float("alpha", 0.2f) - 1f / 6) < 1e-6f && gateNode.Attributes.Float("beta", 0.5f) == 0.5f => ActivationOperators.HardSwish,
            _ => null,
        };
        return found is null ? null : new(found, [gate, product], productNode.Outputs[0]);
    }

    /// <summary>x (1 + erf(x / sqrt 2)) / 2, in whatever order it was written.</summary>
    private static ActivationFound? Gelu(ProgramBuilder builder, string value)
    {
        var consumers = builder.Links.Consumers(value);
        if (consumers.Count != 2 || consumers.Any(consumer => consumer.Node < 0 || !builder.IsFree(consumer.Node))) return null;
        foreach (var (scaled, _) in consumers)
        {
            var scaling = builder.Nodes[scaled];
            float? factor = scaling.Type == "Div" && scaling.Inputs[0] == value ? 1 / builder.Scalar(scaling.Inputs[1])
                : scaling.Type == "Mul" ? builder.Scalar(scaling.Inputs[scaling.Inputs[0] == value ? 1 : 0]) : null;
            if (factor is not { } given || Math.Abs(given - 0.70710678f) > 1e-5f) continue;
            int error = builder.Links.Only(scaling.Outputs[0]);
            if (error < 0 || builder.Nodes[error].Type != "Erf") continue;
            int sum = builder.Links.Only(builder.Nodes[error].Outputs[0]);
            if (sum < 0 || builder.Nodes[sum].Type != "Add" || !builder.Nodes[sum].Inputs.Any(input => builder.Scalar(input) == 1f)) continue;
            int other = consumers[0].Node == scaled ? consumers[1].Node : consumers[0].Node, product = builder.Links.Only(builder.Nodes[sum].Outputs[0]);
            if (product < 0 || builder.Nodes[product].Type != "Mul" || builder.Nodes[other].Type != "Mul") continue;
            if (product == other)
            {
                // (x (1 + erf)) / 2
                int half = builder.Links.Only(builder.Nodes[product].Outputs[0]);
                if (half >= 0 && IsHalf(builder, builder.Nodes[half])) return new(Activation.Gelu, [scaled, error, sum, product, half], builder.Nodes[half].Outputs[0]);
            }
            else if (IsHalf(builder, builder.Nodes[other]) && builder.Links.Only(builder.Nodes[other].Outputs[0]) == product)
            {
                // (x / 2) (1 + erf)
                return new(Activation.Gelu, [scaled, error, sum, other, product], builder.Nodes[product].Outputs[0]);
            }
        }
        return null;
    }

    private static bool IsHalf(ProgramBuilder builder, GraphNode node) =>
        (node.Type == "Mul" && node.Inputs.Any(input => builder.Scalar(input) == 0.5f)) || (node.Type == "Div" && builder.Scalar(node.Inputs[1]) == 2f);
}
