using Graft.Autograd;
using Graft.Onnx.Protocol;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Makes a program of a checked graph: constants are computed, initialisers become parameters, and nodes that together are one of our
/// layers become that layer.</summary>
internal sealed class ProgramBuilder
{
    private readonly ProgramSource source;
    private readonly CheckedGraph graph;
    private readonly string prefix;
    private readonly Dictionary<string, int> slots = new(StringComparer.Ordinal);
    private readonly List<string> names = [];
    private readonly Dictionary<string, HostValue> constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProgramWeight> weights = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorProto> pending = new(StringComparer.Ordinal);
    private readonly Step?[] steps;
    private readonly bool[] claimed;

    private ProgramBuilder(ProgramSource source, CheckedGraph graph, string prefix)
    {
        this.source = source;
        this.graph = graph;
        this.prefix = prefix;
        steps = new Step?[graph.Nodes.Count];
        claimed = new bool[graph.Nodes.Count];
        Links = new GraphLinks(graph);
    }

    /// <summary>Who makes and who reads each value.</summary>
    public GraphLinks Links { get; }

    public IReadOnlyList<GraphNode> Nodes => graph.Nodes;

    /// <summary>Makes a program.</summary>
    /// <param name="source">The file, and what is done with its initialisers.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="prefix">What comes before the names of its parameters.</param>
    /// <exception cref="CheckpointException">A tensor of the file is damaged.</exception>
    public static GraphProgram Build(ProgramSource source, CheckedGraph graph, string prefix = "") => new ProgramBuilder(source, graph, prefix).Build();

    /// <summary>Whether a node is part of no layer yet.</summary>
    public bool IsFree(int node) => !claimed[node];

    /// <summary>The number of a value; -1 for none.</summary>
    public int Slot(string name)
    {
        if (name.Length == 0) return -1;
        if (slots.TryGetValue(name, out int slot)) return slot;
        slots[name] = names.Count;
        names.Add(name);
        return names.Count - 1;
    }

    /// <summary>An array that is there before a run; null where the value is computed or learnt.</summary>
    public HostValue? Constant(string name) => constants.GetValueOrDefault(name);

    /// <summary>A constant of one number; null where it is none.</summary>
    public float? Scalar(string name) => Constant(name) is { Count: 1 } one && one.Element.IsFloating ? (float)one.GetDouble(0) : null;

    /// <summary>The shape of an initialiser that will be learnt and that only one node reads, so that a layer may take it; null for others.</summary>
    public int[]? WeightShape(string name) => pending.TryGetValue(name, out var tensor) && Links.Consumers(name).Count == 1 ? source.File.LengthsOf(tensor) : null;

    /// <summary>Puts an initialiser's numbers into a parameter of a layer.</summary>
    /// <param name="module">What the layer is in.</param>
    /// <param name="parameter">The layer's parameter.</param>
    /// <param name="name">The initialiser.</param>
    /// <param name="isTransposed">Whether the file has the matrix the other way round.</param>
    public void Take(StepModule module, Parameter parameter, string name, bool isTransposed = false)
    {
        var tensor = pending[name];
        pending.Remove(name);
        source.Note(tensor, parameter, isTransposed);
        // a checkpoint of the file's own has it under its own name
        if (!isTransposed && parameter.Name != prefix + name) module.Alias(prefix + name, parameter);
        if (source.HasNumbers) parameter.Adopt(source.Numbers(tensor, parameter.Shape, isTransposed));
    }

    /// <summary>A key that no other module or parameter of the model has.</summary>
    public string Key(string wanted, params string[] inner) => source.Key(prefix + wanted, inner);

    /// <summary>Makes a step of some nodes; it runs where the last of them stood.</summary>
    public void Replace(IEnumerable<int> nodes, Step step)
    {
        int last = -1;
        foreach (int node in nodes)
        {
            claimed[node] = true;
            last = Math.Max(last, node);
        }
        steps[last] = step;
    }

    private GraphProgram Build()
    {
        foreach (var input in graph.Inputs) Slot(input.Name);
        foreach (string outer in graph.Outer) Slot(outer);
        Initialise();
        Fold();
        for (int node = 0; node < Nodes.Count; node++)
        {
            if (claimed[node] || !source.Fuses) continue;
            foreach (var pattern in LayerPatterns.All)
                if (pattern(this, node)) break;
        }
        for (int node = 0; node < Nodes.Count; node++)
            if (!claimed[node]) steps[node] = Plain(Nodes[node]);
        int[] outputs = [.. graph.Outputs.Select(output => Slot(output.Name))];
        var left = steps.OfType<Step>().ToArray();
        // an initialiser that nobody has taken may be an output by itself
        foreach (string name in graph.Outputs.Select(output => output.Name).Where(pending.ContainsKey).ToList())
        {
            constants[name] = source.Array(pending[name]);
            pending.Remove(name);
        }
        return new GraphProgram(
            [.. names], [.. names.Select(name => constants.GetValueOrDefault(name))], [.. names.Select(name => weights.GetValueOrDefault(name))], left,
            [.. graph.Inputs.Select(input => Slot(input.Name))], [.. graph.Outer.Select(Slot)], outputs);
    }

