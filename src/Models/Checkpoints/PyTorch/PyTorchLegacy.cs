using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Graft.Models;

/// <summary>The format of torch.save before 1.6: five pickles (a magic number, the protocol, the system, the value, the keys of
/// the storages), then the storages: for each a count of elements and the elements.</summary>
internal static class PyTorchLegacy
{
    private const long ProtocolVersion = 1001;

    private static readonly BigInteger Magic = BigInteger.Parse("1950a86a20f9469cfc6c", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public static Checkpoint Read(CheckpointFile file)
    {
        long at = 0;
        if (Next(file, ref at, out _) is not BigInteger magic || magic != Magic)
            throw file.Fail("a pickle that torch.save did not write, not a checkpoint; "
                + "load it in PyTorch and save model.state_dict() with torch.save");
        if (Next(file, ref at, out _) is not long version || version != ProtocolVersion)
            throw file.Fail($"a PyTorch file of another protocol than {ProtocolVersion}; load it in PyTorch and save it again");
        // About the system that wrote it; the bytes are little-endian on every system.
        Next(file, ref at, out _);
        long start = at;
        object? value = Next(file, ref at, out var storages);
        var state = StateDictionary.Flatten(file, value, at - start);
        if (Next(file, ref at, out _) is not PickleList keys) throw file.Fail("damaged: the list of its storages is missing; fetch it again");
        var ranges = Locate(file, storages, keys, at);
        return PyTorchCheckpoint.Make(file, "pytorch-legacy", state, storage => ranges.TryGetValue(storage.Key, out var range)
            ? range
            : throw file.Fail($"damaged: the storage '{Printable.Text(storage.Key)}' of a tensor is missing; fetch it again"));
    }

    private static object? Next(CheckpointFile file, ref long at, out Dictionary<string, PickleStorage> storages)
    {
        var bytes = new PickleBytes(file, at, file.Length);
        var unpickler = new Unpickler(bytes);
        object? value = unpickler.Load();
        storages = unpickler.Storages;
        at = bytes.Position;
        return value;
    }

    private static Dictionary<string, StorageRange> Locate(
        CheckpointFile file, Dictionary<string, PickleStorage> storages, PickleList keys, long at)
    {
        var ranges = new Dictionary<string, StorageRange>(StringComparer.Ordinal);
        Span<byte> prefix = stackalloc byte[8];
        foreach (object? item in keys.Items)
        {
            string? key = PickleGlobals.Key(item);
            if (key is null || !storages.TryGetValue(key, out var storage))
                throw file.Fail($"damaged: its storage '{Printable.Text(key ?? "?")}' belongs to nothing, so its length is unknown; fetch it again");
            int size = storage.ElementType.Size();
            if (at > file.Length - 8)
                throw file.Fail($"truncated: it ends before the storage '{Printable.Text(key)}'; fetch it again");
            file.Read(at, prefix);
            at += 8;
            long count = BinaryPrimitives.ReadInt64LittleEndian(prefix);
            if (count < 0 || count > (file.Length - at) / size)
                throw file.Fail($"truncated or damaged: its storage '{Printable.Text(key)}' claims {count} elements of {size} bytes, "
                    + $"but only {file.Length - at} bytes follow; fetch it again");
            if (!ranges.TryAdd(key, new StorageRange(at, count * size)))
                throw file.Fail($"damaged: its storage '{Printable.Text(key)}' is there twice; fetch it again");
            at += count * size;
        }
        return ranges;
    }
}
