using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>The forward pass of a graph for inputs of one shape each, recorded. Several threads may use it; each run waits for the one before.</summary>
public sealed class CapturedOnnx : IDisposable
{
    // the same whole numbers as floats, where a graph computes with them
    private const string AsFloats = ":float";

    private readonly Captured captured;
    private readonly List<(string Name, Element Element, int[] Dims, bool HasFloats, int Rows)> inputs = [];

    internal CapturedOnnx(OnnxModel model, Device device, IReadOnlyDictionary<string, OnnxTensor> example)
    {
        var floats = new HashSet<string>(StringComparer.Ordinal);
        var taken = new List<(OnnxPort Port, IdBound Bound)>();
        captured = Captured.Record(device, capture =>
        {
            var values = model.Inputs.Select(port => Value(capture, port, example[port.Name].Value, floats, taken)).ToArray();
            var outputs = model.Forward(capture.Pass, values);
            foreach (string name in outputs.Names)
                capture.Output(name, outputs.Find(name) is DeviceValue value ? value.Variable : throw new ArgumentException(
                    $"captured: the output '{name}' does not follow from the inputs' numbers, so there is nothing to record"));
        });
        OutputNames = [.. captured.Outputs.Select(output => output.Name)];
        foreach (var (port, bound) in taken)
            inputs.Add((port.Name, example[port.Name].Value.Element, example[port.Name].Value.Dims, floats.Contains(port.Name), bound.Rows));
    }

    /// <summary>The outputs, in the order in which a run fills them.</summary>
    public IReadOnlyList<string> OutputNames { get; }

    /// <summary>Bytes of memory for the intermediates of a run and for its inputs and outputs.</summary>
    public long PlannedBytes => captured.PlannedBytes;

    /// <summary>The shape of an output.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public Shape OutputShape(string name)
    {
        foreach (var output in captured.Outputs)
            if (output.Name == name) return output.Shape;
        throw new ArgumentException($"captured: there is no output '{name}'; there are {string.Join(", ", OutputNames)}");
    }

    /// <summary>Runs the recording.</summary>
    /// <param name="tensors">A tensor for each input, of the shape that was recorded; what was a single whole number is not read.</param>
    /// <param name="results">An array for each of <see cref="OutputNames"/>, filled row-major.</param>
    /// <exception cref="ArgumentException">An input is missing or has other elements, or there is not an array for each output.</exception>
    /// <exception cref="ShapeException">An input or an array is of another shape.</exception>
    public void Run(IReadOnlyDictionary<string, OnnxTensor> tensors, params ReadOnlySpan<float[]> results)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        if (results.Length != OutputNames.Count) throw new ArgumentException($"captured: {results.Length} arrays are not one for each of the outputs {string.Join(", ", OutputNames)}");
        using var run = captured.Begin();
        foreach (var (name, element, dims, hasFloats, rows) in inputs)
        {
            if (!tensors.TryGetValue(name, out var given)) throw new ArgumentException($"captured: the input '{name}' is missing");
            if (given.Value.Element != element || !given.Value.Dims.AsSpan().SequenceEqual(dims))
                throw new ArgumentException($"captured: the input '{name}' is {given}, and was recorded as {element.Name} [{string.Join(", ", dims)}]; capture one for each shape");
            if (element == Elements.Single)
            {
                run.Write<float>(name, given.Value.ToSingles());
                continue;
            }
            int[] numbers = Array.ConvertAll(given.Value.ToInt64s(), number => checked((int)number));
            if (rows < int.MaxValue && numbers.AsSpan().ContainsAnyExceptInRange(0, rows - 1))
                throw new ArgumentException($"captured: '{name}' has an id outside of the table of {rows} rows that it is looked up in");
            run.Write<int>(name, numbers);
            if (hasFloats) run.Write<float>(name + AsFloats, Array.ConvertAll(numbers, number => (float)number));
        }
        run.Run();
        for (int i = 0; i < results.Length; i++) run.Read<float>(OutputNames[i], results[i]);
    }

    /// <summary>Gives all memory back, after the run that is under way.</summary>
    public void Dispose() => captured.Dispose();

    private static Value Value(Capture capture, OnnxPort port, HostValue example, HashSet<string> floats, List<(OnnxPort Port, IdBound Bound)> taken)
    {
        // a single whole number decides what is computed: it is the example's
        if (example.Rank == 0 || example.Element == Elements.Text) return example;
        var bound = new IdBound();
        taken.Add((port, bound));
        var shape = new Shape(example.Dims);
        if (example.Element == Elements.Single) return new DeviceValue(capture.Input(port.Name, shape));
        if (!example.Element.IsInteger && example.Element != Elements.Bool)
            throw new ArgumentException($"captured: the input '{port.Name}' is of {example.Element.Name}, and a recording takes float32, whole numbers and truth values");
        return new DeviceValue(
            example.Dims,
            () =>
            {
                floats.Add(port.Name);
                return capture.Input(port.Name + AsFloats, shape);
            },
            example.Element, capture.Input<int>(port.Name, shape), bound);
    }
}
