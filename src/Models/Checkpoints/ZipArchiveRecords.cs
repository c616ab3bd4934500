using System.Buffers.Binary;
using System.Text;

namespace Graft.Models;

/// <summary>One file in a zip archive.</summary>
/// <param name="Name">Its path in the archive.</param>
/// <param name="Length">Its bytes, unpacked.</param>
/// <param name="PackedLength">Its bytes in the archive.</param>
/// <param name="Header">The offset of its local header in the archive.</param>
/// <param name="Packing">How it is packed: PyTorch packs nothing, but other programs do when they touch an archive.</param>
/// <param name="Checksum">The CRC-32 of its bytes, unpacked.</param>
internal sealed record ZipRecord(string Name, long Length, long PackedLength, long Header, ZipPacking Packing, uint Checksum);

internal enum ZipPacking
{
    None,
    Deflate,
    Other,
}

/// <summary>The directory of a zip archive, with 64-bit extensions. PyTorch stores its records as they are, so a record is a range of
/// the file.</summary>
internal static class ZipArchiveRecords
{
    private const int EndLength = 22;
    private const int LongestComment = 65_535;
    private const int EntryLength = 46;
    private const int LocalLength = 30;

    public static List<ZipRecord> Read(CheckpointFile file)
    {
        var (start, length) = FindDirectory(file);
        if (length > Array.MaxLength) throw file.Fail("damaged: its zip directory is longer than any checkpoint's; fetch it again");
        ReadOnlySpan<byte> directory = file.Read(start, (int)length);
        var records = new List<ZipRecord>();
        while (directory.Length >= EntryLength && BinaryPrimitives.ReadUInt32LittleEndian(directory) == 0x02014b50)
        {
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(directory[28..]);
            int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(directory[30..]);
            int entryLength = EntryLength + nameLength + extraLength + BinaryPrimitives.ReadUInt16LittleEndian(directory[32..]);
            if (entryLength > directory.Length) throw Damaged(file);
            int flags = BinaryPrimitives.ReadUInt16LittleEndian(directory[8..]);
            int method = BinaryPrimitives.ReadUInt16LittleEndian(directory[10..]);
            ulong packed = BinaryPrimitives.ReadUInt32LittleEndian(directory[20..]);
            ulong unpacked = BinaryPrimitives.ReadUInt32LittleEndian(directory[24..]);
            ulong header = BinaryPrimitives.ReadUInt32LittleEndian(directory[42..]);
            Widen(directory.Slice(EntryLength + nameLength, extraLength), ref unpacked, ref packed, ref header);
            string name = Encoding.UTF8.GetString(directory.Slice(EntryLength, nameLength));
            var packing = ((flags & 1) != 0, method) switch { (false, 0) => ZipPacking.None, (false, 8) => ZipPacking.Deflate, _ => ZipPacking.Other };
            if (header > (ulong)file.Length || packed > (ulong)file.Length || (packing == ZipPacking.None && unpacked != packed))
                throw file.Fail($"damaged: its record '{Printable.Text(name)}' claims {unpacked} bytes of a file of {file.Length}; fetch it again");
            records.Add(new ZipRecord(
                name, (long)Math.Min(unpacked, long.MaxValue), (long)packed, (long)header, packing,
                BinaryPrimitives.ReadUInt32LittleEndian(directory[16..])));
            directory = directory[entryLength..];
        }
        return records;
    }

    /// <summary>Where a record's bytes start in the file; all of them are there.</summary>
    public static long Locate(CheckpointFile file, ZipRecord record)
    {
        if (record.Packing == ZipPacking.Other)
            throw file.Fail($"its record '{Printable.Text(record.Name)}' is encrypted or packed otherwise than by Deflate; "
                + "unpack the archive and pack it again without compression");
        if (record.Header + LocalLength > file.Length) throw Damaged(file);
        Span<byte> header = stackalloc byte[LocalLength];
        file.Read(record.Header, header);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != 0x04034b50) throw Damaged(file);
        long start = record.Header + LocalLength
            + BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        if (start > file.Length - record.PackedLength)
            throw file.Fail($"truncated: its record '{Printable.Text(record.Name)}' of {record.PackedLength} bytes reaches beyond the end; fetch it again");
        return start;
    }

    private static (long Start, long Length) FindDirectory(CheckpointFile file)
    {
        int tailLength = (int)Math.Min(file.Length, EndLength + LongestComment);
        long tailStart = file.Length - tailLength;
        ReadOnlySpan<byte> tail = file.Read(tailStart, tailLength);
        for (int at = tailLength - EndLength; at >= 0; at--)
        {
            var end = tail[at..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(end) != 0x06054b50) continue;
            ulong length = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
            ulong start = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
            if (length == uint.MaxValue || start == uint.MaxValue) (start, length) = FindWideDirectory(file, tailStart + at);
            if (start > (ulong)file.Length || length > (ulong)file.Length - start) throw Damaged(file);
            return ((long)start, (long)length);
        }
        throw file.Fail("truncated: the directory at the end of the zip archive is missing; fetch it again");
    }

    // Archives beyond 4 GB: a locator before the end record points to a wider end record.
    private static (ulong Start, ulong Length) FindWideDirectory(CheckpointFile file, long end)
    {
        const int LocatorLength = 20, WideLength = 56;
        if (end < LocatorLength) throw Damaged(file);
        ReadOnlySpan<byte> locator = file.Read(end - LocatorLength, LocatorLength);
        ulong position = BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != 0x07064b50 || file.Length < WideLength
            || position > (ulong)(file.Length - WideLength)) throw Damaged(file);
        ReadOnlySpan<byte> wide = file.Read((long)position, WideLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(wide) != 0x06064b50) throw Damaged(file);
        return (BinaryPrimitives.ReadUInt64LittleEndian(wide[48..]), BinaryPrimitives.ReadUInt64LittleEndian(wide[40..]));
    }

    // The extra field 1 holds, in this order, those of the values that did not fit 32 bits.
    private static void Widen(ReadOnlySpan<byte> extra, ref ulong unpacked, ref ulong packed, ref ulong header)
    {
        while (extra.Length >= 4)
        {
            int id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            int length = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]), extra.Length - 4);
            var values = extra.Slice(4, length);
            extra = extra[(4 + length)..];
            if (id != 1) continue;
            Take(ref values, ref unpacked);
            Take(ref values, ref packed);
            Take(ref values, ref header);
        }

        static void Take(ref ReadOnlySpan<byte> values, ref ulong value)
        {
            if (value != uint.MaxValue || values.Length < 8) return;
            value = BinaryPrimitives.ReadUInt64LittleEndian(values);
            values = values[8..];
        }
    }

    private static CheckpointException Damaged(CheckpointFile file) =>
        file.Fail("damaged: the directory of the zip archive does not fit the file; fetch it again");
}
