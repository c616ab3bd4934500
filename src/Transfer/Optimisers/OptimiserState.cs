using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

public abstract partial class Optimiser
{
    private const string StepsKey = ".steps";
    private const string FirstKey = ".first";
    private const string SecondKey = ".second";

    /// <summary>Writes the state of each parameter (PyTorch's <c>state_dict</c>, without the settings) as safetensors, so that a training
    /// can be resumed: <c>group/parameter.steps</c>, <c>.first</c>, <c>.second</c>.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void SaveState(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        SafetensorsWriter.Write(path, Remembered());
    }

    /// <summary>Loads what <see cref="SaveState"/> wrote, of an optimiser of the same kind over groups of the same names and
    /// parameters.</summary>
    /// <exception cref="CheckpointException">The file is of another kind of optimiser or of other groups; nothing was changed.</exception>
    public void LoadState(string path)
    {
        using var checkpoint = Checkpoint.Open(path);
        var read = new Dictionary<Parameter, State>();
        int taken = 0;
        try
        {
            foreach (var (name, parameter) in Groups.Named())
            {
                if (!checkpoint.TryGet(name + StepsKey, out var steps)) continue;
                var first = StateCount > 0 ? Read(checkpoint, name + FirstKey, parameter) : null;
                var second = StateCount > 1 ? Read(checkpoint, name + SecondKey, parameter) : null;
                var count = new float[1];
                steps.CopyTo(count);
                read.Add(parameter, new State(first, second) { Steps = (int)count[0] });
                taken += 1 + StateCount;
            }
            if (taken != checkpoint.Tensors.Count)
                throw new CheckpointException(
                    path, $"has {checkpoint.Tensors.Count} tensors, of which {taken} are of this optimiser and its groups: load it into those that it was saved of");
        }
        catch
        {
            foreach (var state in read.Values) state.Dispose();
            throw;
        }
        Take(read);
    }

    /// <inheritdoc cref="IResumable.WriteState"/>
    internal void WriteState(StateWriter writer)
    {
        foreach (var (name, parameter) in Groups.Named())
        {
            if (!states.TryGetValue(parameter, out var state)) continue;
            writer.WholeNumber(name + StepsKey, state.Steps);
            if (state.First is not null) writer.Tensor(name + FirstKey, state.First);
            if (state.Second is not null) writer.Tensor(name + SecondKey, state.Second);
        }
    }

    /// <summary>Takes over what <see cref="WriteState"/> wrote.</summary>
    /// <exception cref="CheckpointException">It is of another kind of optimiser or of other groups; nothing was changed.</exception>
    internal void ReadState(StateReader reader)
    {
        var read = new Dictionary<Parameter, State>();
        try
        {
            foreach (var (name, parameter) in Groups.Named())
            {
                if (!reader.Has(name + StepsKey)) continue;
                int steps = reader.Count(name + StepsKey);
                var first = StateCount > 0 ? reader.Tensor(name + FirstKey, parameter.Shape, parameter.Value.Device) : null;
                var second = StateCount > 1 ? reader.Tensor(name + SecondKey, parameter.Shape, parameter.Value.Device) : null;
                read.Add(parameter, new State(first, second) { Steps = steps });
            }
        }
        catch
        {
            foreach (var state in read.Values) state.Dispose();
            throw;
        }
        Take(read);
    }

    private void Take(Dictionary<Parameter, State> read)
    {
        foreach (var state in states.Values) state.Dispose();
        states.Clear();
        foreach (var (parameter, state) in read) states.Add(parameter, state);
    }

    private IEnumerable<TensorEntry> Remembered()
    {
        foreach (var (name, parameter) in Groups.Named())
        {
            if (!states.TryGetValue(parameter, out var state)) continue;
            yield return TensorEntry.From(name + StepsKey, [], new float[] { state.Steps });
            if (state.First is not null) yield return TensorEntry.From(name + FirstKey, state.First);
            if (state.Second is not null) yield return TensorEntry.From(name + SecondKey, state.Second);
        }
    }

    private static Tensor<float> Read(Checkpoint checkpoint, string key, Parameter parameter)
    {
        if (!checkpoint.TryGet(key, out var stored))
            throw new CheckpointException(checkpoint.Path, $"lacks '{key}': it was saved of another kind of optimiser");
        if (stored.Shape != parameter.Shape)
            throw new CheckpointException(
                checkpoint.Path, $"has '{key}' as {stored.Shape} and the parameter is {parameter.Shape}: it was saved of another model");
        var numbers = new float[stored.ElementCount];
        stored.CopyTo(numbers);
        return Tensor.From<float>(parameter.Shape, numbers, parameter.Value.Device);
    }
}
