using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Graft.Models;

/// <summary>The format of torch.save before 1.6: five pickles (a magic number, the protocol, the system, the value, the keys of
/// the storages), then the storages: for each a count of elements and the elements.</summary>
internal static class PyTorchLegacy
{
    private const long ProtocolVersion = 1001;
    private const int NamesShown = 5;

    /// <summary>How a file of protocol 0 or 1 begins: with the magic number, in digits.</summary>
    public static ReadOnlySpan<byte> StartInDigits => "L119547037146038801333356L\n."u8;

    private static readonly BigInteger Magic = BigInteger.Parse("1950a86a20f9469cfc6c", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public static Checkpoint Read(CheckpointFile file)
    {
        long at = 0;
        var first = Next(file, ref at);
        if (first.Value is not BigInteger magic || magic != Magic)
            throw file.Fail($"a pickle that torch.save did not write{Names(first.ForeignNames)}, not a checkpoint; "
                + "load it in PyTorch and save model.state_dict() with torch.save");
        if (Next(file, ref at).Value is not long version || version != ProtocolVersion)
            throw file.Fail($"a PyTorch file of another protocol than {ProtocolVersion}; load it in PyTorch and save it again");
        // About the system that wrote it; the bytes are little-endian on every system.
        Next(file, ref at);
        long start = at;
        var content = Next(file, ref at);
        var state = StateDictionary.Find(file, content.Value, at - start, content.ForeignNames);
        if (Next(file, ref at).Value is not PickleList keys) throw file.Fail("damaged: the list of its storages is missing; fetch it again");
        var ranges = Locate(file, content.Storages, keys, at);
        return PyTorchCheckpoint.Make(file, "pytorch-legacy", state, storage => ranges.TryGetValue(storage.Key, out var range)
            ? range
            : throw file.Fail($"damaged: the storage '{Printable.Text(storage.Key)}' of a tensor is missing; fetch it again"));
    }

    private static string Names(IEnumerable<string> foreign)
    {
        string names = string.Join(", ", foreign.Take(NamesShown).Select(Printable.Text));
        return names.Length == 0 ? "" : $" (it names {names}; nothing was run)";
    }

    private static Content Next(CheckpointFile file, ref long at)
    {
        var bytes = new PickleBytes(file, at, file.Length);
        var unpickler = new Unpickler(bytes);
        object? value = unpickler.Load();
        at = bytes.Position;
        return new Content(value, unpickler.Storages, unpickler.ForeignNames);
    }

    private static Dictionary<string, StorageRange> Locate(
        CheckpointFile file, Dictionary<string, PickleStorage> storages, PickleList keys, long at)
    {
        var ranges = new Dictionary<string, StorageRange>(StringComparer.Ordinal);
        Span<byte> prefix = stackalloc byte[8];
        foreach (object? item in keys.Items)
        {
            string? key = PickleTensors.Key(item);
            if (key is null || !storages.TryGetValue(key, out var storage))
                throw file.Fail($"damaged: its storage '{Printable.Text(key ?? "?")}' belongs to nothing, so its length is unknown; fetch it again");
            int size = storage.Kind.Size;
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

    private sealed record Content(object? Value, Dictionary<string, PickleStorage> Storages, IEnumerable<string> ForeignNames);
}
