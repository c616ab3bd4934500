using Google.Protobuf;
using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Any published graph as a model: named inputs of any element, named outputs; its float initialisers are parameters, which learn.</summary>
/// <remarks>What is made of convolutions, norms and linear maps is as for <see cref="OnnxImageModel"/>. Floats are variables, through which gradients
/// go; whole numbers, truth values and texts are computed on the host. A recording takes whole numbers too (token ids, masks), as far as they are
/// looked up, compared and made floats. The stages are rows of steps of about as many layers each.</remarks>
/// <example><code>
/// using var model = OnnxModel.Open("encoder.onnx");
/// var outputs = model.Run(new Dictionary&lt;string, OnnxTensor&gt; { ["input_ids"] = OnnxTensor.From([1, 3], new long[] { 101, 7592, 102 }) });
/// </code></example>
public sealed class OnnxModel : Model
{
    private const int MostStages = 8;

    private readonly GraphProgram program;
    private readonly CheckedGraph graph;
    private readonly Protocol.ModelProto bare;
    private readonly Parameter? anyWeight;

    private OnnxModel(string path, OnnxFile file, bool hasNumbers) : base(System.IO.Path.GetFileNameWithoutExtension(path))
    {
        graph = GraphChecker.Check(file);
        var source = new ProgramSource(file) { HasNumbers = hasNumbers };
        program = ProgramBuilder.Build(source, graph);
        bare = BareModel.Of(file, source.Learnt);
        Inputs = [.. graph.Inputs.Select(OnnxPort.Of)];
        Outputs = [.. graph.Outputs.Select(OnnxPort.Of)];
        var stages = program.Divide(MostStages);
        for (int at = 0; at < stages.Count; at++)
        {
            var part = Add("", new PartModule(stages[at]));
            AddStage(at == 0 ? "stem" : at == stages.Count - 1 ? "head" : $"stage{at}", part);
        }
        anyWeight = Parameters().Concat(Buffers()).FirstOrDefault();
    }

    /// <summary>What a run is given, in the order of the file.</summary>
    public IReadOnlyList<OnnxPort> Inputs { get; }

    /// <summary>What a run gives, in the order of the file.</summary>
    public IReadOnlyList<OnnxPort> Outputs { get; }

