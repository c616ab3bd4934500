namespace Graft.Onnx;

/// <summary>Attention as it is written: queries times turned keys, scaled, masked, softmax, times values.</summary>
internal static class AttentionPattern
{
    public static bool Match(ProgramBuilder builder, int start)
    {
        var scores = builder.Nodes[start];
        if (scores.Type != "MatMul" || scores.Domain.Length > 0) return false;
        var nodes = new List<int> { start };
        string value = scores.Outputs[0], mask = "";
        float scale = 1;
        int next = builder.Links.Only(value);
        if (next >= 0 && builder.Nodes[next].Type is "Div" or "Mul")
        {
            var scaling = builder.Nodes[next];
            bool isDivision = scaling.Type == "Div";
            if (isDivision && scaling.Inputs[0] != value) return false;
            if (builder.Scalar(scaling.Inputs[scaling.Inputs[0] == value ? 1 : 0]) is not { } factor) return false;
            scale = isDivision ? 1 / factor : factor;
            Step();
        }
        if (next >= 0 && builder.Nodes[next] is { Type: "Add", Inputs: [var left, var right] })
        {
            mask = left == value ? right : left;
            Step();
        }
        if (next < 0 || builder.Nodes[next].Type != "Softmax" || builder.Nodes[next].Attributes.Int("axis", -1) is not (-1 or 3)) return false;
        Step();
        if (next < 0 || builder.Nodes[next].Type != "MatMul" || builder.Nodes[next].Inputs[0] != value) return false;
        string values = builder.Nodes[next].Inputs[1];
        nodes.Add(next);
        // a weight belongs to a node of its own: Swin's biases
        if (!nodes.All(builder.IsFree) || Array.Exists((string[])[values, scores.Inputs[1], mask], name => builder.WeightShape(name) is not null)) return false;
        string output = builder.Nodes[next].Outputs[0];
        int[] inputs = [builder.Slot(scores.Inputs[0]), builder.Slot(scores.Inputs[1]), builder.Slot(values)];
        builder.Replace(nodes, new AttentionStep
        {
            Scale = scale,
            HasMask = mask.Length > 0,
            Inputs = mask.Length > 0 ? [.. inputs, builder.Slot(mask)] : inputs,
            Outputs = [builder.Slot(output)],
            Described = $"attention that makes '{Printable.Text(output)}'",
        });
        return true;

        void Step()
        {
            nodes.Add(next);
            value = builder.Nodes[next].Outputs[0];
            next = builder.Links.Only(value);
        }
    }
}
