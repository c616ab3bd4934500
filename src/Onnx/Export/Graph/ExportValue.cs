using Graft.Onnx.Protocol;
using Graft.Tensors;

namespace Graft.Onnx.Export;

/// <summary>A value of the graph that is being written: an input, an initialiser, or what a node computes.</summary>
/// <param name="shape">Its shape in the pass that is recorded.</param>
/// <param name="elementType">Its element.</param>
internal sealed class ExportValue(Shape shape, TensorProto.Types.DataType elementType)
{
    /// <summary>Its shape in the pass that is recorded.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>Its element.</summary>
    public TensorProto.Types.DataType ElementType { get; } = elementType;

    /// <summary>The node that computes it; null for an input or an initialiser.</summary>
    public ExportNode? Node { get; init; }

    /// <summary>Its numbers; null where it is no initialiser.</summary>
    public Initialiser? Initialiser { get; init; }

    /// <summary>The name of an input; null where it is none.</summary>
    public string? InputName { get; init; }
}

/// <summary>A node of the graph that is being written; all have one output.</summary>
/// <param name="type">The operator.</param>
/// <param name="inputs">Its inputs; null for one that is left out.</param>
/// <param name="attributes">Its attributes.</param>
internal sealed class ExportNode(string type, ExportValue?[] inputs, AttributeProto[] attributes)
{
    /// <summary>The operator.</summary>
    public string Type => type;

    /// <summary>Its inputs.</summary>
    public IReadOnlyList<ExportValue?> Inputs => inputs;

    /// <summary>Its attributes.</summary>
    public IReadOnlyList<AttributeProto> Attributes => attributes;
}
