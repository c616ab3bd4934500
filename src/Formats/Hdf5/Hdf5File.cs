namespace Graft.Formats;

/// <summary>An HDF5 file: groups, data sets and attributes as h5py and Keras write them.</summary>
/// <remarks>The HDF5 File Format Specification, version 3.0: superblocks 0 to 3, old and new groups, contiguous, compact and chunked data. Links that
/// lead elsewhere (soft, external) are never followed and no other file is opened.</remarks>
internal static class Hdf5File
{
    private const int LongestUserBlock = 1 << 20;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'H', (byte)'D', (byte)'F', 13, 10, 26, 10];

    /// <summary>Whether there is an HDF5 file, perhaps behind what an application put before it.</summary>
    public static bool Starts(CheckpointFile file, long start, long length) => Find(new Hdf5Bytes(file, start, length)) >= 0;

    /// <summary>Opens the outermost group.</summary>
    /// <param name="file">The file.</param>
    /// <param name="start">Where in it the HDF5 file starts.</param>
    /// <param name="length">How long that is.</param>
    public static Hdf5Object Open(CheckpointFile file, long start, long length)
    {
        var bytes = new Hdf5Bytes(file, start, length);
        long superblock = Find(bytes);
        if (superblock < 0) throw bytes.Damaged("it has no HDF5 signature");
        // no superblock is longer; the file may be shorter than the longest
        var cursor = bytes.Read(superblock, Math.Min(128, length - superblock)).Skip(Signature.Length);
        int version = cursor.Byte();
        if (version > 3) throw file.Fail($"version {version} of HDF5's superblock is not known here (0 to 3 are); write it again with another library version");
        long root;
        if (version < 2)
        {
            cursor.Skip(4);
            Sizes(bytes, cursor.Byte(), cursor.Byte());
            cursor.Skip(version == 0 ? 9 : 13);
            long origin = cursor.Address();
            cursor.Skip(3 * bytes.AddressSize);
            root = cursor.Skip(bytes.AddressSize).Address();
            SetBase(bytes, origin);
        }
        else
        {
            Sizes(bytes, cursor.Byte(), cursor.Byte());
            long origin = cursor.Skip(1).Address();
            root = cursor.Skip(2 * bytes.AddressSize).Address();
            SetBase(bytes, origin);
        }
        return Hdf5Object.Read(bytes, root);
    }

    // at 0, 512, 1024, 2048 ...
    private static long Find(Hdf5Bytes bytes)
    {
        for (long at = 0; at <= Math.Min(LongestUserBlock, bytes.Length - 16); at = at == 0 ? 512 : 2 * at)
            if (bytes.Read(at, Signature.Length).Take(Signature.Length).SequenceEqual(Signature)) return at;
        return -1;
    }

    private static void Sizes(Hdf5Bytes bytes, int address, int length)
    {
        if (address is not (4 or 8) || length is not (4 or 8)) throw bytes.Damaged($"addresses of {address} bytes and lengths of {length} are impossible");
        (bytes.AddressSize, bytes.LengthSize) = (address, length);
    }

    private static void SetBase(Hdf5Bytes bytes, long origin)
    {
        if (origin < 0 || origin > bytes.Length) throw bytes.Damaged($"its addresses count from {origin}, beyond its end");
        bytes.BaseAddress = origin;
    }
}
