using Google.Protobuf;
using Graft.Onnx.Protocol;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Peers;

/// <summary>A vision network out of an ONNX file in TorchSharp's functions, one a node: so each of our architectures has a peer. Batch norms that
/// were folded on the way out are folded for the peer too.</summary>
internal sealed class TorchGraph : nn.Module<Tensor, Tensor>
{
    private readonly GraphProto graph;
    private readonly Dictionary<string, Tensor> weights = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long[]> integers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> uses = new(StringComparer.Ordinal);
    private readonly Linear? head;
    private readonly bool learns;

    /// <param name="file">The ONNX file.</param>
    /// <param name="learns">Whether weights want gradients and batch norms use the batch's statistics.</param>
    /// <param name="classes">Of a head on the features that the graph gives; 0 for none.</param>
    public TorchGraph(string file, bool learns, int classes = 0) : base("graph")
    {
        this.learns = learns;
        graph = ModelProto.Parser.ParseFrom(File.ReadAllBytes(file)).Graph;
        var buffers = graph.Node.Where(node => node.OpType == "BatchNormalization").SelectMany(node => node.Input.Skip(3)).ToHashSet(StringComparer.Ordinal);
        foreach (var initialiser in graph.Initializer) Add(initialiser, buffers.Contains(initialiser.Name));
        foreach (string input in graph.Node.SelectMany(node => node.Input)) uses[input] = uses.GetValueOrDefault(input) + 1;
        if (classes > 0) head = nn.Linear(FeatureWidth(), classes);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        string images = graph.Input.First(known => !weights.ContainsKey(known.Name)).Name;
        var values = new Dictionary<string, Tensor>(weights, StringComparer.Ordinal) { [images] = input };
        foreach (var node in graph.Node) values[node.Output[0]] = Run(node, values);
        var y = values[graph.Output[0].Name];
        return head is null ? y : head.forward(y.flatten(1));
    }

    private Tensor Run(NodeProto node, Dictionary<string, Tensor> values)
    {
        Tensor X(int at = 0) => values[node.Input[at]];
        Tensor? Optional(int at) => node.Input.Count > at && node.Input[at].Length > 0 ? X(at) : null;
        bool isLast = uses[node.Input[0]] == 1 && !weights.ContainsKey(node.Input[0]);
        switch (node.OpType)
        {
            case "Conv": return Convolution(node, X(), X(1), Optional(2));
            case "BatchNormalization":
                return nn.functional.batch_norm(X(), X(3), X(4), X(1), X(2), training: learns, eps: Number(node, "epsilon", 1e-5f));
            case "Relu": return isLast ? X().relu_() : X().relu();
            case "Clip": return X().clamp(X(1), X(2));
            case "HardSwish": return nn.functional.hardswish(X());
            case "Sigmoid": return X().sigmoid();
            case "Erf": return X().erf();
            case "Sqrt": return X().sqrt();
            case "Add": return X() + X(1);
            case "Sub": return X() - X(1);
            case "Mul": return X() * X(1);
            case "Div": return X() / X(1);
            case "MatMul": return X().matmul(X(1));
            case "Gemm":
                var matrix = Integer(node, "transB", 0) == 1 ? X(1).t() : X(1);
                return Optional(2) is { } bias ? bias.addmm(X(), matrix, 1, 1) : X().mm(matrix);
            case "MaxPool":
            case "AveragePool": return Pool(node, X());
            case "GlobalAveragePool": return X().mean([2L, 3L], keepdim: true);
            case "ReduceMean": return X().mean(Integers(node, "axes") ?? integers[node.Input[1]], keepdim: Integer(node, "keepdims", 1) == 1);
            case "Softmax": return X().softmax(Integer(node, "axis", -1));
            case "LayerNormalization": return nn.functional.layer_norm(X(), [X().shape[^1]], X(1), Optional(2), Number(node, "epsilon", 1e-5f));
            case "Flatten": return X().flatten(Integer(node, "axis", 1));
            case "Reshape": return X().reshape(Resolved(integers[node.Input[1]], X().shape));
            case "Transpose": return X().permute(Integers(node, "perm")!);
            case "Identity": return X();
            case "Squeeze": return integers[node.Input[1]].OrderDescending().Aggregate(X(), (y, axis) => y.squeeze(axis));
            case "Unsqueeze": return integers[node.Input[1]].Order().Aggregate(X(), (y, axis) => y.unsqueeze(axis));
            case "Expand": return X().expand(integers[node.Input[1]]);
            case "Concat": return cat([.. node.Input.Select(name => values[name])], Integer(node, "axis", 0));
            case "Gather": return X().index_select(Integer(node, "axis", 0), tensor(integers[node.Input[1]])).squeeze(integers[node.Input[1]].Length == 1 ? Integer(node, "axis", 0) : null);
            case "Slice": return Slice(node, X());
            default: throw new BenchmarkException($"the peer has no '{node.OpType}': run with --without {WorkloadTable.Torch}");
        }
    }

