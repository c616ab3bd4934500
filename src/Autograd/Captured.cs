using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>An inference pass for inputs of fixed shapes, recorded once (a CUDA graph, <c>torch.jit.freeze</c>): what depends on parameters
/// alone is computed beforehand (constant folding), intermediates share one planned block of memory, and a replay only makes the kernels'
/// calls. The results are those of the eager pass, bit for bit.</summary>
/// <remarks>Where parameters change, by training or by loading, the next run recomputes what was folded from them, after a change in
/// progress has ended. Several threads may run it; they take turns, as they share the memory and the state.</remarks>
/// <example><code>
/// using var captured = model.Capture(Device.Cpu, [1, 3, 224, 224]);
/// captured.Run(pixels, logits);
///
/// using var counting = Captured.Record(Device.Cpu, capture =>
/// {
///     var ids = capture.Input&lt;int&gt;("ids", [8]);
///     var seen = capture.State&lt;float&gt;("seen", [8, 16]);
///     var rows = capture.Pass.Of(table).Embedding(ids);
///     capture.Pass.Device.Zip(default(Add), seen, rows.Value, seen);      // what the next run reads
///     capture.Output("sum", capture.Pass.Constant(seen));
/// });
/// using (var run = counting.Begin())
/// {
///     run.Write&lt;int&gt;("ids", ids);
///     run.Run();
///     run.Read&lt;float&gt;("sum", sums);
/// }
/// </code></example>
public sealed class Captured : IDisposable
{
    /// <summary>The most inputs that a recording may have.</summary>
    private const int MostInputs = 64;

    private readonly Lock oneAtATime = new();
    private readonly WeightLock[] weights;
    private readonly Replay replay;
    private readonly NamedTensor[] inputs;
    private readonly NamedTensor[] outputs;
    private readonly NamedTensor[] states;

    /// <summary>The first input in the order of memory that the first kernel reads, where a replay's first call brings it there; else the
    /// input.</summary>
    private readonly ITensor? ordered;

    /// <summary>The inputs that have been written in the current run, a bit each.</summary>
    private ulong written;

    /// <summary>Whether the outputs are those of the inputs that were written last.</summary>
    private bool hasRun;
    private bool isDisposed;

    private Captured(Device device, WeightLock[] weights, Replay replay, Capture capture, Tensor<float>? ordered)
    {
        Device = device;
        this.weights = weights;
        this.replay = replay;
        inputs = [.. capture.Inputs.Select(Placed)];
        outputs = [.. capture.Outputs.Select(Placed)];
        states = [.. capture.States.Select(Placed)];
        (Inputs, Outputs) = (Array.ConvertAll(inputs, Described), Array.ConvertAll(outputs, Described));
        this.ordered = ordered is null ? null : Replay.Placed(ordered);
    }

    /// <summary>The device that it runs on.</summary>
    public Device Device { get; }

    /// <summary>The inputs, in the order in which the recording named them.</summary>
    public IReadOnlyList<CapturedTensor> Inputs { get; }

    /// <summary>The outputs, in the order in which the recording named them.</summary>
    public IReadOnlyList<CapturedTensor> Outputs { get; }

    /// <summary>The first input's shape.</summary>
    public Shape InputShape => inputs[0].Shape;

    /// <summary>The first output's shape.</summary>
    public Shape OutputShape => outputs[0].Shape;

    /// <summary>Bytes of memory for the intermediates of a run and for its inputs and outputs. Parameters, folded constants and state are
    /// not counted.</summary>
    public long PlannedBytes => replay.PlannedBytes;

    internal Replay Replay => replay;

    /// <summary>Records a pass.</summary>
    /// <param name="device">Where to run.</param>
    /// <param name="forward">Names the inputs, computes in the pass, and names the outputs; it is called once.</param>
    /// <exception cref="NotSupportedException">The pass does what cannot be recorded: it reads values on the host, or trains.</exception>
    /// <exception cref="ArgumentException">There is no input or no output, or more inputs than 64.</exception>
    public static Captured Record(Device device, Action<Capture> forward)
    {
        ArgumentNullException.ThrowIfNull(forward);
        return Record(device, capture =>
        {
            forward(capture);
            return null;
        });
    }

