using Google.Protobuf.Collections;
using Graft.Onnx.Protocol;

namespace Graft.Onnx.Export;

/// <summary>Writes lengths that follow from the batch as nodes over the inputs' shapes.</summary>
/// <param name="nodes">The nodes of the graph, to which those of the arithmetic are added.</param>
/// <param name="names">The names that are taken.</param>
/// <param name="constant">Gives the name of constant lengths.</param>
/// <param name="recorded">The recording.</param>
internal sealed class SizeArithmetic(RepeatedField<NodeProto> nodes, NameTable names, Func<long[], string> constant, RecordedGraphs recorded)
{
    private readonly Dictionary<Size, string> written = [];
    private readonly Dictionary<Size, string> scalars = [];
    private readonly Dictionary<string, string> lists = [];

    /// <summary>The name of lengths, of which those are computed that are not given.</summary>
    public string List(long?[] lengths, Size[] sizes)
    {
        if (!lengths.Contains(null)) return constant(Array.ConvertAll(lengths, static length => length!.Value));
        var parts = new List<string>();
        for (int at = 0; at < lengths.Length;)
        {
            int end = at;
            while (end < lengths.Length && lengths[end] is not null) end++;
            if (end > at) parts.Add(constant(Array.ConvertAll(lengths[at..end], static length => length!.Value)));
            else parts.Add(Of(sizes[end++]));
            at = end;
        }
        if (parts.Count == 1) return parts[0];
        string key = string.Join(" ", parts);
        if (lists.TryGetValue(key, out string? known)) return known;
        var node = Node("Concat", names.Take("lengths.Concat"), parts, names.Take("lengths.list"));
        node.Attribute.Add(ExportAttribute.Of("axis", 0L));
        nodes.Add(node);
        return lists[key] = node.Output[0];
    }

    /// <summary>The name of one length without an axis.</summary>
    public string Scalar(Size size)
    {
        if (scalars.TryGetValue(size, out string? known)) return known;
        var node = Node("Squeeze", names.Take("length.Squeeze"), [Of(size)], names.Take("length"));
        nodes.Add(node);
        return scalars[size] = node.Output[0];
    }

    public static NodeProto Node(string type, string name, IReadOnlyList<string> inputs, string output)
    {
        var node = new NodeProto { OpType = type, Name = name };
        node.Input.Add(inputs);
        node.Output.Add(output);
        return node;
    }

    /// <summary>The name of one length [1].</summary>
    private string Of(Size size)
    {
        if (written.TryGetValue(size, out string? known)) return known;
        string name = size switch
        {
            { IsConstant: true } => constant([size.Factor]),
            { Factor: not 1 } => Product(constant([size.Factor]), Of(size with { Factor = 1 }), size),
            { Batch: > 0, Sequence: > 0 } => Product(Of(size with { Sequence = 0 }), Of(size with { Batch = 0 }), size),
            { Batch: > 1 } => Product(Of(new Size(1, 1)), Of(size with { Batch = size.Batch - 1 }), size),
            { Sequence: > 1 } => Product(Of(new Size(1, 0, 1)), Of(size with { Sequence = size.Sequence - 1 }), size),
            _ => Dimension(size),
        };
        return written[size] = name;
    }

    private string Product(string left, string right, Size size)
    {
        var node = Node("Mul", names.Take($"{GraphMessages.NameOf(size)}.Mul"), [left, right], names.Take(GraphMessages.NameOf(size)));
        nodes.Add(node);
        return node.Output[0];
    }

    /// <summary>The length of the axis of an input that is this one.</summary>
    private string Dimension(Size size)
    {
        foreach (var input in recorded.Graph.Inputs)
        {
            int axis = recorded.ShapeOf(input) is { } shape ? Array.IndexOf(shape, size) : -1;
            if (axis < 0) continue;
            var node = Node("Shape", names.Take($"{GraphMessages.NameOf(size)}.Shape"), [input.InputName!], names.Take(GraphMessages.NameOf(size)));
            node.Attribute.Add([ExportAttribute.Of("start", (long)axis), ExportAttribute.Of("end", (long)axis + 1)]);
            nodes.Add(node);
            return node.Output[0];
        }
        throw new InvalidOperationException($"export: no input has an axis of length {size}");
    }
}