    /// <summary>Opens a graph with its weights.</summary>
    /// <exception cref="CheckpointException">The file is damaged, or needs operators that are not known (all are named).</exception>
    public static OnnxModel Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = OnnxFile.Open(path);
        return new OnnxModel(path, file, hasNumbers: true);
    }

    /// <summary>Makes the model of a structure that <see cref="SaveStructure"/> wrote, without its weights: they come by
    /// <see cref="Model.Load(Checkpoint, bool)"/>.</summary>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public static OnnxModel FromStructure(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = OnnxFile.Open(path);
        return new OnnxModel(path, file, hasNumbers: false);
    }

    /// <summary>Writes the graph without its weights, which <see cref="Model.Save"/> writes: both together are the model.</summary>
    /// <param name="path">The file, replaced as a whole.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void SaveStructure(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, stream => bare.WriteTo(stream));
    }

    /// <summary>What the graph makes of its inputs, in a pass: floats among the outputs are variables, which gradients go through.</summary>
    /// <param name="pass">The run to be part of.</param>
    /// <param name="inputs">A tensor for each input.</param>
    /// <exception cref="ArgumentException">An input is missing, is not known, or has other elements than the graph says.</exception>
    /// <exception cref="OnnxRunException">An operator cannot do what it is asked for; the message names it.</exception>
    public OnnxOutputs Forward(Pass pass, IReadOnlyDictionary<string, OnnxTensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(pass);
        ArgumentNullException.ThrowIfNull(inputs);
        Require(inputs);
        return Forward(pass, [.. graph.Inputs.Select(port => Given(pass, inputs[port.Name].Value))]);
    }

    /// <summary>Runs the graph.</summary>
    /// <param name="inputs">A tensor for each input.</param>
    /// <param name="device">Where to run; null for the CPU.</param>
    /// <returns>A tensor for each output.</returns>
    /// <exception cref="ArgumentException">An input is missing, is not known, or has other elements than the graph says.</exception>
    /// <exception cref="OnnxRunException">An operator cannot do what it is asked for; the message names it.</exception>
    public IReadOnlyDictionary<string, OnnxTensor> Run(IReadOnlyDictionary<string, OnnxTensor> inputs, Device? device = null)
    {
        using var pass = Pass.Infer(device ?? Device.Cpu);
        var outputs = Forward(pass, inputs);
        return outputs.Names.ToDictionary(name => name, outputs.Tensor, StringComparer.Ordinal);
    }

    /// <summary>Records the forward pass of inputs like these, to be run again and again without allocating.</summary>
    /// <param name="device">Where to run.</param>
    /// <param name="example">Their shapes count, and the value of what is a single whole number: a rate, a switch.</param>
    /// <exception cref="OnnxRunException">An operator reads numbers on the host, which a recording cannot; the message names it.</exception>
    public CapturedOnnx Capture(Device device, IReadOnlyDictionary<string, OnnxTensor> example)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(example);
        Require(example);
        return new CapturedOnnx(this, device, example);
    }

    internal OnnxOutputs Forward(Pass pass, Value?[] inputs)
    {
        // a forward is of the weights between two changes of them; a graph without any has nothing to wait for
        if (anyWeight is null) return Results();
        using var reading = pass.ReadWeights(anyWeight.Lock);
        return Results();

        OnnxOutputs Results()
        {
            var results = program.Run(pass, inputs, []);
            return new OnnxOutputs([.. graph.Outputs.Select((port, at) => (port.Name, results[at]))]);
        }
    }

    private static Value Given(Pass pass, HostValue value) => value.Element == Elements.Single
        ? new DeviceValue(Conversion.ToVariable(value, pass)) : value;

    private void Require(IReadOnlyDictionary<string, OnnxTensor> inputs)
    {
        foreach (var port in graph.Inputs)
        {
            if (!inputs.TryGetValue(port.Name, out var given))
            {
                string names = string.Join(", ", graph.Inputs.Select(input => Printable.Text(input.Name)));
                throw new ArgumentException($"{Name}: the input '{Printable.Text(port.Name)}' is missing; it takes {names}");
            }
            if (port.Element is { } element && element != given.Value.Element)
                throw new ArgumentException($"{Name}: the input '{Printable.Text(port.Name)}' is of {given.ElementType}, and the graph takes {element.Name}");
        }
        foreach (string name in inputs.Keys)
            if (graph.Inputs.All(port => port.Name != name))
                throw new ArgumentException($"{Name} has no input '{Printable.Text(name)}'{NearName.Hint(name, graph.Inputs.Select(port => port.Name))}");
    }
}

/// <summary>What a graph made of its inputs in a pass.</summary>
public sealed class OnnxOutputs
{
    private readonly (string Name, Value? Value)[] values;

    internal OnnxOutputs((string Name, Value? Value)[] values) => this.values = values;

    /// <summary>The outputs' names, in the order of the file.</summary>
    public IEnumerable<string> Names => values.Select(value => value.Name);

    /// <summary>An output of floats.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    /// <exception cref="InvalidOperationException">It is of other elements: use <see cref="Tensor"/>.</exception>
    public Variable this[string name] => Find(name) is DeviceValue { Element.IsFloating: true } device
        ? device.Variable : throw new InvalidOperationException($"the output '{name}' is no variable of floats: read it as a tensor");

    /// <summary>An output as a tensor on the host.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    /// <exception cref="InvalidOperationException">It is a sequence.</exception>
    public OnnxTensor Tensor(string name) => Find(name) switch
    {
        DeviceValue device => new OnnxTensor(Conversion.ToHost(device)),
        HostValue host => new OnnxTensor(host),
        _ => throw new InvalidOperationException($"the output '{name}' is a sequence or nothing, and no tensor"),
    };

    internal Value? Find(string name)
    {
        foreach (var value in values)
            if (value.Name == name) return value.Value;
        throw new KeyNotFoundException($"there is no output '{name}'; there are {string.Join(", ", Names)}");
    }
}
