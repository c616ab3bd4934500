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
            foreach (var (name, parameter) in Named())
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
        foreach (var state in states.Values) state.Dispose();
        states.Clear();
        foreach (var (parameter, state) in read) states.Add(parameter, state);
    }

    private IEnumerable<(string Name, Parameter Parameter)> Named() =>
        Groups.SelectMany(static group => group.Parameters.Select(parameter => ($"{group.Name}/{parameter.Name}", parameter)));

    private IEnumerable<TensorEntry> Remembered()
    {
        foreach (var (name, parameter) in Named())
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
