using System.Text.Json;
using FilePath = System.IO.Path;

namespace Graft.Models;

/// <summary>A checkpoint in several files, named by an index in JSON, as Hugging Face writes large models.</summary>
internal sealed class ShardedCheckpoint : Checkpoint
{
    private const int LongestIndex = 100_000_000;

    private readonly List<Checkpoint> shards;

    private ShardedCheckpoint(
        string path, List<Checkpoint> shards, IReadOnlyDictionary<string, string> metadata, IReadOnlyList<StoredTensor> tensors)
        : base(path, shards.All(shard => shard is SafetensorsCheckpoint) ? "safetensors-sharded" : "pytorch-sharded",
            shards.Sum(shard => shard.ByteCount), metadata, tensors,
            [.. shards.SelectMany(shard => shard.ForeignNames).Distinct(StringComparer.Ordinal)]) => this.shards = shards;

    /// <inheritdoc/>
    public override IReadOnlyList<UnknownTensor> UnknownTensors => [.. shards.SelectMany(shard => shard.UnknownTensors)];

    /// <inheritdoc/>
    public override IEnumerable<string> SourceFiles => shards.SelectMany(shard => shard.SourceFiles).Append(Path);

    /// <summary>Opens the shards that an index names; the index itself is closed.</summary>
    public static Checkpoint OpenIndex(CheckpointFile index)
    {
        var (weights, metadata) = ParseIndex(index);
        string folder = FilePath.GetDirectoryName(FilePath.GetFullPath(index.Path))!;
        var byName = new Dictionary<string, Checkpoint>(StringComparer.Ordinal);
        var shards = new List<Checkpoint>();
        try
        {
            var tensors = new List<StoredTensor>(weights.Count);
            foreach (var (key, name) in weights)
            {
                // A name that leads elsewhere would read files outside the folder.
                if (name.Length == 0 || name != FilePath.GetFileName(name) || name is "." or "..")
                    throw index.Fail($"its shard '{Printable.Text(name)}' is no plain file name");
                if (!byName.TryGetValue(name, out var shard))
                {
                    shard = CheckpointFormats.OpenShard(FilePath.Combine(folder, name));
                    byName.Add(name, shard);
                    shards.Add(shard);
                }
                if (!shard.TryGet(key, out var tensor))
                    throw index.Fail($"its shard '{Printable.Text(name)}' lacks the tensor '{Printable.Text(key)}'; fetch the shards again");
                tensors.Add(tensor);
            }
            var sharded = new ShardedCheckpoint(index.Path, shards, metadata, tensors);
            index.Dispose();
            return sharded;
        }
        catch
        {
            foreach (var shard in shards) shard.Dispose();
            throw;
        }
    }

    private static (List<KeyValuePair<string, string>> Weights, Dictionary<string, string> Metadata) ParseIndex(CheckpointFile index)
    {
        if (index.Length > LongestIndex) throw index.Fail("a JSON file too long to be the index of a checkpoint");
        try
        {
            using var document = JsonDocument.Parse(index.Read(0, (int)index.Length));
            var root = document.RootElement;
            if (!root.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
                throw index.Fail("a JSON file without 'weight_map', so not the index of a checkpoint: give the weights themselves");
            var weights = new List<KeyValuePair<string, string>>();
            foreach (var property in map.EnumerateObject())
                weights.Add(new(property.Name, property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()! : ""));
            var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
            if (root.TryGetProperty("metadata", out var described) && described.ValueKind == JsonValueKind.Object)
                foreach (var property in described.EnumerateObject()) metadata[property.Name] = property.Value.ToString();
            return (weights, metadata);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw index.Fail("a text that starts like JSON but is none, not a checkpoint: "
                + "give a safetensors file or a PyTorch checkpoint", exception);
        }
    }

    protected override void Close()
    {
        foreach (var shard in shards) shard.Dispose();
    }
}
