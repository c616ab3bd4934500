using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Graft.Models;

/// <summary>Writes safetensors files, as Hugging Face's own library lays them out: the same tensors and metadata give the same
/// bytes, whatever their order.</summary>
public static class SafetensorsWriter
{
    private const int Alignment = 8;

    // Text that is no ASCII stays readable; the header is no web page.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file beside <paramref name="path"/> and moves it there when it is whole, so that an interruption never
    /// leaves half a checkpoint.</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="tensors">The tensors; each is asked for its values once, one after another.</param>
    /// <param name="metadata">Texts to keep beside the tensors, such as <c>format</c>: <c>pt</c>, without which Hugging Face's
    /// transformers refuses a file.</param>
    /// <param name="cancellation">Ends the writing early; nothing is left behind.</param>
    /// <exception cref="ArgumentException">Two tensors have one key, or a key is reserved.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Write(
        string path, IEnumerable<TensorEntry> tensors, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        var ordered = Order(tensors);
        byte[] header = Header(ordered, metadata);
        AtomicFile.Write(path, stream => Write(stream, header, ordered, cancellation));
    }

    /// <summary>Writes a folder of shards as Hugging Face's library lays them out: <c>model-00001-of-00003.safetensors</c> and so on, and
    /// <c>model.safetensors.index.json</c> that names them; where one shard takes all, <c>model.safetensors</c> alone.</summary>
    /// <param name="folder">The folder, which is made if need be.</param>
    /// <param name="tensors">The tensors, which fill the shards in this order; each is asked for its values once, one after another.</param>
    /// <param name="maximumShardBytes">The most bytes of tensors in a shard; one tensor that is larger has a shard of its own.</param>
    /// <param name="metadata">Texts to keep beside the tensors of each shard.</param>
    /// <param name="cancellation">Ends the writing early; the folder is left as it was.</param>
    /// <exception cref="ArgumentException">Two tensors have one key, or a key is reserved.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The most bytes are below 1.</exception>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <remarks>All shards are written aside before the first takes its name. While they take their names there is no index, so that an
    /// interruption never leaves one that mixes two checkpoints; what an earlier save left of other shards is removed last.</remarks>
    public static void WriteSharded(
        string folder, IEnumerable<TensorEntry> tensors, long maximumShardBytes, IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumShardBytes, 1);
        TensorEntry[] all = [.. tensors];
        RequireKeys(all);
        new SafetensorsShards(folder, all, maximumShardBytes).Write(metadata, cancellation);
    }

    /// <summary>Writes to a stream; what is written is a whole file.</summary>
    /// <param name="stream">The stream; its position is where the file begins.</param>
    /// <param name="tensors">The tensors; each is asked for its values once, one after another.</param>
    /// <param name="metadata">Texts to keep beside the tensors.</param>
    /// <param name="cancellation">Ends the writing early.</param>
    /// <exception cref="ArgumentException">Two tensors have one key, or a key is reserved.</exception>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Write(
        Stream stream, IEnumerable<TensorEntry> tensors, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        var ordered = Order(tensors);
        Write(stream, Header(ordered, metadata), ordered, cancellation);
    }

    private static void Write(Stream stream, byte[] header, List<TensorEntry> ordered, CancellationToken cancellation)
    {
        stream.Write(header);
        foreach (var tensor in ordered)
        {
            cancellation.ThrowIfCancellationRequested();
            long end = stream.Position + tensor.ByteCount;
            tensor.Write(stream, cancellation);
            if (stream.Position != end)
                throw new InvalidOperationException(
                    $"tensor '{tensor.Key}' wrote {stream.Position - end + tensor.ByteCount} of {tensor.ByteCount} bytes");
        }
    }

    // Types from the widest down, so that every element is aligned; then keys.
    private static List<TensorEntry> Order(IEnumerable<TensorEntry> tensors)
    {
        var ordered = tensors.ToList();
        ordered.Sort(static (left, right) => left.ElementType != right.ElementType
            ? right.ElementType.CompareTo(left.ElementType)
            : string.CompareOrdinal(left.Key, right.Key));
        RequireKeys(ordered);
        return ordered;
    }

    private static void RequireKeys(IReadOnlyList<TensorEntry> tensors)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            if (tensor.Key == "__metadata__") throw new ArgumentException("no tensor can have the key '__metadata__', which is the header's own");
            if (!keys.Add(tensor.Key)) throw new ArgumentException($"two tensors have the key '{tensor.Key}'");
        }
    }

    private static byte[] Header(List<TensorEntry> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        // The length goes here once it is known.
        buffer.Write(stackalloc byte[8]);
        using (var json = new Utf8JsonWriter(buffer, Json))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (name, text) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal)) json.WriteString(name, text);
                json.WriteEndObject();
            }
            long position = 0;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Key);
                json.WriteString("dtype", tensor.ElementType.SafetensorsName());
                json.WriteStartArray("shape");
                foreach (int length in tensor.Shape) json.WriteNumberValue(length);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(position);
                json.WriteNumberValue(position += tensor.ByteCount);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        int padding = (Alignment - buffer.WrittenCount % Alignment) % Alignment;
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        byte[] header = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - 8);
        return header;
    }
}
