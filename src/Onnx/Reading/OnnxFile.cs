using Graft.Onnx.Protocol;
using FilePath = System.IO.Path;

namespace Graft.Onnx;

/// <summary>An ONNX file, opened: its structure is in memory, the numbers of its tensors are read when they are asked for, from the file or from
/// the external files beside it.</summary>
internal sealed class OnnxFile : IDisposable
{
    private readonly CheckpointFile file;
    private readonly IReadOnlyList<TensorPayload> payloads;
    private readonly Dictionary<string, CheckpointFile> external = new(StringComparer.Ordinal);

    private OnnxFile(CheckpointFile file, ModelProto model, IReadOnlyList<TensorPayload> payloads)
    {
        this.file = file;
        Model = model;
        this.payloads = payloads;
    }

    /// <summary>The file itself.</summary>
    public CheckpointFile Source => file;

    /// <summary>The structure; its tensors have no numbers.</summary>
    public ModelProto Model { get; }

    /// <summary>The path, as it was given.</summary>
    public string Path => file.Path;

    /// <summary>The bytes of the file and of the external files that were opened.</summary>
    public long ByteCount => file.Length + external.Values.Sum(part => part.Length);

    /// <summary>The external files that were opened.</summary>
    public IEnumerable<string> ExternalFiles => external.Values.Select(part => part.Path);