    private static Tensor Convolution(NodeProto node, Tensor x, Tensor weight, Tensor? bias)
    {
        long[] strides = Integers(node, "strides") ?? [1, 1], pads = Integers(node, "pads") ?? [0, 0, 0, 0], dilations = Integers(node, "dilations") ?? [1, 1];
        if (pads[0] != pads[2] || pads[1] != pads[3]) (x, pads) = (nn.functional.pad(x, [pads[1], pads[3], pads[0], pads[2]]), [0, 0, 0, 0]);
        return nn.functional.conv2d(x, weight, bias, strides, [pads[0], pads[1]], dilations, Integer(node, "group", 1));
    }

    private static Tensor Pool(NodeProto node, Tensor x)
    {
        long[] window = Integers(node, "kernel_shape")!, strides = Integers(node, "strides") ?? [1, 1], pads = Integers(node, "pads") ?? [0, 0, 0, 0];
        bool isMax = node.OpType == "MaxPool", isCeiling = Integer(node, "ceil_mode", 0) == 1;
        if (pads[0] != pads[2] || pads[1] != pads[3])
            (x, pads) = (nn.functional.pad(x, [pads[1], pads[3], pads[0], pads[2]], value: isMax ? double.NegativeInfinity : 0), [0, 0, 0, 0]);
        return isMax
            ? nn.functional.max_pool2d(x, window, strides, [pads[0], pads[1]], ceil_mode: isCeiling)
            : nn.functional.avg_pool2d(x, window, strides, [pads[0], pads[1]], isCeiling, Integer(node, "count_include_pad", 0) == 1);
    }

    private Tensor Slice(NodeProto node, Tensor x)
    {
        long[] starts = integers[node.Input[1]], ends = integers[node.Input[2]];
        long[] axes = node.Input.Count > 3 && node.Input[3].Length > 0 ? integers[node.Input[3]] : [.. Enumerable.Range(0, starts.Length).Select(axis => (long)axis)];
        long[] steps = node.Input.Count > 4 ? integers[node.Input[4]] : [.. starts.Select(_ => 1L)];
        for (int at = 0; at < starts.Length; at++) x = x.slice(axes[at], starts[at], Math.Min(ends[at], x.shape[(int)(axes[at] + x.dim()) % (int)x.dim()]), steps[at]);
        return x;
    }

    private void Add(TensorProto initialiser, bool isBuffer)
    {
        long[] lengths = [.. initialiser.Dims];
        if (initialiser.DataType == (int)TensorProto.Types.DataType.Int64)
        {
            integers[initialiser.Name] = initialiser.RawData.IsEmpty ? [.. initialiser.Int64Data] : Cast<long>(initialiser.RawData);
            return;
        }
        float[] numbers = initialiser.RawData.IsEmpty ? [.. initialiser.FloatData] : Cast<float>(initialiser.RawData);
        var value = tensor(numbers).reshape(lengths);
        string key = initialiser.Name.Replace('.', '/');
        if (learns && !isBuffer)
        {
            var parameter = new Parameter(value);
            register_parameter(key, parameter);
            value = parameter;
        }
        else
        {
            register_buffer(key, value);
        }
        weights[initialiser.Name] = value;
    }

    private long FeatureWidth()
    {
        using var untracked = no_grad();
        var shape = graph.Input.First(known => !weights.ContainsKey(known.Name)).Type.TensorType.Shape.Dim;
        return forward(zeros([2, .. shape.Skip(1).Select(dimension => dimension.DimValue)])).flatten(1).shape[1];
    }

    private static long[] Resolved(long[] asked, long[] shape) => [.. asked.Select((length, axis) => length == 0 ? shape[axis] : length)];

    private static T[] Cast<T>(ByteString bytes) where T : struct => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(bytes.Span).ToArray();

    private static AttributeProto? Attribute(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);

    private static long Integer(NodeProto node, string name, long preset) => Attribute(node, name)?.I ?? preset;

    private static float Number(NodeProto node, string name, float preset) => Attribute(node, name)?.F ?? preset;

    private static long[]? Integers(NodeProto node, string name) => Attribute(node, name) is { } found ? [.. found.Ints] : null;
}
