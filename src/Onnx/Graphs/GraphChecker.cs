using Graft.Onnx.Protocol;

namespace Graft.Onnx;

/// <summary>Makes a checked graph of a file's: functions that the model defines are put in place of their calls, operators are looked up, and
/// every value has to be made before it is read.</summary>
internal sealed class GraphChecker
{
    private const int MostNested = 32;
    private const int MostNodes = 200_000;

    private readonly OnnxFile file;
    private readonly Dictionary<(string Domain, string Name, string Overload), FunctionProto> functions = [];
    private readonly Dictionary<string, int> unknown = new(StringComparer.Ordinal);
    private int nodes;
    private int calls;

    private GraphChecker(OnnxFile file)
    {
        this.file = file;
        foreach (var function in file.Model.Functions) functions.TryAdd((Domain(function.Domain), function.Name, ""), function);
    }

    /// <summary>Checks a file's graph.</summary>
    /// <exception cref="CheckpointException">An operator is not known, or the graph is none.</exception>
    public static CheckedGraph Check(OnnxFile file)
    {
        var checker = new GraphChecker(file);
        var graph = checker.Graph(file.Model.Graph, Versions(file.Model.OpsetImport), new HashSet<string>(StringComparer.Ordinal), depth: 0);
        if (checker.unknown.Count > 0)
        {
            string names = string.Join(", ", checker.unknown.OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key, StringComparer.Ordinal)
                .Select(entry => $"{Printable.Text(entry.Key)} ({entry.Value} {(entry.Value == 1 ? "node" : "nodes")})"));
            throw file.Fail($"needs {checker.unknown.Count} {(checker.unknown.Count == 1 ? "operator that is" : "operators that are")} not known here: {names}");
        }
        return graph;
    }

    private static Dictionary<string, long> Versions(IEnumerable<OperatorSetIdProto> imports)
    {
        var versions = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var import in imports) versions[Domain(import.Domain)] = import.Version;
        return versions;
    }

    private static string Domain(string domain) => domain == "ai.onnx" ? "" : domain;

    private CheckedGraph Graph(GraphProto graph, Dictionary<string, long> versions, HashSet<string> outside, int depth)
    {
        if (depth > MostNested) throw file.Fail($"its graphs are nested more than {MostNested} deep, as no model's are");
        var initialisers = new Dictionary<string, TensorProto>(StringComparer.Ordinal);
        foreach (var tensor in graph.Initializer)
            if (tensor.Name.Length == 0 || !initialisers.TryAdd(tensor.Name, tensor))
                throw file.Fail($"two initialisers are called '{Printable.Text(tensor.Name)}', or one is not called anything");
        var sparse = new Dictionary<string, SparseTensorProto>(StringComparer.Ordinal);
        foreach (var tensor in graph.SparseInitializer)
            if (tensor.Values is not { Name.Length: > 0 } || !sparse.TryAdd(tensor.Values.Name, tensor)) throw file.Fail("a sparse initialiser has no name or that of another");
        var inputs = graph.Input.Where(input => !initialisers.ContainsKey(input.Name)).Select(GraphPort.Of).ToList();
        var scope = new Scope(this, versions, outside, depth, initialisers);
        foreach (string name in inputs.Select(input => input.Name).Concat(initialisers.Keys).Concat(sparse.Keys)) scope.Define(name);
        foreach (var node in graph.Node) scope.Add(node);
        var outputs = graph.Output.Select(GraphPort.Of).ToList();
        foreach (var output in outputs) scope.Read(output.Name, "the graph's outputs");
        return new CheckedGraph
        {
            Nodes = scope.Nodes,
            Inputs = inputs,
            Outputs = outputs,
            Initialisers = initialisers,
            Sparse = sparse,
            Outer = [.. scope.Outer.Order(StringComparer.Ordinal)],
        };
    }

    /// <summary>The values of one graph while its nodes are checked.</summary>
    private sealed class Scope(GraphChecker checker, Dictionary<string, long> versions, HashSet<string> outside, int depth, Dictionary<string, TensorProto> initialisers)
    {
        private readonly HashSet<string> known = new(StringComparer.Ordinal);

        public List<GraphNode> Nodes { get; } = [];

        public HashSet<string> Outer { get; } = new(StringComparer.Ordinal);

        public void Define(string name)
        {
            if (name.Length > 0 && !known.Add(name)) throw checker.file.Fail($"two values are called '{Printable.Text(name)}', so that nothing says which is meant");
        }

        public void Read(string name, string reader)
        {
            if (name.Length == 0 || known.Contains(name)) return;
            if (!outside.Contains(name)) throw checker.file.Fail($"{reader} reads '{Printable.Text(name)}', which nothing before it makes");
            Outer.Add(name);
        }

        public void Add(NodeProto node) => Add(node, versions, static name => name, 0);

        /// <summary>Adds a node, or the nodes of the function that it calls.</summary>
        /// <param name="node">The node.</param>
        /// <param name="imports">The versions of the operators where the node stands.</param>
        /// <param name="rename">From the names where the node stands to those of the graph.</param>
        /// <param name="nesting">How many calls are around it.</param>
        private void Add(NodeProto node, Dictionary<string, long> imports, Func<string, string> rename, int nesting)
        {
            if (++checker.nodes > MostNodes) throw checker.file.Fail($"it has more than {MostNodes} nodes, as no model has");
            if (nesting > MostNested) throw checker.file.Fail($"its functions call each other more than {MostNested} deep");
            string domain = Domain(node.Domain);
            string[] inputs = [.. node.Input.Select(name => name.Length == 0 ? name : rename(name))];
            string[] outputs = [.. node.Output.Select(name => name.Length == 0 ? name : rename(name))];
            if (checker.functions.TryGetValue((domain, node.OpType, ""), out var function) && !OperatorTable.IsKnown(domain, node.OpType))
            {
                Inline(node, function, inputs, outputs, nesting);
                return;
            }
            if (!OperatorTable.IsKnown(domain, node.OpType))
            {
                string full = domain.Length == 0 ? node.OpType : $"{domain}.{node.OpType}";
                checker.unknown[full] = checker.unknown.GetValueOrDefault(full) + 1;
            }
            foreach (string input in inputs) Read(input, $"the node {Printable.Text(node.OpType)} '{Printable.Text(node.Name)}'");
            if (node.OpType == "Constant" && domain.Length == 0 && outputs.Length == 1 && node.Attribute is [{ T: { } tensor, Name: "value" }])
            {
                Define(outputs[0]);
                tensor.Name = outputs[0];
                initialisers.Add(outputs[0], tensor);
                return;
            }
            // exporters write weights of equal numbers once: they learn apart from each other, and each has its name
            if (node.OpType == "Identity" && domain.Length == 0 && inputs.Length == 1 && outputs.Length == 1 && initialisers.TryGetValue(inputs[0], out var same))
            {
                Define(outputs[0]);
                var twin = same.Clone();
                twin.Name = outputs[0];
                initialisers.Add(outputs[0], twin);
                return;
            }
            var bodies = new Dictionary<string, CheckedGraph>(StringComparer.Ordinal);
            foreach (var attribute in node.Attribute)
            {
                if (attribute.G is null) continue;
                var visible = new HashSet<string>(outside, StringComparer.Ordinal);
                visible.UnionWith(known);
                var body = checker.Graph(attribute.G, imports, visible, depth + 1);
                foreach (string name in body.Outer) Read(name, "a graph within a node");
                bodies[attribute.Name] = body;
            }
            foreach (string output in outputs) Define(output);
            Nodes.Add(new GraphNode
            {
                Type = node.OpType,
                Domain = domain,
                Version = imports.GetValueOrDefault(domain, 1),
                Name = node.Name,
                Inputs = inputs,
                Outputs = outputs,
                Attributes = new NodeAttributes(node.Attribute),
                Bodies = bodies,
            });
        }

        private void Inline(NodeProto call, FunctionProto function, string[] inputs, string[] outputs, int nesting)
        {
            string prefix = $"{function.Name}#{++checker.calls}/";
            var names = new Dictionary<string, string>(StringComparer.Ordinal);
            for (int i = 0; i < function.Input.Count; i++) names[function.Input[i]] = i < inputs.Length ? inputs[i] : "";
            for (int i = 0; i < function.Output.Count && i < outputs.Length; i++)
                if (outputs[i].Length > 0) names[function.Output[i]] = outputs[i];
            var given = new Dictionary<string, AttributeProto>(StringComparer.Ordinal);
            foreach (var attribute in function.AttributeProto) given[attribute.Name] = attribute;
            foreach (var attribute in call.Attribute) given[attribute.Name] = attribute;
            var imports = function.OpsetImport.Count > 0 ? Versions(function.OpsetImport) : versions;
            foreach (var inner in function.Node)
            {
                var node = inner.Clone();
                var referring = node.Attribute.Where(attribute => attribute.RefAttrName.Length > 0).ToList();
                foreach (var reference in referring)
                {
                    node.Attribute.Remove(reference);
                    if (!given.TryGetValue(reference.RefAttrName, out var value)) continue;
                    var filled = value.Clone();
                    filled.Name = reference.Name;
                    node.Attribute.Add(filled);
                }
                foreach (var attribute in node.Attribute)
                    if (attribute.G is not null) RenameBody(attribute.G, Renamed, []);
                Add(node, imports, Renamed, nesting + 1);
            }

            string Renamed(string name) => names.TryGetValue(name, out string? found) ? found : names[name] = prefix + name;
        }

        /// <summary>Gives the names that a graph within a function reads from around it those of the graph that the function is put into.</summary>
        private static void RenameBody(GraphProto body, Func<string, string> rename, HashSet<string> around)
        {
            var own = new HashSet<string>(around, StringComparer.Ordinal);
            own.UnionWith(body.Input.Select(input => input.Name));
            own.UnionWith(body.Initializer.Select(tensor => tensor.Name));
            own.UnionWith(body.Node.SelectMany(node => node.Output));
            foreach (var node in body.Node)
            {
                for (int i = 0; i < node.Input.Count; i++)
                    if (node.Input[i].Length > 0 && !own.Contains(node.Input[i])) node.Input[i] = rename(node.Input[i]);
                foreach (var attribute in node.Attribute)
                    if (attribute.G is not null) RenameBody(attribute.G, rename, own);
            }
            foreach (var output in body.Output)
                if (!own.Contains(output.Name)) output.Name = rename(output.Name);
        }
    }
}
