using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>A pass of inference while it is being recorded (<see cref="Captured.Record(Device, Action{Capture})"/>): it names inputs,
/// outputs, and state that persists between replays (as a CUDA graph's static tensors).</summary>
public sealed class Capture
{
    private readonly Recorder recorder;
    private readonly List<NamedTensor> inputs = [];
    private readonly List<NamedTensor> outputs = [];
    private readonly List<NamedTensor> states = [];

    internal Capture(Recorder recorder, Pass pass)
    {
        this.recorder = recorder;
        Pass = pass;
    }

    /// <summary>The pass that is recorded; nothing is computed yet, so values may not be read on the host.</summary>
    public Pass Pass { get; }

    internal IReadOnlyList<NamedTensor> Inputs => inputs;

    internal IReadOnlyList<NamedTensor> Outputs => outputs;

    internal IReadOnlyList<NamedTensor> States => states;

    /// <summary>An input, written before each run: token ids, lengths.</summary>
    /// <param name="name">What <see cref="CapturedRun.Write{T}(string, ReadOnlySpan{T})"/> calls it.</param>
    /// <param name="shape">Its shape.</param>
    /// <typeparam name="T">Its element type.</typeparam>
    /// <exception cref="ArgumentException">There is an input of that name.</exception>
    public Tensor<T> Input<T>(string name, Shape shape) where T : unmanaged
    {
        Require(name, inputs, "input");
        var tensor = recorder.Input<T>(shape);
        inputs.Add(new NamedTensor(name, shape, typeof(T), tensor));
        return tensor;
    }

    /// <summary>As <see cref="Input{T}(string, Shape)"/>, as a variable: images.</summary>
    /// <param name="name">What <see cref="CapturedRun.Write{T}(string, ReadOnlySpan{T})"/> calls it.</param>
    /// <param name="shape">Its shape.</param>
    /// <exception cref="ArgumentException">There is an input of that name.</exception>
    public Variable Input(string name, Shape shape) => Pass.Constant(Input<float>(name, shape));

    /// <summary>State that persists between runs: kernels of the recording read what the last run left and overwrite it, as a key-value
    /// cache. It starts as zeros (<see cref="Captured.Reset"/>).</summary>
    /// <param name="name">What it is, for error messages.</param>
    /// <param name="shape">Its shape.</param>
    /// <typeparam name="T">Its element type.</typeparam>
    /// <exception cref="ArgumentException">There is a state of that name.</exception>
    public Tensor<T> State<T>(string name, Shape shape) where T : unmanaged
    {
        Require(name, states, "state");
        var tensor = recorder.State<T>(shape);
        states.Add(new NamedTensor(name, shape, typeof(T), tensor));
        return tensor;
    }

    /// <summary>An output, read after each run.</summary>
    /// <param name="name">What <see cref="CapturedRun.Read{T}(string, Span{T})"/> calls it.</param>
    /// <param name="value">Computed in the pass.</param>
    /// <exception cref="ArgumentException">There is an output of that name.</exception>
    public void Output(string name, Variable value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Output(name, Pass.Contiguous(value.Value));
    }

    /// <summary>An output of any element type.</summary>
    /// <param name="name">What <see cref="CapturedRun.Read{T}(string, Span{T})"/> calls it.</param>
    /// <param name="value">Computed in the pass, contiguous.</param>
    /// <exception cref="ArgumentException">There is an output of that name, or the tensor is not contiguous.</exception>
    public void Output<T>(string name, Tensor<T> value) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(value);
        Require(name, outputs, "output");
        if (!value.IsContiguous)
            throw new ArgumentException($"capture: the output '{name}' {value.Shape} is not in the order of its axes in memory: copy it into a tensor that is");
        outputs.Add(new NamedTensor(name, value.Shape, typeof(T), value));
    }

    private static void Require(string name, List<NamedTensor> others, string what)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        foreach (var other in others)
            if (other.Name == name) throw new ArgumentException($"capture: the name '{name}' is taken by another {what}: give each a name of its own");
    }
}

/// <summary>An input, an output or a state of a captured pass, and its memory.</summary>
internal readonly record struct NamedTensor(string Name, Shape Shape, Type ElementType, ITensor Tensor);
