using System.IO.Compression;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Onnx.Tests;

/// <summary>A conformance case of the ONNX project: a graph of a few nodes, with inputs and the outputs that they should give.</summary>
/// <param name="Name">Its group and name.</param>
/// <param name="Model">The graph.</param>
/// <param name="Sets">Inputs and outputs.</param>
internal sealed record NodeCase(string Name, byte[] Model, IReadOnlyList<(byte[][] Inputs, byte[][] Outputs)> Sets)
{
    /// <summary>All of them.</summary>
    public static List<NodeCase> All()
    {
        using var zip = ZipFile.OpenRead(RealData.Require("onnx-node-tests/onnx-node-tests.zip"));
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var entry in zip.Entries)
        {
            using var stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            files[entry.FullName] = bytes.ToArray();
        }
        var cases = new List<NodeCase>();
        foreach (string path in files.Keys.Where(path => path.EndsWith("/model.onnx", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            string folder = path[..^"/model.onnx".Length];
            var sets = new List<(byte[][], byte[][])>();
            for (int set = 0; files.ContainsKey($"{folder}/test_data_set_{set}/output_0.pb"); set++)
                sets.Add((Files($"{folder}/test_data_set_{set}/input_"), Files($"{folder}/test_data_set_{set}/output_")));
            cases.Add(new NodeCase(folder, files[path], sets));
        }
        return cases;

        byte[][] Files(string prefix)
        {
            var found = new List<byte[]>();
            while (files.TryGetValue($"{prefix}{found.Count}.pb", out byte[]? file)) found.Add(file);
            return [.. found];
        }
    }

    /// <summary>The operators that it is made of, and whether all are known; null where the file is none.</summary>
    public static string[] Operators(OnnxFile file) =>
        [.. file.Model.Graph.Node.Select(node => node.OpType).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Runs it; what is wrong, or null where all is right.</summary>
    public string? Run(OnnxFile file)
    {
        try
        {
            var graph = GraphChecker.Check(file);
            var program = ProgramBuilder.Build(new ProgramSource(file), graph);
            if (Sets.Count == 0) return "it has no data, so that it would prove nothing";
            foreach (var (inputs, outputs) in Sets)
            {
                using var pass = Pass.Infer(Device.Cpu);
                var given = inputs.Select((bytes, at) => OnDevice(Read(bytes, file.Model.Graph.Input[at].Type), pass)).ToArray();
                var results = program.Run(pass, given, []);
                for (int i = 0; i < outputs.Length; i++)
                    if (Difference(Read(outputs[i], file.Model.Graph.Output[i].Type), results[i]) is { } difference) return $"output {i}: {difference}";
            }
            return null;
        }
        catch (Exception exception) when (exception is CheckpointException or OnnxRunException or ArgumentException or InvalidOperationException or NotSupportedException)
        {
            return exception.Message;
        }
    }

    private static Value? OnDevice(Value? value, Pass pass) => value is HostValue<float> floats ? new DeviceValue(Conversion.ToVariable(floats, pass)) : value;

    private static Value? Read(byte[] bytes, Protocol.TypeProto type)
    {
        if (type.OptionalType is not null) return Optional(bytes, type.OptionalType.ElemType);
        return type.SequenceType is not null ? Sequence(bytes) : Tensor(bytes);
    }

    private static HostValue Tensor(byte[] bytes)
    {
        var (file, tensor) = OnnxFile.OpenTensor(new CheckpointFile("case.pb", bytes));
        return new ProgramSource(file).Array(tensor);
    }

    private static SequenceValue Sequence(byte[] bytes) => new([.. Fields(bytes, 3).Select(field => (Value?)Tensor(field))]);

    private static Value? Optional(byte[] bytes, Protocol.TypeProto element)
    {
        if (Fields(bytes, 3).FirstOrDefault() is { } tensor) return Tensor(tensor);
        return Fields(bytes, 5).FirstOrDefault() is { } sequence ? Sequence(sequence) : null;
    }

    private static IEnumerable<byte[]> Fields(byte[] bytes, int number)
    {
        var reader = new WireReader(new CheckpointFile("case.pb", bytes));
        while (reader.Position < bytes.Length)
        {
            var field = reader.Next(bytes.Length);
            if (field.Number == number && field.Kind == WireField.Bytes) yield return bytes[(int)field.Value..(int)field.End];
        }
    }

    private static string? Difference(Value? wanted, Value? given)
    {
        if (wanted is null || given is null) return wanted is null && given is null ? null : "one of both is nothing";
        if (wanted is SequenceValue wantedRow)
        {
            if (given is not SequenceValue row || row.Items.Count != wantedRow.Items.Count) return $"a sequence of {wantedRow.Items.Count} is wanted";
            return wantedRow.Items.Select((item, at) => Difference(item, row.Items[at])).FirstOrDefault(difference => difference is not null);
        }
        if (given is not TensorValue tensor) return "a tensor is wanted";
        var (expected, actual) = ((HostValue)wanted, tensor as HostValue ?? Conversion.ToHost((DeviceValue)tensor));
        if (!expected.Dims.AsSpan().SequenceEqual(actual.Dims) || expected.Element != actual.Element) return $"{actual} is not {expected}";
        for (int i = 0; i < expected.Count; i++)
        {
            if (!expected.Element.IsFloating)
            {
                if (!expected.IsEqual(i, actual, i)) return $"number {i} is {Text(actual, i)}, not {Text(expected, i)}";
                continue;
            }
            double right = expected.GetDouble(i), left = actual.GetDouble(i);
            if (right == left || (double.IsNaN(right) && double.IsNaN(left))) continue;
            // halves and smaller floats agree to their own last place
            double relative = expected.Element == Elements.Single || expected.Element == Elements.Double ? 1e-3 : expected.Element == Elements.Half ? 2e-3 : 1e-2;
            if (!(Math.Abs(right - left) <= 1e-6 + relative * Math.Abs(right))) return $"number {i} is {left}, not {right}";
        }
        return null;
    }

    private static string Text(HostValue value, int at) => value is HostValue<string> texts ? $"'{texts.Values[at]}'" : $"{value.GetDouble(at)}";
}
