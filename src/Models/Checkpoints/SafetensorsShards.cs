using System.Text.Encodings.Web;
using System.Text.Json;

namespace Graft.Models;

/// <summary>Tensors that are written as shards with an index.</summary>
internal sealed class SafetensorsShards
{
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";

    private readonly string folder;
    private readonly List<List<TensorEntry>> shards = [];

    public SafetensorsShards(string folder, IEnumerable<TensorEntry> tensors, long maximumShardBytes)
    {
        this.folder = Path.GetFullPath(folder);
        long bytes = 0;
        foreach (var tensor in tensors)
        {
            if (shards.Count == 0 || (shards[^1].Count > 0 && tensor.ByteCount > maximumShardBytes - bytes))
            {
                shards.Add([]);
                bytes = 0;
            }
            shards[^1].Add(tensor);
            bytes += tensor.ByteCount;
        }
        if (shards.Count == 0) shards.Add([]);
    }

    public void Write(IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellation)
    {
        if (File.Exists(folder)) throw new IOException($"{folder} is a file, where a folder of shards is to be");
        Directory.CreateDirectory(folder);
        var files = new List<(string Partial, string Name)>();
        try
        {
            for (int shard = 0; shard < shards.Count; shard++)
            {
                var tensors = shards[shard];
                WriteAside(Name(shard), stream => SafetensorsWriter.Write(stream, tensors, metadata, cancellation));
            }
            if (shards.Count > 1) WriteAside(Index, WriteIndex);
            // an index of the shards that are about to be replaced would name tensors of both
            if (shards.Count > 1) File.Delete(Path.Combine(folder, Index));
            foreach (var (partial, name) in files) File.Move(partial, Path.Combine(folder, name), overwrite: true);
        }
        finally
        {
            foreach (var (partial, _) in files) File.Delete(partial);
        }
        RemoveStale([.. files.Select(static file => file.Name)]);

        void WriteAside(string name, Action<Stream> write)
        {
            string partial = AtomicFile.Partial(Path.Combine(folder, name));
            files.Add((partial, name));
            AtomicFile.WriteAside(partial, write);
        }
    }

    private string Name(int shard) => shards.Count == 1 ? Single : $"model-{shard + 1:00000}-of-{shards.Count:00000}.safetensors";

    private void WriteIndex(Stream stream)
    {
        // text that is no ASCII stays readable; an index is no web page
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", shards.Sum(static shard => shard.Sum(static tensor => tensor.ByteCount)));
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            var places = shards.SelectMany((tensors, shard) => tensors.Select(tensor => (tensor.Key, Name: Name(shard))));
            foreach (var (key, name) in places.OrderBy(static place => place.Key, StringComparer.Ordinal)) json.WriteString(key, name);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
    }

    // A single file would be read in place of the index, an index without its shards is an error: both only once the new files stand.
    private void RemoveStale(HashSet<string> written)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "model*").ToList())
        {
            string name = Path.GetFileName(path);
            if (!written.Contains(name) && (name is Single or Index || IsShard(name))) File.Delete(path);
        }
    }

    private static bool IsShard(string name)
    {
        const string Pattern = "model-#####-of-#####.safetensors";
        return name.Length == Pattern.Length && name.Zip(Pattern).All(static pair => pair.Second == '#' ? char.IsAsciiDigit(pair.First) : pair.First == pair.Second);
    }
}
