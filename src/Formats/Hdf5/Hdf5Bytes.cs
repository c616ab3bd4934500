namespace Graft.Formats;

/// <summary>The bytes of an HDF5 file, read at its own addresses. What its structure is read for is bounded by its length, so that addresses
/// that lead in circles end in an error.</summary>
internal sealed class Hdf5Bytes(CheckpointFile file, long start, long length)
{
    private const long AlwaysAllowed = 1 << 20;
    private const long MostTimesFile = 2;

    // a structure is never smaller; what is smaller costs as much to read
    private const long LeastCost = 64;

    private long left = AlwaysAllowed + MostTimesFile * length;

    public CheckpointFile File => file;

    public long Length => length;

    /// <summary>The bytes of an address in the file.</summary>
    public int AddressSize { get; set; } = 8;

    /// <summary>The bytes of a length in the file.</summary>
    public int LengthSize { get; set; } = 8;

    /// <summary>What addresses count from.</summary>
    public long BaseAddress { get; set; }

    /// <summary>The place of an address in <see cref="File"/>; <paramref name="count"/> bytes follow it.</summary>
    public long Locate(long address, long count)
    {
        long end = length - BaseAddress;
        if (address < 0 || count < 0 || address > end || count > end - address)
            throw file.Fail($"truncated or damaged: {count} bytes at address {address} are beyond the end of its {length} bytes; fetch it again");
        return start + BaseAddress + address;
    }

    /// <summary>A part of the structure.</summary>
    public Hdf5Cursor Read(long address, long count)
    {
        long position = Locate(address, count);
        left -= Math.Max(count, LeastCost);
        if (left < 0 || count > Array.MaxLength) throw file.Fail("damaged: its structure leads in circles; fetch it again");
        return new Hdf5Cursor(this, file.Read(position, (int)count));
    }

    public CheckpointException Damaged(string what) => file.Fail($"damaged: {what}; fetch it again");
}
