using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>A convolution over planes with weights of the file, and the batch norm, addition and activation behind it.</summary>
internal static class ConvolutionPattern
{
    public static bool Match(ProgramBuilder builder, int start)
    {
        var node = builder.Nodes[start];
        if (node.Type != "Conv" || node.Domain.Length > 0 || builder.WeightShape(node.Inputs[1]) is not { Length: 4 } weight) return false;
        bool hasBias = node.Inputs.Length > 2 && node.Inputs[2].Length > 0;
        if (hasBias && builder.WeightShape(node.Inputs[2]) is not [var outputs]) return false;
        if (Geometry(node, weight) is not { } geometry) return false;
        if (weight[0] % geometry.Groups != 0) return false;
        var nodes = new List<int> { start };
        string value = node.Outputs[0];

        NormPatterns.BatchNormFound? norm = null;
        if (builder.Links.Only(value) is >= 0 and var next && builder.IsFree(next) && builder.Nodes[next].Inputs[0] == value
            && NormPatterns.BatchNormAt(builder, next, weight[0]) is { } found)
        {
            norm = found;
            nodes.Add(next);
            value = builder.Nodes[next].Outputs[0];
        }
        string residual = Added(builder, value, nodes, out string sum);
        if (residual.Length > 0) value = sum;
        var activation = ActivationPattern.Behind(builder, value);
        if (activation is not null)
        {
            nodes.AddRange(activation.Nodes);
            value = activation.Output;
        }

        var module = new StepModule();
        var convolution = new Conv2d(weight[1] * geometry.Groups, weight[0], (weight[2], weight[3]), geometry, hasBias);
        string key = builder.Key(LayerPatterns.KeyOf(node, node.Inputs[1], hasBias ? node.Inputs[2] : ""), "weight", "bias");
        ConvNormActivation? both = null;
        if (norm is not null)
        {
            both = module.Put("", new ConvNormActivation(convolution, norm.Norm, activation?.Activation, (key, norm.Key)));
            norm.Take(module);
        }
        else module.Put(key, convolution);
        builder.Take(module, convolution.Weight, node.Inputs[1]);
        if (hasBias) builder.Take(module, convolution.Bias!, node.Inputs[2]);
        builder.Replace(nodes, new ConvolutionStep
        {
            Convolution = convolution,
            WithNorm = both,
            Norm = norm?.Norm,
            Activation = activation?.Activation ?? Activation.Identity,
            Residual = residual.Length > 0 ? builder.Slot(residual) : -1,
            Inputs = residual.Length > 0 ? [builder.Slot(node.Inputs[0]), builder.Slot(residual)] : [builder.Slot(node.Inputs[0])],
            Outputs = [builder.Slot(value)],
            Described = node.Described,
            Module = module,
        });
        return true;
    }

    /// <summary>The value that is added to a value, where the sum is all that is read of it and an activation follows.</summary>
    private static string Added(ProgramBuilder builder, string value, List<int> nodes, out string sum)
    {
        sum = "";
        if (builder.Links.Only(value) is not (>= 0 and var add) || !builder.IsFree(add)) return "";
        var node = builder.Nodes[add];
        if (node.Type is not ("Add" or "Sum") || node.Inputs.Length != 2 || node.Inputs[0] == node.Inputs[1]) return "";
        string other = node.Inputs[0] == value ? node.Inputs[1] : node.Inputs[0];
        // a sum with what another node makes: not with a bias
        if (builder.Links.Maker(other) < 0 || builder.Constant(other) is not null) return "";
        nodes.Add(add);
        sum = node.Outputs[0];
        return other;
    }

    /// <summary>The geometry, where it does not depend on the input's size.</summary>
    private static Conv2dGeometry? Geometry(GraphNode node, int[] weight)
    {
        bool isSame = node.Attributes.Text("auto_pad", "NOTSET").StartsWith("SAME", StringComparison.Ordinal);
        if (isSame && node.Attributes.Ints("strides") is { } strides && strides.Any(stride => stride != 1)) return null;
        int groups = (int)node.Attributes.Int("group", 1);
        if (groups < 1) return null;
        try
        {
            // with a stride of 1 the padding is the same for every size
            return ConvolutionOperators.Geometry(Windows.Of(node.Attributes, weight[2..], [1 << 20, 1 << 20]), groups);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
