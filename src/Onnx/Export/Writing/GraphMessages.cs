using System.Globalization;
using Graft.Onnx.Protocol;

namespace Graft.Onnx.Export;

/// <summary>Turns a recorded graph into ONNX's messages: gives every value a name, and writes lengths that follow from the batch as 0, as
/// -1 or as arithmetic of the inputs' shapes.</summary>
internal sealed class GraphMessages
{
    private readonly RecordedGraphs recorded;
    private readonly GraphProto graph = new();
    private readonly NameTable names = new();
    private readonly Dictionary<ExportValue, string> values = [];
    private readonly Dictionary<string, string> lengths = [];
    private readonly List<(string Name, Initialiser Numbers)> initialisers = [];
    private readonly SizeArithmetic arithmetic;

    private GraphMessages(RecordedGraphs recorded)
    {
        this.recorded = recorded;
        arithmetic = new SizeArithmetic(graph.Node, names, Lengths, recorded);
    }

    /// <summary>The graph without the numbers of its initialisers, and these.</summary>
    public static (GraphProto Graph, IReadOnlyList<(string Name, Initialiser Numbers)> Initialisers) Of(RecordedGraphs recorded, string name)
    {
        var messages = new GraphMessages(recorded);
        messages.graph.Name = name;
        messages.Write();
        return (messages.graph, messages.initialisers);
    }

    private void Write()
    {
        var used = recorded.Nodes.SelectMany(static value => value.Node!.Inputs).Concat(recorded.Graph.Outputs.Select(static output => output.Value)).ToHashSet();
        // names that a file's users know come first, so that no other value takes them
        foreach (var input in recorded.Graph.Inputs)
        {
            values[input] = names.Take(input.InputName!);
            if (used.Contains(input) || input == recorded.Graph.Inputs[0]) graph.Input.Add(Described(input.InputName!, input));
        }
        foreach (var (name, value) in recorded.Graph.Outputs)
        {
            string own = names.Take(name);
            if (value.Node is not null) values.TryAdd(value, own);
            graph.Output.Add(Described(name, value));
        }
        foreach (var value in used)
            if (value?.Initialiser is { Name: not null } known) Initialise(value, known);
        foreach (var value in recorded.Nodes) graph.Node.Add(Node(value));
        foreach (var (name, value) in recorded.Graph.Outputs)
        {
            if (values.TryGetValue(value, out string? own) && own == name) continue;
            graph.Node.Add(SizeArithmetic.Node("Identity", names.Take($"{name}.Identity"), [NameOf(value)], name));
        }
    }

    private NodeProto Node(ExportValue value)
    {
        var node = value.Node!;
        var inputs = node.Inputs.Select((operand, at) => operand switch
        {
            null => "",
            { Initialiser: SizesInitialiser sizes } => Sizes(node, at, sizes),
            _ => NameOf(operand),
        }).ToList();
        string? module = node.Inputs.Select(static operand => ModuleOf(operand?.Initialiser?.Name)).FirstOrDefault(static name => name is not null);
        string own = names.Take(module is null ? node.Type : $"{module}.{node.Type}");
        if (!values.TryGetValue(value, out string? output)) values.Add(value, output = names.Take($"{own}.output"));
        var message = SizeArithmetic.Node(node.Type, own, inputs, output);
        message.Attribute.Add(node.Attributes);
        return message;
    }

    /// <summary>The key of the module that a parameter belongs to.</summary>
    private static string? ModuleOf(string? key)
    {
        if (key is null) return null;
        const string Folded = ".folded";
        if (key.EndsWith(Folded, StringComparison.Ordinal)) key = key[..^Folded.Length];
        int dot = key.LastIndexOf('.');
        return dot < 0 ? null : key[..dot];
    }

    private string NameOf(ExportValue value)
    {
        if (values.TryGetValue(value, out string? name)) return name;
        Initialise(value, value.Initialiser ?? throw new InvalidOperationException("export: a value is read that nothing computes"));
        return values[value];
    }

    private void Initialise(ExportValue value, Initialiser numbers)
    {
        if (values.ContainsKey(value)) return;
        string name = numbers switch
        {
            SizesInitialiser { IsScalar: false } sizes => Lengths(sizes.Lengths),
            _ => names.Take(numbers.Name ?? "constant"),
        };
        values.Add(value, name);
        if (numbers is not SizesInitialiser { IsScalar: false }) initialisers.Add((name, numbers));
    }

    /// <summary>The name of constant lengths; equal ones are one.</summary>
    private string Lengths(long[] numbers)
    {
        string key = string.Join(",", numbers);
        if (!lengths.TryGetValue(key, out string? name))
        {
            lengths.Add(key, name = names.Take("lengths"));
            initialisers.Add((name, new SizesInitialiser(numbers, isScalar: false)));
        }
        return name;
    }

    private string Sizes(ExportNode node, int input, SizesInitialiser initialiser)
    {
        var sizes = recorded.SizesOf(initialiser);
        if (initialiser.IsScalar) return arithmetic.Scalar(sizes[0]);
        var lengths = Array.ConvertAll(sizes, static size => size.IsConstant ? size.Factor : (long?)null);
        var own = recorded.ShapeOf(node.Inputs[0]!);
        switch (node.Type, input)
        {
            case ("Reshape", 1):
                for (int at = 0; at < sizes.Length; at++)
                    if (lengths[at] is null && at < own?.Length && own[at] == sizes[at]) lengths[at] = 0;
                int open = Array.IndexOf(lengths, null);
                if (open >= 0) lengths[open] = -1;
                break;
            case ("Expand", 1):
                for (int at = 0; at < sizes.Length; at++)
                    if (lengths[at] is null && own?[at] == sizes[at]) lengths[at] = 1;
                break;
            case ("Slice", 2):
                var axes = ((IntegerInitialiser)node.Inputs[3]!.Initialiser!).Numbers;
                for (int at = 0; at < sizes.Length; at++)
                    if (lengths[at] is null && own?[(int)axes[at]] == sizes[at]) lengths[at] = long.MaxValue;
                break;
        }
        return arithmetic.List(lengths, sizes);
    }

    private ValueInfoProto Described(string name, ExportValue value)
    {
        var shape = new TensorShapeProto();
        var sizes = recorded.ShapeOf(value);
        for (int axis = 0; axis < value.Shape.Rank; axis++)
        {
            var dimension = new TensorShapeProto.Types.Dimension();
            if (sizes?[axis] is { } size)
            {
                if (size.IsConstant) dimension.DimValue = size.Factor;
                else dimension.DimParam = NameOf(size);
            }
            shape.Dim.Add(dimension);
        }
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)value.ElementType, Shape = shape } },
        };
    }

    /// <summary>What the file calls a length: <c>batch</c>, <c>sequence</c>, or a product of them.</summary>
    public static string NameOf(Size size) => string.Join(
        "*",
        (size.Factor == 1 ? [] : (string[])[size.Factor.ToString(CultureInfo.InvariantCulture)])
            .Concat(Enumerable.Repeat("batch", size.Batch)).Concat(Enumerable.Repeat("sequence", size.Sequence)));
}
