using Graft.Autograd;

namespace Graft.Onnx;

/// <summary>Norms with weights of the file.</summary>
internal static class NormPatterns
{
    /// <summary>A batch norm that stands alone.</summary>
    public static bool MatchBatchNorm(ProgramBuilder builder, int start)
    {
        var node = builder.Nodes[start];
        if (node.Type != "BatchNormalization" || builder.WeightShape(node.Inputs[1]) is not [var channels] || BatchNormAt(builder, start, channels) is not { } found) return false;
        var nodes = new List<int> { start };
        string value = node.Outputs[0];
        var activation = ActivationPattern.Behind(builder, value);
        if (activation is not null)
        {
            nodes.AddRange(activation.Nodes);
            value = activation.Output;
        }
        var module = new StepModule();
        module.Put(found.Key, found.Norm);
        found.Take(module);
        builder.Replace(nodes, new BatchNormStep
        {
            Norm = found.Norm,
            Activation = activation?.Activation ?? Activation.Identity,
            Inputs = [builder.Slot(node.Inputs[0])],
            Outputs = [builder.Slot(value)],
            Described = node.Described,
            Module = module,
        });
        return true;
    }

    /// <summary>The batch norm that a node is; null where it is none of ours.</summary>
    public static BatchNormFound? BatchNormAt(ProgramBuilder builder, int at, int channels)
    {
        var node = builder.Nodes[at];
        if (node.Type != "BatchNormalization" || node.Domain.Length > 0 || node.Inputs.Length != 5 || node.Outputs.Count(name => name.Length > 0) != 1) return null;
        if (node.Attributes.Flag("training_mode") || !node.Attributes.Flag("spatial", true)) return null;
        string[] names = node.Inputs[1..];
        if (names.Distinct().Count() != 4 || names.Any(name => builder.WeightShape(name) is not [var length] || length != channels)) return null;
        // what ONNX keeps of the running statistics PyTorch gives up
        var norm = new BatchNorm2d(channels, node.Attributes.Float("epsilon", 1e-5f), 1 - node.Attributes.Float("momentum", 0.9f));
        string key = builder.Key(LayerPatterns.KeyOf(node, names[0], names[1]), "weight", "bias", "running_mean", "running_var", "num_batches_tracked");
        return new BatchNormFound(norm, key, module =>
        {
            Parameter[] own = [.. norm.Parameters(), .. norm.Buffers()];
            for (int i = 0; i < own.Length; i++) builder.Take(module, own[i], names[i]);
        });
    }

    /// <summary>A layer norm of one node.</summary>
    public static bool MatchLayerNorm(ProgramBuilder builder, int start)
    {
        var node = builder.Nodes[start];
        if (node.Type != "LayerNormalization" || node.Domain.Length > 0 || node.Attributes.Int("axis", -1) != -1 || node.Inputs.Length != 3) return false;
        if (node.Outputs.Count(name => name.Length > 0) != 1) return false;
        return Replace(builder, [start], node.Inputs[0], node.Inputs[1], node.Inputs[2], node.Attributes.Float("epsilon", 1e-5f), node.Outputs[0]);
    }

