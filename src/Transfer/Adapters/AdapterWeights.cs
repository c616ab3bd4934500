using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>PEFT's <c>adapter_model.safetensors</c>, and the older <c>adapter_model.bin</c>: every key is the base's behind
/// <c>base_model.model.</c>.</summary>
internal static class AdapterWeights
{
    private const string FileName = "adapter_model.safetensors";
    private const string PickleName = "adapter_model.bin";
    private const string Prefix = "base_model.model.";
    private const string Counter = "num_batches_tracked";

    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    /// <summary>Fills the adapters of a plan and puts the values of its whole modules aside.</summary>
    /// <returns>The whole modules that the file has.</returns>
    /// <exception cref="CheckpointException">The file is missing or damaged, or not what the plan needs.</exception>
    public static IReadOnlyList<SavedModule> Read(string folder, AdapterPlan plan)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path) && File.Exists(Path.Combine(folder, PickleName))) path = Path.Combine(folder, PickleName);
        using var checkpoint = Checkpoint.Open(path);
        var unread = checkpoint.Tensors.Select(static tensor => tensor.Key).ToHashSet(StringComparer.Ordinal);
        // what a task only implies may be left as the base has it
        var saved = plan.Saved.Where(module => module.IsNamed || module.Tensors.Any(tensor => unread.Contains(Prefix + tensor.Name))).ToList();
        var tensors = plan.Slots.SelectMany(static slot => slot.Tensors).ToList();
        foreach (var tensor in tensors) Check(tensor.Key, tensor.Shape);
        foreach (var tensor in saved.SelectMany(static module => module.Tensors)) Check(tensor.Name, tensor.Shape);
        unread.RemoveWhere(key => key.EndsWith($".{Counter}", StringComparison.Ordinal) && saved.Exists(module => key.StartsWith($"{Prefix}{module.Key}.", StringComparison.Ordinal)));
        if (unread.Count > 0)
            throw new CheckpointException(path, $"has tensors for which the model or adapter_config.json has no place: {Printable.Some(unread.Order(StringComparer.Ordinal))}");
        try
        {
            foreach (var tensor in tensors) tensor.Fill(Numbers(tensor.Key, tensor.Shape));
            foreach (var module in saved)
                for (int i = 0; i < module.Tensors.Count; i++) module.Set(i, Numbers(module.Tensors[i].Name, module.Tensors[i].Shape));
        }
        catch
        {
            foreach (var parameter in plan.Slots.SelectMany(static slot => slot.Parameters)) parameter.GiveBack();
            throw;
        }
        return saved;

        void Check(string key, Shape shape)
        {
            if (!checkpoint.TryGet(Prefix + key, out var tensor))
                throw new CheckpointException(path, $"has no tensor '{Prefix}{key}' {shape}: it is of another model, or of other settings than adapter_config.json's");
            if (tensor.Shape != shape)
                throw new CheckpointException(path, $"tensor '{Prefix}{key}' is {tensor.Shape}, and {shape} in the model by adapter_config.json: it is of another model or rank");
            tensor.RequireReadable();
            unread.Remove(tensor.Key);
        }

        float[] Numbers(string key, Shape shape)
        {
            var numbers = new float[shape.ElementCount];
            checkpoint[Prefix + key].CopyTo(numbers);
            foreach (float number in numbers)
                if (!float.IsFinite(number))
                    throw new CheckpointException(path, $"tensor '{Prefix}{key}' holds {number}, and adapters are finite: save it again from a training that went well");
            return numbers;
        }
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string folder, IReadOnlyList<AdapterSlot> slots, IReadOnlyList<SavedModule> saved, bool areSavedAside)
    {
        var adapters = slots.SelectMany(static slot => slot.Tensors).Select(static tensor => TensorEntry.From(Prefix + tensor.Key, tensor.Shape, tensor.Read()));
        var modules = saved.SelectMany(module => module.Tensors.Select((tensor, i) => TensorEntry.From(Prefix + tensor.Name, tensor.Shape, module.Learnt(i, areSavedAside))));
        SafetensorsWriter.Write(Path.Combine(folder, FileName), adapters.Concat(modules), Metadata);
    }
}
