namespace Graft.Formats;

/// <summary>The variables of a Keras file as tensors: as the file has them, or under PyTorch's names and in its layouts.</summary>
internal static class KerasTensors
{
    // the parts of a path that say how Keras keeps a layer, not which it is
    private static readonly string[] Structure = ["layers", "vars", "_layer_checkpoint_dependencies"];

    /// <summary>The tensors as the file has them.</summary>
    public static List<StoredTensor> AsStored(IReadOnlyList<KerasVariable> variables) =>
        [.. variables.Select(static variable => variable.Data.ToTensor(variable.Path))];

    /// <summary>The tensors under PyTorch's names and in its layouts; where two would have one name, all keep their paths.</summary>
    public static List<StoredTensor> ForPyTorch(IReadOnlyList<KerasVariable> variables)
    {
        var tensors = new List<StoredTensor>(variables.Count);
        foreach (var layer in variables.GroupBy(static variable => variable.Group, StringComparer.Ordinal)) Map(layer.Key, [.. layer], tensors);
        if (tensors.DistinctBy(static tensor => tensor.Key, StringComparer.Ordinal).Count() == tensors.Count) return tensors;
        tensors.Clear();
        foreach (var layer in variables.GroupBy(static variable => variable.Group, StringComparer.Ordinal)) Map(layer.Key, [.. layer], tensors, isWhole: true);
        return tensors;
    }

    private static void Map(string group, List<KerasVariable> layer, List<StoredTensor> tensors, bool isWhole = false)
    {
        string prefix = Prefix(group, isWhole);
        string[] names = Names(group, layer);
        var rows = new List<KerasRules.Row>();
        for (int at = 0; at < layer.Count; at++)
            if (KerasRules.Find(names[at], layer[at].Data.Lengths.Length) is { } row) rows.Add(row);
        bool isSeparable = names.Contains(KerasRules.Pointwise);
        for (int at = 0; at < layer.Count; at++)
        {
            var data = layer[at].Data;
            if (rows.Count < layer.Count || data.Unread is not null)
            {
                tensors.Add(data.ToTensor(prefix + names[at]));
                continue;
            }
            var row = rows[at];
            string part = !isSeparable ? "" : row.Variable == KerasRules.Depthwise ? "depthwise." : row.Variable == "bias" ? "pointwise." : "";
            tensors.Add(row.Variable == KerasRules.Depthwise ? DepthwiseTensor(data, prefix + part + row.Name) : Permuted(data, prefix + part + row.Name, row.Axes));
        }
    }

    private static string[] Names(string group, List<KerasVariable> layer)
    {
        if (layer.TrueForAll(static variable => variable.IsNumbered))
        {
            string name = group.Split('/').LastOrDefault(static part => !Structure.Contains(part)) ?? "";
            if (KerasRules.Names(name, layer.Count) is { } names)
                return [.. layer.Select(variable => int.TryParse(variable.Name, out int at) && at < names.Length ? names[at] : variable.Name)];
        }
        return [.. layer.Select(static variable => variable.Name)];
    }

    // Keras 2 repeats a layer's name: conv2d/conv2d/kernel:0.
    private static string Prefix(string group, bool isWhole)
    {
        var parts = group.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => isWhole || !Structure.Contains(part)).ToList();
        if (!isWhole && parts.Count > 1 && parts[0] == parts[1]) parts.RemoveAt(0);
        return string.Concat(parts.Select(static part => part + '.'));
    }

    private static StoredTensor Permuted(Hdf5Dataset data, string key, int[] axes)
    {
        bool isSame = axes.Order().SequenceEqual(axes);
        long[] strides = RowMajor(data.Lengths);
        return data.ToTensor(key, [.. axes.Select(axis => data.Lengths[axis])], isSame ? null : [.. axes.Select(axis => strides[axis])]);
    }

    // [..., in, m] to [in * m, 1, ...]: the last two axes lie as one already
    private static StoredTensor DepthwiseTensor(Hdf5Dataset data, string key)
    {
        long[] strides = RowMajor(data.Lengths);
        int window = data.Lengths.Length - 2;
        long[] lengths = [data.Lengths[^2] * data.Lengths[^1], 1, .. data.Lengths[..window]];
        return data.ToTensor(key, lengths, [1, 1, .. strides[..window]]);
    }

    private static long[] RowMajor(long[] lengths)
    {
        var strides = new long[lengths.Length];
        long stride = 1;
        for (int axis = lengths.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= lengths[axis];
        }
        return strides;
    }
}
