using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>The weights of adapters: PEFT's <c>adapter_model.safetensors</c> or the older <c>adapter_model.bin</c>, whose keys are the base's behind
/// <c>base_model.model.</c>, or AdapterHub's files.</summary>
internal static class AdapterWeights
{
    private const string Counter = "num_batches_tracked";

    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    /// <summary>Fills the adapters of a plan and puts the values of its whole modules aside.</summary>
    /// <returns>The whole modules that the file has.</returns>
    /// <exception cref="CheckpointException">The file is missing or damaged, or not what the plan needs.</exception>
    public static IReadOnlyList<SavedModule> Read(string folder, AdapterFiles files, AdapterPlan plan)
    {
        string path = Path.Combine(folder, files.Weights);
        if (!File.Exists(path) && File.Exists(Path.Combine(folder, files.OlderWeights))) path = Path.Combine(folder, files.OlderWeights);
        using var own = new Source(path);
        using var apart = files.HeadWeights is { } name && plan.Saved.Count > 0 ? new Source(Path.Combine(folder, name)) : null;
        var head = apart ?? own;
        // what a task only implies may be left as the base has it
        var saved = plan.Saved.Where(module => module.IsNamed || module.Tensors.Any(tensor => head.Has(files.SavedPrefix + tensor.Name))).ToList();
        var tensors = plan.Slots.SelectMany(static slot => slot.Tensors).ToList();
        foreach (var tensor in tensors) own.Check(files.Prefix + tensor.Key, tensor.Shape);
        foreach (var tensor in saved.SelectMany(static module => module.Tensors)) head.Check(files.SavedPrefix + tensor.Name, tensor.Shape);
        head.Forget(key => key.EndsWith($".{Counter}", StringComparison.Ordinal)
            && saved.Exists(module => key.StartsWith($"{files.SavedPrefix}{module.Key}.", StringComparison.Ordinal)));
        own.RequireAllRead();
        apart?.RequireAllRead();
        try
        {
            foreach (var tensor in tensors) tensor.Fill(own.Numbers(files.Prefix + tensor.Key, tensor.Shape));
            foreach (var module in saved)
                for (int i = 0; i < module.Tensors.Count; i++) module.Set(i, head.Numbers(files.SavedPrefix + module.Tensors[i].Name, module.Tensors[i].Shape));
        }
        catch
        {
            foreach (var parameter in plan.Slots.SelectMany(static slot => slot.Parameters)) parameter.GiveBack();
            throw;
        }
        return saved;
    }

    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Write(string folder, AdapterFiles files, IReadOnlyList<AdapterSlot> slots, IReadOnlyList<SavedModule> saved, bool areSavedAside)
    {
        var adapters = slots.SelectMany(static slot => slot.Tensors).Select(tensor => TensorEntry.From(files.Prefix + tensor.Key, tensor.Shape, tensor.Read()));
        var modules = saved.SelectMany(module =>
            module.Tensors.Select((tensor, i) => TensorEntry.From(files.SavedPrefix + tensor.Name, tensor.Shape, module.Learnt(i, areSavedAside))));
        string weights = Path.Combine(folder, files.Weights);
        if (files.HeadWeights is null)
        {
            SafetensorsWriter.Write(weights, adapters.Concat(modules), Metadata);
            return;
        }
        SafetensorsWriter.Write(weights, adapters, Metadata);
        if (saved.Count > 0) SafetensorsWriter.Write(Path.Combine(folder, files.HeadWeights), modules, Metadata);
    }

    /// <summary>A file, of which it is known what was asked for.</summary>
    private sealed class Source : IDisposable
    {
        private readonly string path;
        private readonly Checkpoint checkpoint;
        private readonly HashSet<string> unread;

        public Source(string path)
        {
            this.path = path;
            checkpoint = Checkpoint.Open(path);
            unread = checkpoint.Tensors.Select(static tensor => tensor.Key).ToHashSet(StringComparer.Ordinal);
        }

        public void Dispose() => checkpoint.Dispose();

        public bool Has(string key) => checkpoint.TryGet(key, out _);

        public void Check(string key, Shape shape)
        {
            if (!checkpoint.TryGet(key, out var tensor))
                throw new CheckpointException(path, $"has no tensor '{key}' {shape}: it is of another model, or of other settings than adapter_config.json's");
            if (tensor.Shape != shape)
                throw new CheckpointException(path, $"tensor '{key}' is {tensor.Shape}, and {shape} in the model by adapter_config.json: it is of another model or rank");
            tensor.RequireReadable();
            unread.Remove(key);
        }

        public void Forget(Predicate<string> isNothing) => unread.RemoveWhere(isNothing);

        public void RequireAllRead()
        {
            if (unread.Count > 0)
                throw new CheckpointException(
                    path, $"has tensors for which the model or adapter_config.json has no place: {Printable.Some(unread.Order(StringComparer.Ordinal))}");
        }

        public float[] Numbers(string key, Shape shape)
        {
            var numbers = new float[shape.ElementCount];
            checkpoint[key].CopyTo(numbers);
            foreach (float number in numbers)
                if (!float.IsFinite(number))
                    throw new CheckpointException(path, $"tensor '{key}' holds {number}, and adapters are finite: save it again from a training that went well");
            return numbers;
        }
    }
}
