namespace Graft.Onnx;

/// <summary>Which node makes each value, and which read it.</summary>
internal sealed class GraphLinks
{
    private static readonly List<(int Node, int Input)> None = [];

    private readonly Dictionary<string, int> makers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(int Node, int Input)>> consumers = new(StringComparer.Ordinal);
    private readonly HashSet<string> outputs = new(StringComparer.Ordinal);

    public GraphLinks(CheckedGraph graph)
    {
        for (int at = 0; at < graph.Nodes.Count; at++)
        {
            var node = graph.Nodes[at];
            foreach (string output in node.Outputs) makers[output] = at;
            for (int input = 0; input < node.Inputs.Length; input++) Note(node.Inputs[input], at, input);
            // a graph within the node reads it too, as an input that no layer takes
            foreach (string outer in node.Bodies.Values.SelectMany(body => body.Outer)) Note(outer, at, int.MaxValue);
        }
        foreach (var output in graph.Outputs)
        {
            outputs.Add(output.Name);
            Note(output.Name, -1, 0);
        }
    }

    /// <summary>The node that makes a value; -1 where none does.</summary>
    public int Maker(string value) => makers.GetValueOrDefault(value, -1);

    /// <summary>The nodes that read a value, and which of their inputs it is; the graph's outputs are node -1.</summary>
    public IReadOnlyList<(int Node, int Input)> Consumers(string value) => consumers.GetValueOrDefault(value, None);

    /// <summary>The only node that reads a value; -1 where several do, or who runs the graph.</summary>
    public int Only(string value) => Consumers(value) is [{ Node: var node, Input: not int.MaxValue }] ? node : -1;

    public bool IsOutput(string value) => outputs.Contains(value);

    private void Note(string value, int node, int input)
    {
        if (value.Length == 0) return;
        if (!consumers.TryGetValue(value, out var list)) consumers[value] = list = [];
        list.Add((node, input));
    }
}
