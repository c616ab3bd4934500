using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>One run of a captured pass: inputs are written, the recording runs, outputs are read. Until it is disposed of, other threads
/// that run the same recording wait.</summary>
public readonly ref struct CapturedRun
{
    private readonly Captured captured;

    internal CapturedRun(Captured captured) => this.captured = captured;

    /// <summary>Writes an input; all inputs are written before each <see cref="Run"/>.</summary>
    /// <param name="name">The input.</param>
    /// <param name="values">Its values, row-major.</param>
    /// <exception cref="ArgumentException">There is no such input, or it has other elements.</exception>
    /// <exception cref="ShapeException">There are not as many values as the input has elements.</exception>
    public void Write<T>(string name, ReadOnlySpan<T> values) where T : unmanaged
    {
        int input = captured.IndexOfInput(name);
        var tensor = captured.InputAt<T>(input);
        if (values.Length != tensor.ElementCount) Captured.Misfit($"input '{name}'", values.Length, tensor.Shape);
        tensor.CopyFrom(values);
        captured.NoteWritten(input);
    }

    /// <summary>As the other, of a tensor on the same device.</summary>
    /// <param name="name">The input.</param>
    /// <param name="values">Of the input's shape, in any memory order.</param>
    /// <exception cref="ArgumentException">There is no such input, it has other elements, or the tensor is on another device.</exception>
    /// <exception cref="ShapeException">The tensor has another shape.</exception>
    public void Write<T>(string name, Tensor<T> values) where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(values);
        int input = captured.IndexOfInput(name);
        var tensor = captured.InputAt<T>(input);
        captured.RequireFits($"input '{name}'", values, tensor.Shape);
        captured.Device.Copy(values, tensor);
        captured.NoteWritten(input);
    }

    /// <summary>Runs the recording.</summary>
    /// <exception cref="InvalidOperationException">An input was not written since the last run, or the model was used on another device
    /// since: capture it again.</exception>
    public void Run() => captured.RunWritten();

    /// <summary>Copies what the run left.</summary>
    /// <param name="name">The output.</param>
    /// <param name="values">Receives its values, row-major.</param>
    /// <exception cref="ArgumentException">There is no such output, or it has other elements.</exception>
    /// <exception cref="ShapeException">The span is not of as many elements as the output.</exception>
    /// <exception cref="InvalidOperationException">The recording has not run since an input was written.</exception>
    public void Read<T>(string name, Span<T> values) where T : unmanaged
    {
        var tensor = captured.OutputAt<T>(captured.IndexOfOutput(name));
        if (values.Length != tensor.ElementCount) Captured.Misfit($"output '{name}'", values.Length, tensor.Shape);
        captured.RequireRun(name);
        tensor.CopyTo(values);
    }

    /// <summary>Lets other threads run the recording.</summary>
    public void Dispose() => captured.End();
}
