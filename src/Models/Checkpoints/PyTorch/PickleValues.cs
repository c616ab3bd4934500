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

    public object? Find(string key)
    {
        foreach (var (name, value) in Entries)
            if (name is string text && text == key) return value;
        return null;
    }
}

/// <summary>A name in a pickle, and what calling it makes; null if it is only a value.</summary>
/// <param name="Name">The name with its module.</param>
/// <param name="Call">Makes a value of arguments.</param>
/// <param name="Storage">The kind of storage that it names; null for anything else.</param>
/// <param name="IsForeign">Whether it is on no list: calling it makes a <see cref="PickleForeign"/>.</param>
internal sealed record PickleGlobal(
    string Name, Func<Unpickler, object?[], object?>? Call = null, StorageKind? Storage = null, bool IsForeign = false);

/// <summary>A value that only Python could build, by calling a name that is not known here: kept as it is in the pickle and never
/// built.</summary>
/// <param name="name">What would be called.</param>
/// <param name="arguments">With what.</param>
internal sealed class PickleForeign(string name, object?[] arguments)
{
    public string Name => name;

    public object?[] Arguments => arguments;

    /// <summary>What its class would be given as state: attributes, mostly.</summary>
    public object? State { get; set; }

    /// <summary>What is put into it, where it is a kind of dictionary.</summary>
    public PickleDictionary Entries { get; } = new();

    /// <summary>What is appended to it, where it is a kind of list.</summary>
    public PickleList Items { get; } = new();

    /// <summary>Whether it would be made of storages: a tensor rebuilt in an unknown way.</summary>
    public bool IsOfTensors { get; } = Array.Exists(arguments, static argument => IsNumbers(argument)
        || (argument is PickleTuple { Items: var items } && Array.Exists(items, IsNumbers)));

    private static bool IsNumbers(object? value) => value is PickleTensor or PickleStorage or PickleForeign { IsOfTensors: true };
}

/// <summary>Something of Python's that is only shown: a dtype, a device.</summary>
internal sealed record PickleText(string Text);

/// <summary>Text that Python would turn into bytes (how protocol 2 keeps them); not copied until it is needed.</summary>
internal sealed record PickleLatin(string Text);

/// <summary>The element type of a NumPy scalar.</summary>
internal sealed class PickleNumpyType(string code)
{
    public string Code { get; } = code;

    public bool IsBigEndian { get; set; }
}

/// <summary>A PyTorch storage, by the key of its bytes in the file; tensors are views of it.</summary>
/// <param name="Key">The record in the zip archive, or the entry of the legacy format's list of storages.</param>
/// <param name="Kind">What one element is.</param>
/// <param name="Start">The first element seen; not 0 only for the legacy format's views of a storage.</param>
/// <param name="Count">The number of elements seen.</param>
/// <param name="TotalCount">The number of elements under that key.</param>
internal sealed record PickleStorage(string Key, StorageKind Kind, long Start, long Count, long TotalCount);

/// <summary>A tensor of a pickle.</summary>
/// <param name="Kind">What one element is.</param>
/// <param name="Lengths">The lengths of the axes, all of which have been checked to be possible.</param>
internal abstract record PickleTensor(StorageKind Kind, long[] Lengths);

/// <summary>A tensor whose elements can be read: a view of a storage that has been checked against its bounds.</summary>
internal sealed record PickleView(StorageKind Kind, long[] Lengths, PickleStorage Storage, long Offset, long[] Strides)
    : PickleTensor(Kind, Lengths);

/// <summary>A tensor of a kind that is only listed: sparse, quantised, without memory.</summary>
internal sealed record PickleListed(StorageKind Kind, long[] Lengths, string What) : PickleTensor(Kind, Lengths);
