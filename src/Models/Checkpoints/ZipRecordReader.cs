using System.IO.Compression;

namespace Graft.Models;

/// <summary>Opens the records of an archive. One that is packed is unpacked when it is first read, and kept until another one is;
/// both the memory and the work for it are bounded by what the archive's length justifies.</summary>
internal sealed class ZipRecordReader(CheckpointFile file)
{
    private const long AlwaysAllowed = 1 << 20;
    private const long AlwaysUnpacked = 1L << 30;
    private const int MostTimesPacked = 256;
    private const int MostTimesFile = 1024;

    private readonly Lock access = new();
    private ZipRecord? kept;
    private byte[] content = [];
    private long unpacked;

    /// <summary>The file that holds a record's bytes as they are, and where they start in it.</summary>
    /// <param name="record">The record.</param>
    /// <param name="mostTimesPacked">How many times longer than packed it may be, beyond what is always allowed.</param>
    /// <exception cref="CheckpointException">The record reaches beyond the archive, or claims more than Deflate would justify.</exception>
    public (CheckpointFile File, long Position) Open(ZipRecord record, int mostTimesPacked = MostTimesPacked)
    {
        long position = ZipArchiveRecords.Locate(file, record);
        if (record.Packing == ZipPacking.None) return (file, position);
        if (record.Length > Math.Max(AlwaysAllowed, mostTimesPacked * record.PackedLength) || record.Length > Array.MaxLength)
            throw file.Fail($"its compressed record '{Printable.Text(record.Name)}' claims {record.Length} bytes from {record.PackedLength}, "
                + "more than weights are packed to; unpack the archive and pack it again without compression");
        return (new CheckpointFile(file.Path, record.Length, () => Unpack(record, position)), 0);
    }

    /// <summary>A record's bytes from the first on, unpacked as they are read.</summary>
    /// <param name="record">The record.</param>
    /// <exception cref="CheckpointException">The record reaches beyond the archive.</exception>
    /// <remarks>Reading throws <see cref="InvalidDataException"/> where they cannot be unpacked.</remarks>
    public Stream OpenStream(ZipRecord record)
    {
        var packed = file.OpenStream(ZipArchiveRecords.Locate(file, record), record.PackedLength);
        return record.Packing == ZipPacking.None ? packed : new DeflateStream(packed, CompressionMode.Decompress);
    }

    private byte[] Unpack(ZipRecord record, long position)
    {
        lock (access)
        {
            if (ReferenceEquals(kept, record)) return content;
            unpacked += record.Length;
            if (unpacked > AlwaysUnpacked + MostTimesFile * file.Length)
                throw file.Fail("its compressed records would have to be unpacked again and again; unpack the archive and pack it again without compression");
            try
            {
                using var packed = new DeflateStream(file.OpenStream(position, record.PackedLength), CompressionMode.Decompress);
                using var stream = new Crc32Stream(packed);
                var bytes = new byte[record.Length];
                stream.ReadExactly(bytes);
                if (packed.ReadByte() >= 0) throw new InvalidDataException("it is longer than it says");
                if (stream.Value != record.Checksum) throw new InvalidDataException("its checksum is wrong");
                (kept, content) = (record, bytes);
                return bytes;
            }
            catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
            {
                throw file.Fail($"damaged: its compressed record '{Printable.Text(record.Name)}' cannot be unpacked; fetch it again", exception);
            }
        }
    }
}
