using System.Buffers.Binary;

namespace Graft.Models;

/// <summary>Tells from a file's first bytes which reader it is for.</summary>
internal static class CheckpointFormats
{
    public static Checkpoint Open(string path)
    {
        if (Directory.Exists(path)) return ShardedCheckpoint.OpenFolder(path);
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

    private static Checkpoint Open(CheckpointFile file)
    {
        if (file.Length == 0) throw file.Fail("empty, so probably the rest of a failed download: fetch it again");
        var start = file.Read(0, (int)Math.Min(file.Length, ForeignFormats.StartLength));
        if (IsSafetensors(start)) return SafetensorsCheckpoint.Read(file);
        if (start is [(byte)'P', (byte)'K', 3, 4, ..] or [(byte)'P', (byte)'K', 5, 6, ..]) return PyTorchZip.Read(file);
        if (start is [0x80, >= 2 and <= 5, ..]) return PyTorchLegacy.Read(file);
        if (start[0] == '{') return ShardedCheckpoint.OpenIndex(file);
        throw file.Fail(ForeignFormats.Describe(start));
    }

    /// <summary>A length of eight bytes, then JSON. A text of which the ninth character is a brace is no such thing.</summary>
    private static bool IsSafetensors(ReadOnlySpan<byte> start) =>
        start.Length > 8 && start[8] == '{' && start[..8].ContainsAnyExceptInRange((byte)' ', (byte)'~')
        && BinaryPrimitives.ReadUInt32LittleEndian(start[4..]) is var high && (high == 0 || !ForeignFormats.IsText(start));
}