    /// <summary>Records what a function makes of one variable: the input <c>input</c> and the output <c>output</c>, for
    /// <see cref="Run(ReadOnlySpan{float}, Span{float})"/>.</summary>
    /// <param name="device">Where to run.</param>
    /// <param name="shape">The lengths of the variable's axes.</param>
    /// <param name="forward">It is called once.</param>
    /// <param name="format">The memory order in which the variable is given to it; a run brings its input there.</param>
    /// <exception cref="NotSupportedException">The pass does what cannot be recorded: it reads values on the host, or trains.</exception>
    public static Captured Record(Device device, Shape shape, Func<Variable, Variable> forward, MemoryFormat format = MemoryFormat.Contiguous)
    {
        ArgumentNullException.ThrowIfNull(forward);
        return Record(device, capture =>
        {
            var input = capture.Input<float>("input", shape);
            var ordered = format == MemoryFormat.ChannelsLast ? capture.Pass.ChannelsLast(input) : input;
            capture.Output("output", forward(capture.Pass.Constant(ordered)));
            return ordered == input ? null : ordered;
        });
    }

    private static Captured Record(Device device, Func<Capture, Tensor<float>?> forward)
    {
        ArgumentNullException.ThrowIfNull(device);
        var recorder = new Recorder(device);
        using var pass = Pass.Infer(recorder);
        var capture = new Capture(recorder, pass);
        var ordered = forward(capture);
        if (capture.Inputs.Count is 0 or > MostInputs || capture.Outputs.Count == 0)
            throw new ArgumentException($"capture: a recording has 1 to {MostInputs} inputs and at least one output, not {capture.Inputs.Count} and {capture.Outputs.Count}");
        var weights = pass.Locks.ToArray();
        using var reading = new WeightReading(weights);
        return new Captured(device, weights, recorder.Finish([.. capture.Outputs.Select(output => output.Tensor)]), capture, ordered);
    }

    /// <summary>Begins a run: other threads wait until what is returned is disposed of.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public CapturedRun Begin()
    {
        oneAtATime.Enter();
        (written, hasRun) = (0, false);
        if (!isDisposed) return new CapturedRun(this);
        oneAtATime.Exit();
        throw new ObjectDisposedException(nameof(Captured));
    }

