using Graft.Tensors;

namespace Graft.Models;

/// <summary>A list, set or (once it is built) tuple of a pickle.</summary>
internal sealed class PickleList
{
    private List<object?>? items;

    public IReadOnlyList<object?> Items => (IReadOnlyList<object?>?)items ?? [];

    public void Add(object? item) => (items ??= []).Add(item);
}

/// <summary>A tuple of a pickle.</summary>
internal sealed class PickleTuple(object?[] items)
{
    public object?[] Items { get; } = items;
}

/// <summary>A dictionary of a pickle, or the attributes of a TorchScript module.</summary>
internal sealed class PickleDictionary
{
    private List<KeyValuePair<object?, object?>>? entries;

    public IReadOnlyList<KeyValuePair<object?, object?>> Entries => (IReadOnlyList<KeyValuePair<object?, object?>>?)entries ?? [];

    public void Add(object? key, object? value) => (entries ??= []).Add(new(key, value));
}

/// <summary>A name of the allow-list, and what calling it makes; null if it is only a value.</summary>
internal sealed record PickleGlobal(string Name, Func<Unpickler, object?[], object?>? Call = null, ElementType? Storage = null);

/// <summary>Something of Python's that is only shown: a dtype, a device.</summary>
internal sealed record PickleText(string Text);

/// <summary>Text that Python would turn into bytes (how protocol 2 keeps them); not copied until it is wanted.</summary>
internal sealed record PickleLatin(string Text);

/// <summary>The element type of a NumPy scalar.</summary>
internal sealed class PickleNumpyType(string code)
{
    public string Code { get; } = code;

    public bool IsBigEndian { get; set; }
}

/// <summary>The memory that PyTorch's tensors look into, by the key under which its bytes lie in the file.</summary>
/// <param name="Key">The record in the zip archive, or the entry of the legacy format's list of storages.</param>
/// <param name="ElementType">What one element is.</param>
/// <param name="Start">The first element seen; not 0 only for the legacy format's views of a storage.</param>
/// <param name="Count">The number of elements seen.</param>
/// <param name="TotalCount">The number of elements under that key.</param>
internal sealed record PickleStorage(string Key, ElementType ElementType, long Start, long Count, long TotalCount);

/// <summary>A tensor of a pickle: a view of a storage that has been checked to lie inside it.</summary>
internal sealed record PickleTensor(PickleStorage Storage, long Offset, Shape Shape, long[] Strides);
