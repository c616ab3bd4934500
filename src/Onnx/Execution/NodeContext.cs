using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>What an operator is given: its node's attributes, its inputs in this run, the pass.</summary>
internal sealed class NodeContext(NodeStep step, Value?[] inputs, Frame frame)
{
    private readonly GraphNode node = step.Node;
    private readonly Pass pass = frame.Pass;

    public NodeAttributes Attributes => node.Attributes;

    public Pass Pass => pass;

    /// <summary>The version of the operators that the model is written for.</summary>
    public long Version => node.Version;

    /// <summary>How many inputs the node names.</summary>
    public int Count => inputs.Length;

    /// <summary>How many outputs the node names.</summary>
    public int OutputCount => node.Outputs.Length;

    /// <summary>A name of the node that no other has.</summary>
    public string Key => node.Outputs.FirstOrDefault(name => name.Length > 0) ?? node.Name;

    /// <summary>An input; null where it is left out.</summary>
    public Value? this[int at] => at < inputs.Length ? inputs[at] : null;

    /// <summary>Whether an input is given.</summary>
    public bool Has(int at) => this[at] is not null;

    /// <summary>Whether somebody asks for an output.</summary>
    public bool Wants(int output) => output < node.Outputs.Length && node.Outputs[output].Length > 0;

    /// <summary>An input that has to be a tensor.</summary>
    public TensorValue Tensor(int at) => this[at] as TensorValue
        ?? throw new ArgumentException(this[at] is null ? $"the input {at} is missing" : $"the input {at} is a sequence where a tensor is asked for");

    /// <summary>The lengths of an input's axes.</summary>
    public int[] Dims(int at) => Tensor(at).Dims;

    public Element Element(int at) => Tensor(at).Element;

    /// <summary>Whether an input is on the device.</summary>
    public bool IsOnDevice(int at) => this[at] is DeviceValue;

    /// <summary>An input as floats on the device.</summary>
    public Variable Variable(int at) => Tensor(at) switch
    {
        DeviceValue device => device.Variable,
        var host => Conversion.ToVariable((HostValue)host, pass),
    };

    /// <summary>As the other, or null where the input is left out.</summary>
    public Variable? VariableOrNull(int at) => Has(at) ? Variable(at) : null;

    /// <summary>An input as an array.</summary>
    public HostValue Host(int at) => Tensor(at) switch
    {
        DeviceValue device => Conversion.ToHost(device),
        var host => (HostValue)host,
    };

    public long[] Int64s(int at) => Host(at).ToInt64s();

    /// <summary>Whole numbers that fit 32 bits: larger ones are held there, as the ends of slices are.</summary>
    public int[] Int32s(int at) => Array.ConvertAll(Int64s(at), number => (int)Math.Clamp(number, int.MinValue, int.MaxValue));

    public double Number(int at, double otherwise = 0) => Has(at) && Host(at) is { Count: > 0 } host ? host.GetDouble(0) : otherwise;

    public long Int64(int at, long otherwise = 0) => Has(at) && Host(at) is { Count: > 0 } host ? (long)host.GetInteger(0) : otherwise;

    /// <summary>Numbers that newer models give as an input and older ones as an attribute; null where they are left out.</summary>
    public long[]? Int64s(int at, string attribute) => Has(at) ? Int64s(at) : Attributes.Ints(attribute);

    /// <summary>An uploaded constant.</summary>
    public Variable Upload(int[] dims, float[] values) => pass.Constant(pass.Upload<float>(new Shape(dims), values));

    /// <summary>Runs a graph within the node.</summary>
    public Value?[] RunBody(string attribute, params Value?[] given) => step.RunBody(attribute, given, frame);

    /// <summary>A tensor among the attributes; null where there is none of that name.</summary>
    public HostValue? AttributeTensor(string name) => step.Tensors.GetValueOrDefault(name);
}
