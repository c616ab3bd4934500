namespace Graft.Onnx;

/// <summary>An operator of an ONNX graph cannot do what the graph and its inputs ask for: which node, of which inputs, and why.</summary>
#pragma warning disable CA1032 // always with a node and a reason
public sealed class OnnxRunException : InvalidOperationException
#pragma warning restore CA1032
{
    internal OnnxRunException(string message, Exception cause) : base(message, cause)
    {
    }
}
