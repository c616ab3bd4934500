using Graft.Onnx.Protocol;
using FilePath = System.IO.Path;

namespace Graft.Onnx;

/// <summary>ONNX files as checkpoints: the initialisers of the graph, and the tensors of its constants, under their names.</summary>
/// <remarks>Numbers are read when they are asked for, from whichever field of the tensor holds them or from an external file in the model's own
/// folder. Initialisers of graphs within nodes (<c>If</c>, <c>Loop</c>) are listed behind the name of their node.</remarks>
public sealed class OnnxFormat : CheckpointFormat
{
    private static readonly OnnxFormat Instance = new();

    private OnnxFormat()
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions => [".onnx"];

    /// <summary>Has <see cref="Checkpoint.Open"/> read ONNX files; it may be called any number of times.</summary>
    public static void Register() => Checkpoint.Register(Instance);

    /// <summary>Whether a file's name is that of an ONNX file.</summary>
    /// <param name="path">The file.</param>
    public static bool IsNamed(string path) => FilePath.GetExtension(path).Equals(".onnx", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override bool Recognises(ReadOnlySpan<byte> start, CheckpointFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return IsNamed(file.Path) || ModelScan.IsModel(file);
    }

    /// <inheritdoc/>
    public override Checkpoint Open(CheckpointFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var opened = OnnxFile.Open(file);
        try
        {
            return new OnnxCheckpoint(opened, Tensors(opened));
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    private static List<StoredTensor> Tensors(OnnxFile file)
    {
        var tensors = new List<StoredTensor>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        Add(file, file.Model.Graph, "", tensors, names);
        return tensors;
    }

    private static void Add(OnnxFile file, GraphProto graph, string prefix, List<StoredTensor> tensors, HashSet<string> names)
    {
        var named = new Dictionary<string, TensorProto>(StringComparer.Ordinal);
        foreach (var initialiser in graph.Initializer)
        {
            named.TryAdd(initialiser.Name, initialiser);
            if (initialiser.Name.Length == 0) throw file.Fail("an initialiser has no name, so that nothing could read it: fetch the file again");
            tensors.Add(file.Stored(initialiser, Free(prefix + initialiser.Name)));
        }
        foreach (var sparse in graph.SparseInitializer)
        {
            string name = sparse.Values?.Name is { Length: > 0 } given ? given : $"sparse{tensors.Count}";
            long[] lengths = [.. sparse.Dims];
            if (StoredShape.Problem(lengths) is { } problem) throw file.Fail($"the sparse tensor '{Printable.Text(name)}' {problem}");
            tensors.Add(StoredTensor.Listed(file.Source, Free(prefix + name), "sparse", lengths, "sparse"));
        }
        int number = 0;
        foreach (var node in graph.Node)
        {
            number++;
            string own = node.Output.Count > 0 && node.Output[0].Length > 0 ? node.Output[0] : node.Name.Length > 0 ? node.Name : $"{node.OpType}{number}";
            // weights of equal numbers are written once and given their other names by a node
            if (node.OpType == "Identity" && node.Input.Count == 1 && named.TryGetValue(node.Input[0], out var twin)) tensors.Add(file.Stored(twin, Free(prefix + own)));
            foreach (var attribute in node.Attribute)
            {
                if (attribute.T is not null && node.OpType == "Constant") tensors.Add(file.Stored(attribute.T, Free(prefix + own)));
                if (attribute.G is not null) Add(file, attribute.G, $"{prefix}{own}.{attribute.Name}.", tensors, names);
            }
        }

        string Free(string key)
        {
            string free = key;
            for (int more = 2; !names.Add(free); more++) free = $"{key}#{more}";
            return free;
        }
    }

    private sealed class OnnxCheckpoint(OnnxFile file, List<StoredTensor> tensors)
        : Checkpoint(file.Path, "onnx", file.ByteCount, Described(file.Model), tensors)
    {
        public override IEnumerable<string> SourceFiles => base.SourceFiles.Concat(file.ExternalFiles);

        protected override void Close() => file.Dispose();

        private static Dictionary<string, string> Described(ModelProto model)
        {
            var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["ir_version"] = model.IrVersion.ToString(System.Globalization.CultureInfo.InvariantCulture),
            };
            Note("producer", $"{model.ProducerName} {model.ProducerVersion}".Trim());
            Note("graph", model.Graph.Name);
            Note("opset", string.Join(", ", model.OpsetImport.Select(set => set.Domain.Length == 0 ? $"{set.Version}" : $"{set.Domain} {set.Version}")));
            foreach (var entry in model.MetadataProps) Note(entry.Key, entry.Value);
            return metadata;

            void Note(string key, string value)
            {
                if (value.Length > 0) metadata.TryAdd(key, value);
            }
        }
    }
}
