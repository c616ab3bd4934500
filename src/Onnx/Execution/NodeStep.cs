namespace Graft.Onnx;

/// <summary>A node that is run as the operator it is.</summary>
internal sealed class NodeStep : Step
{
    public required GraphNode Node { get; init; }

    public required Operator Operator { get; init; }

    /// <summary>The tensors among the node's attributes.</summary>
    public required IReadOnlyDictionary<string, HostValue> Tensors { get; init; }

    /// <summary>The graphs within the node, and for each the values here that it reads.</summary>
    public required IReadOnlyDictionary<string, (GraphProgram Program, int[] Outer)> Bodies { get; init; }

    public override void Run(Frame frame)
    {
        var given = new Value?[Node.Inputs.Length];
        for (int i = 0; i < given.Length; i++) given[i] = frame[Inputs[i]];
        var results = Operator.Run(new NodeContext(this, given, frame));
        for (int i = 0; i < Outputs.Length && i < results.Length; i++) frame[Outputs[i]] = results[i];
    }

    /// <summary>Runs a graph within the node.</summary>
    public Value?[] RunBody(string attribute, Value?[] given, Frame frame)
    {
        if (!Bodies.TryGetValue(attribute, out var body)) throw new ArgumentException($"there is no graph '{attribute}'");
        return body.Program.Run(frame.Pass, given, Array.ConvertAll(body.Outer, slot => frame[slot]));
    }
}
