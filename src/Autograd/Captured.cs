using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>A pass of inference for inputs of one shape, recorded once: what depends on parameters alone is computed beforehand, the
/// memory between input and output is planned as one block, and a run makes the kernels' calls and nothing else. The numbers are
/// those of the eager pass, bit by bit.</summary>
/// <remarks>Where parameters change, by training or by loading, the next run computes anew what was made of them; a change that is under
/// way is waited for. Several threads may call <see cref="Run(ReadOnlySpan{float}, Span{float})"/>; one waits for the other, as they share the memory.</remarks>
/// <example><code>
/// using var captured = model.Capture(Device.Cpu, [1, 3, 224, 224]);
/// captured.Run(pixels, logits);
/// </code></example>
public sealed class Captured : IDisposable
{
    private readonly Lock oneAtATime = new();
    private readonly WeightLock[] weights;
    private readonly Replay replay;
    private readonly Tensor<float> input;
    private readonly Tensor<float> ordered;
    private readonly Tensor<float> output;
    private bool isDisposed;

    /// <param name="device">Where to run.</param>
    /// <param name="weights">What keeps the weights that it reads whole.</param>
    /// <param name="replay">The recording.</param>
    /// <param name="input">What numbers of the host are copied to.</param>
    /// <param name="ordered">The input in the order of memory that the first kernel reads, where a replay's first call brings it there;
    /// else the input.</param>
    /// <param name="output">What is copied from.</param>
    private Captured(Device device, WeightLock[] weights, Replay replay, Tensor<float> input, Tensor<float> ordered, Tensor<float> output)
    {
        Device = device;
        this.weights = weights;
        this.replay = replay;
        this.input = input;
        this.ordered = ordered;
        this.output = output;
    }

    /// <summary>The device that it runs on.</summary>
    public Device Device { get; }

    /// <summary>The lengths of the input's axes.</summary>
    public Shape InputShape => input.Shape;

    /// <summary>The lengths of the output's axes.</summary>
    public Shape OutputShape => output.Shape;

    /// <summary>Bytes of memory for all that a run computes, the copy of its input and its output among them. Parameters and what was
    /// made of them beforehand are not counted.</summary>
    public long PlannedBytes => replay.PlannedBytes;

    internal Replay Replay => replay;

    /// <summary>Runs the recording on one input.</summary>
    /// <param name="input">The numbers of an input of <see cref="InputShape"/>, in the order of its axes.</param>
    /// <param name="output">Where the numbers of the output go, in the order of the axes of <see cref="OutputShape"/>.</param>
    /// <exception cref="ShapeException">There are not as many numbers as the shapes have places.</exception>
    /// <exception cref="InvalidOperationException">The model was used on another device since: capture it again.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public void Run(ReadOnlySpan<float> input, Span<float> output)
    {
        if (input.Length != InputShape.ElementCount) Misfit("input", input.Length, InputShape);
        if (output.Length != OutputShape.ElementCount) Misfit("output", output.Length, OutputShape);
        lock (oneAtATime)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            this.input.CopyFrom(input);
            using (new WeightReading(weights)) replay.Run();
            this.output.CopyTo(output);
        }
    }

    /// <summary>As <see cref="Run(ReadOnlySpan{float}, Span{float})"/>, of a tensor on the same device.</summary>
    /// <exception cref="ShapeException">The input has another shape, or the output another number of places.</exception>
    /// <exception cref="ArgumentException">The input is on another device.</exception>
    /// <exception cref="InvalidOperationException">The model was used on another device since: capture it again.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public void Run(Tensor<float> input, Span<float> output)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Device != Device)
            throw new ArgumentException($"the tensor {input.Shape} is on {input.Device.Name}, the captured pass on {Device.Name}: make it there");
        if (input.Shape != InputShape)
            ShapeException.Throw("captured", $"input {input.Shape} does not fit {InputShape}", "a recording is of one shape; capture one for each");
        if (output.Length != OutputShape.ElementCount) Misfit("output", output.Length, OutputShape);
        lock (oneAtATime)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            // a tensor may have any strides, so it is brought in order on the way
            Device.Copy(input, ordered);
            using (new WeightReading(weights)) replay.Run(first: ordered == this.input ? 0 : 1);
            this.output.CopyTo(output);
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

    /// <summary>Records what a function makes of an input of that shape, given in the order of its axes or with its channels innermost.</summary>
    internal static Captured Of(Device device, Shape shape, Func<Variable, Variable> forward, MemoryFormat format = MemoryFormat.Contiguous)
    {
        ArgumentNullException.ThrowIfNull(device);
        var recorder = new Recorder(device);
        var input = recorder.Input<float>(shape);
        using var pass = Pass.Infer(recorder);
        var ordered = format == MemoryFormat.ChannelsLast ? pass.ChannelsLast(input) : input;
        var output = pass.Contiguous(forward(pass.Constant(ordered)).Value);
        var weights = pass.Locks.ToArray();
        Replay replay;
        using (new WeightReading(weights)) replay = recorder.Finish(output);
        var placed = Replay.Placed(input);
        return new Captured(device, weights, replay, placed, ordered == input ? placed : Replay.Placed(ordered), Replay.Placed(output));
    }

    private static void Misfit(string what, int length, Shape shape) => ShapeException.Throw(
        "captured", $"{what} of {length} numbers does not fit {shape}", $"{shape} has {shape.ElementCount} places; a recording is of one shape");
}
