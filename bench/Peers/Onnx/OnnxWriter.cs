using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Graft.Autograd;

namespace Graft.Peers;

/// <summary>Writes a model in the format of ONNX, node by node. A message that stands in a file several times is the union of them
/// (the rule of protocol buffers), so each node and each tensor goes out in a piece of the graph of its own, and no length has to be
/// known ahead.</summary>
/// <remarks>Numbers of fields and types are those of <c>onnx.proto3</c>.</remarks>
internal sealed class OnnxWriter : IDisposable
{
    public const int Float = 1;
    public const int Int64 = 7;

    /// <summary>The length of an axis that is open.</summary>
    public const long OpenLength = -1;

    private const int FormatVersion = 7;

    // the last one whose attention ONNX Runtime joins into one operation: its pattern names the versions of Cast and Unsqueeze in it.
    // LayerNormalization, which the standard has from 17 on, it knows in every set
    private const int OperatorSet = 12;

    private readonly CodedOutputStream output;
    private int names;

    public OnnxWriter(Stream file)
    {
        output = new CodedOutputStream(file, leaveOpen: true);
        Integer(output, 1, FormatVersion);
        Message(output, 8, set => Integer(set, 2, OperatorSet));
        Message(output, 7, graph => Text(graph, 2, "graft"));
    }

    /// <summary>The numbers written so far that training would move.</summary>
    public long ParameterCount { get; private set; }

    public string Input(string name, int type, params long[] shape) => Named(11, name, type, shape);

    public void Output(string name, params long[] shape) => Named(12, name, Float, shape);

    /// <summary>A parameter or buffer as it is, or, of rank 2 only, with its axes swapped: what a product on the right takes.</summary>
    public string Weights(Parameter parameter, bool transposed = false, bool isBuffer = false)
    {
        float[] numbers = parameter.Value.ToArray();
        long[] shape = [.. Enumerable.Range(0, parameter.Shape.Rank).Select(axis => (long)parameter.Shape[axis])];
        if (transposed)
        {
            numbers = parameter.Value.Permute(1, 0).ToArray();
            Array.Reverse(shape);
        }
        if (!isBuffer) ParameterCount += numbers.Length;
        return Constant(parameter.Name, Float, MemoryMarshal.AsBytes<float>(numbers), shape);
    }

    public string Number(float value) => Constant(NewName(), Float, MemoryMarshal.AsBytes<float>([value]));

    public string Number(long value) => Constant(NewName(), Int64, MemoryMarshal.AsBytes<long>([value]));

    public string Integers(params long[] values) => Constant(NewName(), Int64, MemoryMarshal.AsBytes<long>(values), values.Length);

    /// <summary>One operation; returns the name of its output.</summary>
    public string Node(string operation, string[] inputs, params OnnxAttribute[] attributes) => NodeNamed(NewName(), operation, inputs, attributes);

    /// <summary>One operation whose output has a name of its own.</summary>
    public string NodeNamed(string result, string operation, string[] inputs, params OnnxAttribute[] attributes)
    {
        Part(1, node =>
        {
            foreach (string input in inputs) Text(node, 1, input);
            Text(node, 2, result);
            Text(node, 3, result);
            Text(node, 4, operation);
            foreach (var attribute in attributes) Message(node, 5, attribute.Write);
        });
        return result;
    }

    public void Dispose() => output.Dispose();

    internal static void Integer(CodedOutputStream message, int field, long value)
    {
        message.WriteTag(field, WireFormat.WireType.Varint);
        message.WriteInt64(value);
    }

    internal static void Text(CodedOutputStream message, int field, string value)
    {
        message.WriteTag(field, WireFormat.WireType.LengthDelimited);
        message.WriteString(value);
    }

    private string Named(int field, string name, int type, long[] shape)
    {
        Part(field, value =>
        {
            Text(value, 1, name);
            Message(value, 2, outer => Message(outer, 1, tensor =>
            {
                Integer(tensor, 1, type);
                Message(tensor, 2, axes =>
                {
                    foreach (long length in shape)
                    {
                        Message(axes, 1, axis =>
                        {
                            if (length != OpenLength) Integer(axis, 1, length);
                        });
                    }
                });
            }));
        });
        return name;
    }

    private string Constant(string name, int type, ReadOnlySpan<byte> numbers, params long[] shape)
    {
        var raw = ByteString.CopyFrom(numbers);
        Part(5, tensor =>
        {
            foreach (long length in shape) Integer(tensor, 1, length);
            Integer(tensor, 2, type);
            Text(tensor, 8, name);
            tensor.WriteTag(9, WireFormat.WireType.LengthDelimited);
            tensor.WriteBytes(raw);
        });
        return name;
    }

    private void Part(int field, Action<CodedOutputStream> write) => Message(output, 7, graph => Message(graph, field, write));

    private static void Message(CodedOutputStream message, int field, Action<CodedOutputStream> write)
    {
        using var buffer = new MemoryStream();
        using (var inner = new CodedOutputStream(buffer, leaveOpen: true)) write(inner);
        message.WriteTag(field, WireFormat.WireType.LengthDelimited);
        message.WriteBytes(UnsafeByteOperations.UnsafeWrap(buffer.GetBuffer().AsMemory(0, (int)buffer.Length)));
    }

    private string NewName() => string.Create(CultureInfo.InvariantCulture, $"v{names++}");
}

/// <summary>A setting of an operation.</summary>
internal readonly struct OnnxAttribute
{
    private const int FloatKind = 1;
    private const int IntegerKind = 2;
    private const int IntegersKind = 7;

    private readonly string name;
    private readonly float? number;
    private readonly long[] integers;
    private readonly int kind;

    public OnnxAttribute(string name, float value) => (this.name, number, integers, kind) = (name, value, [], FloatKind);

    public OnnxAttribute(string name, long value) => (this.name, integers, kind) = (name, [value], IntegerKind);

    public OnnxAttribute(string name, long[] values) => (this.name, integers, kind) = (name, values, IntegersKind);

    public void Write(CodedOutputStream message)
    {
        OnnxWriter.Text(message, 1, name);
        if (number is { } value)
        {
            message.WriteTag(2, WireFormat.WireType.Fixed32);
            message.WriteFloat(value);
        }
        foreach (long integer in integers) OnnxWriter.Integer(message, kind == IntegerKind ? 3 : 8, integer);
        OnnxWriter.Integer(message, 20, kind);
    }
}