    /// <summary>Runs the recording on one input.</summary>
    /// <param name="input">The values of an input of <see cref="InputShape"/>, row-major.</param>
    /// <param name="output">Receives the values of the output of <see cref="OutputShape"/>, row-major.</param>
    /// <exception cref="ShapeException">The spans are not of as many elements as the shapes.</exception>
    /// <exception cref="InvalidOperationException">The recording has several inputs or outputs, or the model was used on another device
    /// since: capture it again.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public void Run(ReadOnlySpan<float> input, Span<float> output)
    {
        var (given, result) = OnlyOnes();
        if (input.Length != given.ElementCount) Misfit("input", input.Length, given.Shape);
        if (output.Length != result.ElementCount) Misfit("output", output.Length, result.Shape);
        lock (oneAtATime)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            given.CopyFrom(input);
            RunFrom(first: 0);
            result.CopyTo(output);
        }
    }

    /// <summary>As <see cref="Run(ReadOnlySpan{float}, Span{float})"/>, of a tensor on the same device.</summary>
    /// <exception cref="ShapeException">The input has another shape, or the output another number of elements.</exception>
    /// <exception cref="ArgumentException">The input is on another device.</exception>
    /// <exception cref="InvalidOperationException">The recording has several inputs or outputs, or the model was used on another device
    /// since: capture it again.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public void Run(Tensor<float> input, Span<float> output)
    {
        ArgumentNullException.ThrowIfNull(input);
        var (given, result) = OnlyOnes();
        RequireFits("input", input, given.Shape);
        if (output.Length != result.ElementCount) Misfit("output", output.Length, result.Shape);
        lock (oneAtATime)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            // a tensor may have any strides, so the copy makes it contiguous
            Device.Copy(input, (Tensor<float>?)ordered ?? given);
            RunFrom(first: ordered is null ? 0 : 1);
            result.CopyTo(output);
        }
    }

    /// <summary>The memory of a state, which lives as long as the recording. It may be read and written between runs, by one thread at a time.</summary>
    /// <param name="name">What the recording calls it.</param>
    /// <exception cref="ArgumentException">There is no such state, or it has other elements.</exception>
    public Tensor<T> State<T>(string name) where T : unmanaged => At<T>(states[IndexOf(name, states, "state")], "state");

    /// <summary>Fills all state with zeros, as before the first run.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public void Reset()
    {
        lock (oneAtATime)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            replay.Reset();
        }
    }

    /// <summary>Gives all memory back, after the run that is under way.</summary>
    public void Dispose()
    {
        lock (oneAtATime)
        {
            isDisposed = true;
            replay.Dispose();
        }
    }

    /// <summary>Ends what <see cref="Begin"/> began.</summary>
    internal void End() => oneAtATime.Exit();

    internal void NoteWritten(int input)
    {
        written |= 1UL << input;
        hasRun = false;
    }

    /// <summary>Runs the recording. All inputs have to be written anew before it, as a run reuses their memory for intermediates.</summary>
    internal void RunWritten()
    {
        for (int i = 0; i < inputs.Length; i++)
        {
            if ((written & (1UL << i)) == 0)
                throw new InvalidOperationException($"captured: the input '{inputs[i].Name}' was not written: each run is given all of its inputs ({Names(inputs)})");
        }
        written = 0;
        RunFrom(first: 0);
        hasRun = true;
    }

    internal void RequireRun(string output)
    {
        if (!hasRun)
            throw new InvalidOperationException(
                $"captured: the output '{output}' is not there yet: call Run after the inputs are written, and read before they are written again");
    }

    internal int IndexOfInput(string name) => IndexOf(name, inputs, "input");

    internal int IndexOfOutput(string name) => IndexOf(name, outputs, "output");

    internal Tensor<T> InputAt<T>(int at) where T : unmanaged => At<T>(inputs[at], "input");

    internal Tensor<T> OutputAt<T>(int at) where T : unmanaged => At<T>(outputs[at], "output");

    internal void RequireFits<T>(string what, Tensor<T> values, Shape shape) where T : unmanaged
    {
        if (values.Device != Device)
            throw new ArgumentException($"the tensor {values.Shape} is on {values.Device.Name}, the captured pass on {Device.Name}: make it there");
        if (values.Shape != shape)
            ShapeException.Throw("captured", $"{what} {values.Shape} does not fit {shape}", "a recording is of one shape; capture one for each");
    }

    internal static void Misfit(string what, int length, Shape shape) => ShapeException.Throw(
        "captured", $"{what} of {length} values does not fit {shape}", $"{shape} has {shape.ElementCount} elements; a recording is of one shape");

    /// <summary>Replays the recording from a call on.</summary>
    private void RunFrom(int first)
    {
        using var reading = new WeightReading(weights);
        replay.Run(first);
    }

    private (Tensor<float> Input, Tensor<float> Output) OnlyOnes() => inputs.Length == 1 && outputs.Length == 1
        ? (InputAt<float>(0), OutputAt<float>(0))
        : throw new InvalidOperationException(
            $"captured: the recording has the inputs {Names(inputs)} and the outputs {Names(outputs)}, not one of each: write and read them by name (Begin)");

    private static int IndexOf(string name, NamedTensor[] among, string what)
    {
        for (int i = 0; i < among.Length; i++)
            if (among[i].Name == name) return i;
        throw new ArgumentException($"captured: there is no {what} '{name}'; there are {Names(among)}");
    }

    private static Tensor<T> At<T>(NamedTensor named, string what) where T : unmanaged => named.Tensor as Tensor<T>
        ?? throw new ArgumentException($"captured: the {what} '{named.Name}' {named.Shape} has elements of {named.ElementType.Name}, not {typeof(T).Name}");

    private static string Names(NamedTensor[] among) => string.Join(", ", among.Select(item => $"'{item.Name}'"));

    private static CapturedTensor Described(NamedTensor named) => new(named.Name, named.Shape, named.ElementType);

    private static NamedTensor Placed(NamedTensor named) => named with { Tensor = Replay.Placed(named.Tensor) };
}

/// <summary>An input or an output of a captured pass.</summary>
/// <param name="Name">What a run calls it.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="ElementType">Its element: <c>typeof(float)</c>, <c>typeof(int)</c>.</param>
public readonly record struct CapturedTensor(string Name, Shape Shape, Type ElementType);
