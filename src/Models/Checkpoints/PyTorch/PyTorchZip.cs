using System.Text;

namespace Graft.Models;

/// <summary>The format of torch.save since 1.6: a zip archive with a pickle and a record for each storage. TorchScript's
/// archives have the same pieces and code beside them.</summary>
internal static class PyTorchZip
{
    private const string Pickle = "data.pkl";
    private const string Constants = "constants.pkl";

    /// <summary>The record that makes an archive PyTorch's; null where there is none.</summary>
    public static ZipRecord? FindPickle(List<ZipRecord> directory) => directory.Find(record => record.Name.EndsWith($"/{Pickle}", StringComparison.Ordinal)
        && record.Name.IndexOf('/', StringComparison.Ordinal) == record.Name.Length - Pickle.Length - 1);

    public static Checkpoint Read(CheckpointFile file, List<ZipRecord> directory, ZipRecord pickle)
    {
        string folder = pickle.Name[..^Pickle.Length];
        var byName = new Dictionary<string, ZipRecord>(directory.Count, StringComparer.Ordinal);
        foreach (var record in directory)
            if (!byName.TryAdd(record.Name, record))
                throw file.Fail($"damaged: two records are called '{Printable.Text(record.Name)}'; fetch it again");

        bool torchScript = byName.TryGetValue(folder + Constants, out var constants);
        var records = new ZipRecordReader(file);
        bool bigEndian = ReadByteOrder(file, records, byName.GetValueOrDefault(folder + "byteorder"));
        var state = Load(pickle);
        string storages = "data";
        // a frozen program has made constants of all its weights
        if (constants is not null && state.Tensors.Count == 0) (state, storages) = (Load(constants), "constants");

        var found = new Dictionary<string, StorageRange>(StringComparer.Ordinal);
        return PyTorchCheckpoint.Make(file, torchScript ? "torchscript" : "pytorch-zip", state, Find, bigEndian);

        StateDictionary Load(ZipRecord record)
        {
            var (source, start) = records.Open(record, mostTimesPacked: 64);
            var unpickler = new Unpickler(new PickleBytes(source, start, start + record.Length), torchScript);
            return StateDictionary.Find(file, unpickler.Load(), record.Length, unpickler.ForeignNames);
        }

        StorageRange Find(PickleStorage storage)
        {
            if (found.TryGetValue(storage.Key, out var known)) return known;
            if (!byName.TryGetValue($"{folder}{storages}/{storage.Key}", out var record))
                throw file.Fail($"damaged: the record '{storages}/{Printable.Text(storage.Key)}' of a tensor is missing; fetch it again");
            var (from, position) = records.Open(record);
            var range = new StorageRange(position, record.Length, from);
            found.Add(storage.Key, range);
            return range;
        }
    }

    private static bool ReadByteOrder(CheckpointFile file, ZipRecordReader records, ZipRecord? record)
    {
        if (record is null) return false;
        string order = "a long text";
        if (record.Length <= 16)
        {
            var (source, position) = records.Open(record);
            order = Encoding.UTF8.GetString(source.Read(position, (int)record.Length)).Trim();
        }
        return order switch
        {
            "little" => false,
            "big" => true,
            _ => throw file.Fail($"damaged: its byte order is '{Printable.Text(order)}', neither little nor big; fetch it again"),
        };
    }

    /// <summary>What an archive that is no checkpoint seems to be.</summary>
    public static string Describe(List<ZipRecord> records)
    {
        const string WhatToGive = "give a safetensors file, a PyTorch checkpoint (.pt, .pth, .th, .bin) or a NumPy archive (.npz)";
        if (records.Count == 0) return $"an empty zip archive, not a checkpoint; {WhatToGive}";
        string kind = records.Any(record => record.Name.EndsWith("model.weights.h5", StringComparison.Ordinal))
            ? "a Keras archive (.keras; KerasFormat.Register() of Graft.Formats has it read)"
            : $"a zip archive of {records.Count} files (the first is '{Printable.Text(records[0].Name)}')";
        return $"{kind} without PyTorch's data.pkl, not a checkpoint; {WhatToGive}";
    }
}
