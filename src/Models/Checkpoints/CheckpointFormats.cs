namespace Graft.Models;

/// <summary>Tells from a file's first bytes which reader it is for.</summary>
internal static class CheckpointFormats
{
    private static readonly Lock Registering = new();

    // replaced as a whole, so that who opens a file meanwhile sees the formats before it or after it
    private static CheckpointFormat[] registered = [];

    public static IReadOnlyList<CheckpointFormat> Registered => Volatile.Read(ref registered);

    public static void Register(CheckpointFormat format)
    {
        lock (Registering)
            if (!registered.Contains(format)) Volatile.Write(ref registered, [.. registered, format]);
    }

    public static Checkpoint Open(string path) =>
        Directory.Exists(path) ? OpenFile(CheckpointFolder.Find(path), isShard: false) : OpenFile(path, isShard: false);

    /// <summary>Opens a checkpoint that is in memory.</summary>
    public static Checkpoint Open(string name, byte[] resource) => Guarded(new CheckpointFile(name, resource), isShard: true);

    /// <summary>Opens a part of a sharded checkpoint; an index is none, so no index leads in circles.</summary>
    public static Checkpoint OpenShard(string path) =>
        Directory.Exists(path) ? throw new CheckpointException(path, "a folder, where an index names a shard") : OpenFile(path, isShard: true);

    private static Checkpoint OpenFile(string path, bool isShard) => Guarded(CheckpointFile.Open(path), isShard);

    private static Checkpoint Guarded(CheckpointFile file, bool isShard)
    {
        try
        {
            return OpenFile(file, isShard);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static Checkpoint OpenFile(CheckpointFile file, bool isShard)
    {
        if (file.Length == 0) throw file.Fail("empty, so probably the rest of a failed download: fetch it again");
        var start = file.Read(0, (int)Math.Min(file.Length, ForeignFormats.StartLength));
        if (IsSafetensors(start)) return SafetensorsCheckpoint.Read(file);
        if (start is [(byte)'P', (byte)'K', 3, 4, ..] or [(byte)'P', (byte)'K', 5, 6, ..])
        {
            var records = ZipArchiveRecords.Read(file);
            if (PyTorchZip.FindPickle(records) is { } pickle) return PyTorchZip.Read(file, records, pickle);
            if (NumpyCheckpoint.IsArchive(records)) return NumpyCheckpoint.ReadArchive(file, records);
            return OpenRegistered(start, file) ?? throw file.Fail(PyTorchZip.Describe(records));
        }
        if (NumpyCheckpoint.StartsArray(start)) return NumpyCheckpoint.ReadArray(file);
        if (start is [0x80, >= 2 and <= 5, ..] || start.AsSpan().StartsWith(PyTorchLegacy.StartInDigits)) return PyTorchLegacy.Read(file);
        if (start[0] == '{')
            return isShard ? throw file.Fail("an index, where another index names a shard") : ShardedCheckpoint.OpenIndex(file);
        return OpenRegistered(start, file) ?? WordVectorCheckpoint.TryRead(file, start) ?? throw file.Fail(ForeignFormats.Describe(start));
    }

    private static Checkpoint? OpenRegistered(ReadOnlySpan<byte> start, CheckpointFile file)
    {
        foreach (var format in Registered)
            if (format.Recognises(start, file)) return format.Open(file);
        return null;
    }

    /// <summary>A length of eight bytes, then JSON. A text of which the ninth character is a brace is no such thing.</summary>
    private static bool IsSafetensors(ReadOnlySpan<byte> start) =>
        start.Length > 8 && start[8] == '{' && (start[..8].ContainsAnyInRange((byte)0x80, (byte)0xFF) || !ForeignFormats.IsText(start[..8]));
}
