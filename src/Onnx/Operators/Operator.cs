using Graft.Autograd;

namespace Graft.Onnx;

/// <summary>An operator: a row of the table.</summary>
/// <param name="Name">ONNX's name.</param>
/// <param name="Run">From a node's inputs to its outputs.</param>
internal sealed record Operator(string Name, Func<NodeContext, Value?[]> Run)
{
    /// <summary>The operator's domain; empty for ONNX's own.</summary>
    public string Domain { get; init; } = "";

    /// <summary>Inputs that are read on the host, so that initialisers there are no parameters.</summary>
    public int[] HostInputs { get; init; } = [];

    /// <summary>Whether initialisers of a single element are weights there, as a bias of one channel is.</summary>
    public bool HasWeights { get; init; }

    /// <summary>Whether it gives the same for the same inputs.</summary>
    public bool IsFixed { get; init; } = true;

    /// <summary>An operator of one output.</summary>
    public static Operator Of(string name, Func<NodeContext, Value?> run, params int[] hostInputs) => new(name, node => [run(node)]) { HostInputs = hostInputs };

    /// <summary>An operator over floats on the device. What other floating-point inputs it is given are computed as singles.</summary>
    public static Operator OfFloats(string name, Func<NodeContext, Variable> run, params int[] hostInputs) =>
        new(name, node => [Typed(run(node), node)]) { HostInputs = hostInputs };

    /// <summary>Floats with the type of the node's first input that is another kind of float.</summary>
    public static TensorValue Typed(Variable variable, NodeContext node, int first = 0)
    {
        var value = new DeviceValue(variable);
        for (int at = first; at < node.Count; at++)
        {
            if (node[at] is not TensorValue tensor || !tensor.Element.IsFloating) continue;
            return tensor.Element == Elements.Single ? value : Conversion.ToHost(value).To(tensor.Element);
        }
        return value;
    }
}