    /// <summary>A layer norm as it was written before it was an operator: mean, difference, square, mean, epsilon, root, quotient, weight, bias.</summary>
    public static bool MatchWrittenLayerNorm(ProgramBuilder builder, int start)
    {
        var mean = builder.Nodes[start];
        if (!IsLastAxis(builder, mean)) return false;
        string x = mean.Inputs[0];
        if (Next(builder, mean.Outputs[0], "Sub") is not (>= 0 and var sub) || builder.Nodes[sub].Inputs[0] != x) return false;
        string centred = builder.Nodes[sub].Outputs[0];
        var readers = builder.Links.Consumers(centred);
        // the difference is squared (by a power of 2, or with itself) and divided
        int quotient = readers.Where(reader => reader.Node >= 0 && builder.Nodes[reader.Node].Type == "Div" && reader.Input == 0).Select(reader => reader.Node).DefaultIfEmpty(-1).First();
        int square = readers.Where(reader => reader.Node != quotient).Select(reader => reader.Node).DefaultIfEmpty(-1).First();
        if (quotient < 0 || square < 0 || readers.Any(reader => reader.Node != quotient && reader.Node != square)) return false;
        var squared = builder.Nodes[square];
        bool isSquare = (squared.Type == "Pow" && builder.Scalar(squared.Inputs[1]) == 2f) || (squared.Type == "Mul" && squared.Inputs[0] == centred && squared.Inputs[1] == centred);
        if (!isSquare || Next(builder, squared.Outputs[0], "ReduceMean") is not (>= 0 and var variance) || !IsLastAxis(builder, builder.Nodes[variance])) return false;
        if (Next(builder, builder.Nodes[variance].Outputs[0], "Add") is not (>= 0 and var added)) return false;
        float? epsilon = builder.Nodes[added].Inputs.Select(builder.Scalar).FirstOrDefault(number => number is not null);
        if (epsilon is null || Next(builder, builder.Nodes[added].Outputs[0], "Sqrt") is not (>= 0 and var root)) return false;
        if (Next(builder, builder.Nodes[root].Outputs[0], "Div") != quotient || builder.Nodes[quotient].Inputs[1] != builder.Nodes[root].Outputs[0]) return false;
        if (Next(builder, builder.Nodes[quotient].Outputs[0], "Mul") is not (>= 0 and var scaled)) return false;
        if (Next(builder, builder.Nodes[scaled].Outputs[0], "Add") is not (>= 0 and var shifted)) return false;
        string weight = Other(builder.Nodes[scaled], builder.Nodes[quotient].Outputs[0]), bias = Other(builder.Nodes[shifted], builder.Nodes[scaled].Outputs[0]);
        int[] nodes = [start, sub, square, variance, added, root, quotient, scaled, shifted];
        return nodes.All(builder.IsFree) && Replace(builder, nodes, x, weight, bias, epsilon.Value, builder.Nodes[shifted].Outputs[0]);
    }

    private static bool Replace(ProgramBuilder builder, int[] nodes, string x, string weight, string bias, float epsilon, string output)
    {
        if (builder.WeightShape(weight) is not [var width] || builder.WeightShape(bias) is not [var other] || other != width) return false;
        var norm = new LayerNorm(width, epsilon);
        var module = new StepModule();
        var first = builder.Nodes[nodes[0]];
        module.Put(builder.Key(LayerPatterns.KeyOf(first, weight, bias), "weight", "bias"), norm);
        Parameter[] own = [.. norm.Parameters()];
        builder.Take(module, own[0], weight);
        builder.Take(module, own[1], bias);
        builder.Replace(nodes, new LayerNormStep
        {
            Norm = norm,
            Inputs = [builder.Slot(x)],
            Outputs = [builder.Slot(output)],
            Described = nodes.Length == 1 ? first.Described : $"layer norm that makes '{Printable.Text(output)}'",
            Module = module,
        });
        return true;
    }

    private static bool IsLastAxis(ProgramBuilder builder, GraphNode node)
    {
        if (node.Type != "ReduceMean" || node.Domain.Length > 0 || !node.Attributes.Flag("keepdims", true)) return false;
        long[]? axes = node.Inputs.Length > 1 && node.Inputs[1].Length > 0 ? builder.Constant(node.Inputs[1])?.ToInt64s() : node.Attributes.Ints("axes");
        return axes is [-1];
    }

    private static int Next(ProgramBuilder builder, string value, string type) =>
        builder.Links.Only(value) is >= 0 and var next && builder.Nodes[next].Type == type && builder.Nodes[next].Domain.Length == 0 ? next : -1;

    private static string Other(GraphNode node, string value) => node.Inputs.FirstOrDefault(input => input != value) ?? "";

    /// <summary>A batch norm that was found.</summary>
    /// <param name="Norm">The layer.</param>
    /// <param name="Key">Its key.</param>
    /// <param name="Take">Puts the file's numbers into it, once it is in a module.</param>
    public sealed record BatchNormFound(BatchNorm2d Norm, string Key, Action<StepModule> Take);
}
