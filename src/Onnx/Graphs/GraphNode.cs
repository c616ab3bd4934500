using Graft.Onnx.Protocol;

namespace Graft.Onnx;

/// <summary>A node of a checked graph: an operator, its inputs and outputs by name, and its attributes.</summary>
internal sealed class GraphNode
{
    /// <summary>The operator's name.</summary>
    public required string Type { get; init; }

    /// <summary>The domain of the operator; empty for ONNX's own.</summary>
    public required string Domain { get; init; }

    /// <summary>The version of the domain's operators that the model is written for.</summary>
    public required long Version { get; init; }

    /// <summary>The node's own name; it may be empty.</summary>
    public required string Name { get; init; }

    /// <summary>What it reads; empty for what is left out.</summary>
    public required string[] Inputs { get; init; }

    /// <summary>What it makes; empty for what nobody asks for.</summary>
    public required string[] Outputs { get; init; }

    public required NodeAttributes Attributes { get; init; }

    /// <summary>The graphs within it, by the names of their attributes.</summary>
    public required IReadOnlyDictionary<string, CheckedGraph> Bodies { get; init; }

    /// <summary>The operator in the words of messages.</summary>
    public string FullType => Domain.Length == 0 ? Type : $"{Domain}.{Type}";

    /// <summary>The node in the words of messages.</summary>
    public string Described => Name.Length > 0 ? $"{FullType} '{Printable.Text(Name)}'" : $"{FullType} that makes '{Printable.Text(Outputs.FirstOrDefault() ?? "")}'";
}

/// <summary>An input or an output of a graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Element">What its elements are; null where the graph does not say, or it is no tensor.</param>
/// <param name="Dims">The lengths of its axes, -1 for those that are free; null where the graph does not say.</param>
internal sealed record GraphPort(string Name, Element? Element, int[]? Dims)
{
    public static GraphPort Of(ValueInfoProto info)
    {
        var tensor = info.Type?.TensorType;
        if (tensor is null) return new(info.Name, null, null);
        int[]? dims = tensor.Shape is null ? null : [.. tensor.Shape.Dim.Select(dim => dim.HasDimValue && dim.DimValue is > 0 and < int.MaxValue ? (int)dim.DimValue : -1)];
        return new(info.Name, Elements.Find(tensor.ElemType), dims);
    }
}

/// <summary>A graph in which every node's inputs are there before it and every operator is known.</summary>
internal sealed class CheckedGraph
{
    public required IReadOnlyList<GraphNode> Nodes { get; init; }

    /// <summary>What is given, without initialisers.</summary>
    public required IReadOnlyList<GraphPort> Inputs { get; init; }

    public required IReadOnlyList<GraphPort> Outputs { get; init; }

    /// <summary>The tensors of the file by the names of their values, those of constants among them.</summary>
    public required IReadOnlyDictionary<string, TensorProto> Initialisers { get; init; }

    /// <summary>Sparse initialisers.</summary>
    public required IReadOnlyDictionary<string, SparseTensorProto> Sparse { get; init; }

    /// <summary>The names of the graph around it that it reads.</summary>
    public required IReadOnlyList<string> Outer { get; init; }
}