    /// <summary>Tells the initialisers that are learnt from those that are numbers of the graph.</summary>
    private void Initialise()
    {
        foreach (var (name, tensor) in graph.Initialisers)
        {
            if (IsLearnt(name, tensor)) pending[name] = tensor;
            else constants[name] = source.Array(tensor);
        }
        foreach (var (name, tensor) in graph.Sparse) constants[name] = source.Array(tensor);
    }

    private bool IsLearnt(string name, TensorProto tensor)
    {
        if (tensor.DataType != (int)TensorProto.Types.DataType.Float || tensor.Dims.Count is 0 or > Shape.MaximumRank || tensor.Dims.Contains(0)) return false;
        bool isOne = tensor.Dims.All(length => length == 1);
        foreach (var (node, input) in Links.Consumers(name))
        {
            if (node < 0) continue;
            var row = OperatorTable.Find(Nodes[node]);
            if (row.HostInputs.Contains(input)) continue;
            if (!isOne || row.HasWeights || IsBiasOfOne(Nodes[node], name)) return true;
        }
        return false;
    }

    /// <summary>Whether a single number is added to a product with a weight: the bias of one output.</summary>
    private bool IsBiasOfOne(GraphNode node, string name)
    {
        if (node.Type != "Add" || node.Inputs.Length != 2) return false;
        string other = node.Inputs[0] == name ? node.Inputs[1] : node.Inputs[0];
        return Links.Maker(other) is >= 0 and var maker && Nodes[maker].Type == "MatMul" && graph.Initialisers.ContainsKey(Nodes[maker].Inputs[1]);
    }

    /// <summary>Computes what depends on constants alone.</summary>
    private void Fold()
    {
        for (int at = 0; at < Nodes.Count; at++)
        {
            var node = Nodes[at];
            var row = OperatorTable.Find(node);
            if (!row.IsFixed || node.Bodies.Count > 0 || !node.Inputs.All(name => name.Length == 0 || constants.ContainsKey(name))) continue;
            if (node.Outputs.Any(Links.IsOutput) || IsLarge(node, row)) continue;
            var step = Plain(node);
            using var pass = Pass.Infer(Device.Cpu);
            var program = new GraphProgram(
                [.. names], [.. names.Select(name => constants.GetValueOrDefault(name))], new ProgramWeight?[names.Count], [step], [], [], [.. step.Outputs.Where(slot => slot >= 0)]);
            Value?[] results;
            try
            {
                results = program.Run(pass, [], []);
            }
            catch (OnnxRunException)
            {
                // what cannot be computed says so when it runs
                continue;
            }
            string[] made = [.. node.Outputs.Where(name => name.Length > 0)];
            if (results.Any(result => result is not TensorValue)) continue;
            for (int i = 0; i < made.Length; i++) constants[made[i]] = results[i] as HostValue ?? Conversion.ToHost((DeviceValue)results[i]!);
            claimed[at] = true;
        }
    }

    /// <summary>Whether the numbers that say how large an output is say so much that it is not made before anybody asks for it.</summary>
    private bool IsLarge(GraphNode node, Operator row)
    {
        const double Most = 1 << 20;
        foreach (int input in row.HostInputs)
        {
            if (input >= node.Inputs.Length || Constant(node.Inputs[input]) is not { Count: <= Shape.MaximumRank } given) continue;
            double product = 1;
            for (int at = 0; at < given.Count; at++) product *= given.Element == Elements.Text ? 1 : Math.Max(1, Math.Abs(given.GetDouble(at)));
            // the ends of slices are large where they mean the last
            if (product > Most && node.Type is not ("Slice" or "Clip")) return true;
        }
        return false;
    }

    private NodeStep Plain(GraphNode node)
    {
        var tensors = new Dictionary<string, HostValue>(StringComparer.Ordinal);
        foreach (var attribute in node.Attributes.All)
            if (attribute.T is not null) tensors[attribute.Name] = source.Array(attribute.T);
        var bodies = new Dictionary<string, (GraphProgram, int[])>(StringComparer.Ordinal);
        var module = new StepModule();
        bool learns = false;
        string own = node.Outputs.FirstOrDefault(name => name.Length > 0) ?? node.Name;
        foreach (var (name, body) in node.Bodies)
        {
            var program = Build(source, body, $"{prefix}{own}.{name}.");
            bodies[name] = (program, [.. body.Outer.Select(Slot)]);
            foreach (var step in program.Steps)
            {
                if (step.Module is null) continue;
                module.Put("", step.Module);
                learns = true;
            }
        }
        // an initialiser belongs to the first node that reads it
        foreach (string name in node.Inputs.Concat(node.Bodies.Values.SelectMany(body => body.Outer)).Where(pending.ContainsKey).Distinct().ToList())
        {
            var tensor = pending[name];
            var parameter = module.Weight(Key(name), new Shape(source.File.LengthsOf(tensor)), source.IsFrozen);
            weights[name] = new ProgramWeight(parameter, source.IsFrozen);
            Take(module, parameter, name);
            learns = true;
        }
        int[] outer = [.. node.Bodies.Values.SelectMany(body => body.Outer).Distinct().Select(Slot)];
        return new NodeStep
        {
            Node = node,
            Operator = OperatorTable.Find(node),
            Tensors = tensors,
            Bodies = bodies,
            Inputs = [.. node.Inputs.Select(Slot), .. outer],
            Outputs = [.. node.Outputs.Select(Slot)],
            Described = node.Described,
            Module = learns ? module : null,
        };
    }
}
