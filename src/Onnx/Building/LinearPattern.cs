using Graft.Autograd;

namespace Graft.Onnx;

/// <summary>A linear map with weights of the file: a product with a matrix and the bias added to it, or both in one.</summary>
internal static class LinearPattern
{
    public static bool Match(ProgramBuilder builder, int start)
    {
        var node = builder.Nodes[start];
        if (node.Domain.Length > 0 || node.Type is not ("MatMul" or "Gemm") || builder.WeightShape(node.Inputs[1]) is not [var first, var second]) return false;
        bool isGemm = node.Type == "Gemm";
        if (isGemm && (node.Attributes.Flag("transA") || node.Attributes.Float("alpha", 1f) != 1f || node.Attributes.Float("beta", 1f) != 1f)) return false;
        // PyTorch has [outputs, inputs], as a Gemm with a turned matrix has: others are turned round, so that keys and shapes are PyTorch's
        bool isTurned = isGemm && node.Attributes.Flag("transB");
        var (outputs, inputs) = isTurned ? (first, second) : (second, first);
        var nodes = new List<int> { start };
        string value = node.Outputs[0], bias = "";
        if (isGemm)
        {
            bias = node.Inputs.Length > 2 ? node.Inputs[2] : "";
            if (bias.Length > 0 && !IsBias(builder, bias, outputs)) return false;
        }
        else if (builder.Links.Only(value) is >= 0 and var add && builder.IsFree(add) && builder.Nodes[add] is { Type: "Add", Domain: "", Inputs: [var left, var right] })
        {
            string other = left == value ? right : left;
            if (IsBias(builder, other, outputs))
            {
                bias = other;
                nodes.Add(add);
                value = builder.Nodes[add].Outputs[0];
            }
        }
        var activation = ActivationPattern.Behind(builder, value);
        if (activation is not null)
        {
            nodes.AddRange(activation.Nodes);
            value = activation.Output;
        }
        var module = new StepModule();
        var linear = module.Put(builder.Key(LayerPatterns.KeyOf(node, node.Inputs[1], bias), "weight", "bias"), new Linear(inputs, outputs, bias.Length > 0));
        builder.Take(module, linear.Weight, node.Inputs[1], !isTurned);
        if (bias.Length > 0) builder.Take(module, linear.Bias!, bias);
        builder.Replace(nodes, new LinearStep
        {
            Linear = linear,
            Activation = activation?.Activation ?? Activation.Identity,
            IsGemm = isGemm,
            Inputs = [builder.Slot(node.Inputs[0])],
            Outputs = [builder.Slot(value)],
            Described = node.Described,
            Module = module,
        });
        return true;
    }

    private static bool IsBias(ProgramBuilder builder, string name, int outputs) => builder.WeightShape(name) is [var length] && length == outputs;
}