    /// <summary>Opens a file.</summary>
    /// <exception cref="CheckpointException">It is missing, damaged or no ONNX model.</exception>
    public static OnnxFile Open(string path)
    {
        var file = CheckpointFile.Open(path);
        try
        {
            return Open(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>As the other, of a file that is open; it is closed together with this.</summary>
    public static OnnxFile Open(CheckpointFile file)
    {
        var (model, payloads) = ModelScan.Read(file);
        if (model.Graph is null) throw file.Fail("an ONNX file without a graph: fetch it again");
        return new OnnxFile(file, model, payloads);
    }

    /// <summary>Opens a tensor that is a file by itself, as those beside the conformance cases are.</summary>
    public static (OnnxFile File, TensorProto Tensor) OpenTensor(CheckpointFile file)
    {
        var (tensor, payloads) = ModelScan.ReadTensor(file);
        return (new OnnxFile(file, new ModelProto { Graph = new GraphProto() }, payloads), tensor);
    }

    /// <summary>A complaint that names the file.</summary>
    public CheckpointException Fail(string problem, Exception? cause = null) => file.Fail(problem, cause);

    /// <summary>A tensor as a checkpoint lists it.</summary>
    /// <param name="tensor">A tensor of the structure.</param>
    /// <param name="key">Its name.</param>
    /// <exception cref="CheckpointException">Its shape, type or place is impossible.</exception>
    public StoredTensor Stored(TensorProto tensor, string key)
    {
        var (type, lengths) = Described(tensor, key);
        if (type.Element == ElementType.Other || StoredShape.TooManyAxes(lengths) is not null)
            return StoredTensor.Listed(file, key, type.Name, lengths, $"of {type.Name}");
        var shape = StoredShape.Of(lengths);
        if (IsExternal(tensor))
        {
            var (part, position, _) = External(tensor, key, type.BytesOf(shape.ElementCount));
            return StoredTensor.In(part, position, key, type.Element, shape);
        }
        if (PayloadOf(tensor) is not { } payload)
        {
            return shape.ElementCount == 0
                ? StoredTensor.In(new CheckpointFile(Path, []), 0, key, type.Element, shape)
                : StoredTensor.Listed(file, key, type.Name, lengths, "without its numbers");
        }
        long bytes = type.BytesOf(shape.ElementCount);
        if (payload.Plain(type) is { } plain)
        {
            if (plain.Length != bytes) throw Misfit(key, lengths, type, plain.Length);
            return StoredTensor.In(file, plain.Position, key, type.Element, shape);
        }
        // every number takes a byte or more of the file
        if (shape.ElementCount > file.Length) throw Misfit(key, lengths, type, file.Length);
        return StoredTensor.In(new CheckpointFile(Path, bytes, () => Unpacked(payload, type, bytes, key, lengths)), 0, key, type.Element, shape);
    }

    /// <summary>The lengths of a tensor's axes.</summary>
    /// <exception cref="CheckpointException">They are impossible.</exception>
    public int[] LengthsOf(TensorProto tensor)
    {
        var (_, lengths) = Described(tensor, tensor.Name);
        if (StoredShape.TooManyAxes(lengths) is { } problem) throw Fail($"the tensor '{Printable.Text(tensor.Name)}' is {problem}");
        return Array.ConvertAll(lengths, length => (int)length);
    }

    /// <summary>Whether a tensor has numbers in the file or beside it, or needs none.</summary>
    public bool HasNumbers(TensorProto tensor) =>
        PayloadOf(tensor) is not null || IsExternal(tensor) || tensor.StringData.Count > 0 || tensor.Dims.Contains(0);

    /// <summary>The elements of a tensor of numbers, little-endian, and their type.</summary>
    /// <exception cref="CheckpointException">They are not there, or not as many as the shape has.</exception>
    public (OnnxType Type, byte[] Bytes) BytesOf(TensorProto tensor)
    {
        string key = tensor.Name;
        var (type, lengths) = Described(tensor, key);
        long count = 1;
        foreach (long length in lengths) count *= length;
        if (count > Array.MaxLength) throw Fail($"the tensor '{Printable.Text(key)}' has more elements than an array can");
        long bytes = type.BytesOf(count);
        if (bytes > Array.MaxLength) throw Fail($"the tensor '{Printable.Text(key)}' has more bytes than an array can");
        if (bytes == 0) return (type, []);
        if (IsExternal(tensor))
        {
            var (part, position, _) = External(tensor, key, bytes);
            return (type, part.Read(position, (int)bytes));
        }
        if (PayloadOf(tensor) is not { } payload)
            throw Fail($"the tensor '{Printable.Text(key)}' [{string.Join(", ", lengths)}] is without its numbers: the file is a model's structure, whose weights lie elsewhere");
        return (type, Unpacked(payload, type, bytes, key, lengths));
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        file.Dispose();
        foreach (var part in external.Values) part.Dispose();
    }

    private static bool IsExternal(TensorProto tensor) => tensor.DataLocation == TensorProto.Types.DataLocation.External;

    private TensorPayload? PayloadOf(TensorProto tensor) =>
        tensor.Segment is { Begin: > 0 and var place } && place <= payloads.Count ? payloads[(int)place - 1] : null;

    private byte[] Unpacked(TensorPayload payload, OnnxType type, long bytes, string key, long[] lengths)
    {
        byte[] unpacked = payload.Unpack(type, bytes);
        return unpacked.Length == bytes ? unpacked : throw Misfit(key, lengths, type, unpacked.Length);
    }

    private CheckpointException Misfit(string key, long[] lengths, OnnxType type, long bytes) => Fail(
        $"the tensor '{Printable.Text(key)}' [{string.Join(", ", lengths)}] of {type.Name} has {bytes} bytes of numbers, which do not fill it: fetch the file again");

    private (OnnxType Type, long[] Lengths) Described(TensorProto tensor, string key)
    {
        var type = OnnxType.Find(tensor.DataType)
            ?? throw Fail($"the tensor '{Printable.Text(key)}' has elements of the type {tensor.DataType}, which the format does not have");
        long[] lengths = [.. tensor.Dims];
        if (StoredShape.Problem(lengths) is { } problem) throw Fail($"the tensor '{Printable.Text(key)}' {problem}");
        return (type, lengths);
    }

    /// <summary>Where the numbers of a tensor lie beside the model: in a file of the model's own folder.</summary>
    private (CheckpointFile Part, long Position, long Length) External(TensorProto tensor, string key, long bytes)
    {
        string location = "";
        long offset = 0, length = bytes;
        foreach (var entry in tensor.ExternalData)
        {
            if (entry.Key == "location") location = entry.Value;
            else if (entry.Key == "offset") offset = Number(entry.Value, key);
            else if (entry.Key == "length") length = Number(entry.Value, key);
        }
        if (length != bytes) throw Fail($"the tensor '{Printable.Text(key)}' has {length} bytes in '{Printable.Text(location)}' and needs {bytes}");
        var part = Part(location, key);
        if (offset > part.Length || bytes > part.Length - offset)
            throw Fail($"the tensor '{Printable.Text(key)}' reaches beyond the {part.Length} bytes of '{Printable.Text(location)}': fetch that file again");
        return (part, offset, length);
    }

    private CheckpointFile Part(string location, string key)
    {
        if (external.TryGetValue(location, out var known)) return known;
        // an external file lies in the model's folder or below it, whatever the model says
        bool isWithin = location.Length > 0 && !FilePath.IsPathRooted(location) && !location.Contains(':', StringComparison.Ordinal) && !location.Contains('\0', StringComparison.Ordinal)
            && !location.Split('/', '\\').Contains("..");
        if (!isWithin) throw Fail($"the numbers of '{Printable.Text(key)}' would lie in '{Printable.Text(location)}', outside of the model's folder, and nothing is read from there");
        string folder = FilePath.GetDirectoryName(FilePath.GetFullPath(Path)) ?? "";
        string path = FilePath.Combine(folder, location);
        if (ResolvesOutside(folder, path))
            throw Fail($"the numbers of '{Printable.Text(key)}' lie in '{Printable.Text(location)}', a link that leaves the model's folder, and nothing is read from there");
        return external[location] = CheckpointFile.Open(path);
    }

    /// <summary>Whether a link in a path below a folder leads somewhere else than into the folder of its own cache.</summary>
    private static bool ResolvesOutside(string folder, string path)
    {
        for (string? at = path; at is not null && at.Length > folder.Length; at = FilePath.GetDirectoryName(at))
        {
            FileSystemInfo entry = Directory.Exists(at) ? new DirectoryInfo(at) : new FileInfo(at);
            if (entry.LinkTarget is null) continue;
            // the hub's cache links each file of a snapshot to a blob two folders up
            string target = FilePath.GetFullPath(entry.LinkTarget, FilePath.GetDirectoryName(at)!);
            string root = FilePath.GetFullPath(FilePath.Combine(folder, "..", ".."));
            bool isBlob = FilePath.GetFileName(FilePath.GetDirectoryName(target)) == "blobs" && target.StartsWith(root + FilePath.DirectorySeparatorChar, StringComparison.Ordinal);
            if (!isBlob && !target.StartsWith(folder + FilePath.DirectorySeparatorChar, StringComparison.Ordinal)) return true;
        }
        return false;
    }

    private long Number(string text, string key) =>
        long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out long number) && number >= 0
            ? number : throw Fail($"the tensor '{Printable.Text(key)}' has the impossible external offset or length '{Printable.Text(text)}'");
}
