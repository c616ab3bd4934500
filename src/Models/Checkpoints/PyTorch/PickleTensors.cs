namespace Graft.Models;

/// <summary>What PyTorch's functions that rebuild tensors and storages make.</summary>
internal static class PickleTensors
{
    // Beyond any tensor of PyTorch's, which has at most 64 axes.
    private const int MostAxes = 64;
    private const long MostElements = long.MaxValue / 16;

    /// <summary>The function of that name; null where it is none of these.</summary>
    public static Func<Unpickler, object?[], object?>? Find(string name) => name switch
    {
        // Behind the strides: requires_grad, backward hooks and, lately, metadata, of which one entry alone speaks of the numbers.
        "torch._utils._rebuild_tensor" or "torch._utils._rebuild_tensor_v2" => static (unpickler, items) => View(unpickler, items, null),
        "torch._utils._rebuild_tensor_v3" => static (unpickler, items) => items is [_, _, _, _, _, _, PickleGlobal type, ..]
            ? View(unpickler, items, Kind(unpickler, type))
            : throw unpickler.Damaged("makes a tensor in an unknown way"),
        "torch._utils._rebuild_parameter" or "torch._utils._rebuild_parameter_with_state" or "torch.nn.parameter.Parameter"
            or "torch.nn.parameter.Buffer" or "torch.Tensor" => Same,
        "torch._utils._rebuild_qtensor" => static (unpickler, items) => items is [PickleStorage storage, _, PickleTuple size, ..]
            ? new PickleListed(storage.Kind, Lengths(unpickler, size.Items), "quantised")
            : throw unpickler.Damaged("makes a tensor in an unknown way"),
        "torch._utils._rebuild_sparse_tensor" or "torch._utils._rebuild_sparse_csr_tensor" => Sparse,
        "torch._utils._rebuild_meta_tensor_no_storage" => static (unpickler, items) => items is [PickleGlobal type, PickleTuple size, ..]
            ? new PickleListed(Kind(unpickler, type), Lengths(unpickler, size.Items), "without memory (a meta tensor)")
            : throw unpickler.Damaged("makes a tensor in an unknown way"),
        "torch._tensor._rebuild_from_type_v2" or "torch._tensor._rebuild_from_type" => FromType,
        _ => null,
    };

    /// <summary>What a persistent id stands for: a storage, or the class of a module that was saved with its source code.</summary>
    public static object? Persistent(Unpickler unpickler, object? id)
    {
        if (id is string text) id = Parsed(text);
        // (class, source file, source): the sources are passed over
        if (id is PickleTuple { Items: ["module", PickleGlobal module, ..] }) return module;
        if (id is not PickleTuple { Items: ["storage", PickleGlobal type, var key, _, long count, ..] items }
            || Key(key) is not { } name || count < 0 || count > MostElements)
            throw unpickler.Damaged("refers to a storage in an unknown way");
        if (type.Storage is not { } kind) throw unpickler.Refuse($"names a storage of the type {Printable.Text(type.Name)}, which is not known");
        if (items is not [_, _, _, _, _, PickleTuple view]) return new PickleStorage(name, kind, 0, count, count);
        // The legacy format's storages may be views of another: (key, first element, elements).
        return view.Items is [_, long start, long length] && start >= 0 && length >= 0 && start <= count && length <= count - start
            ? new PickleStorage(name, kind, start, length, count)
            : throw unpickler.Damaged("views a storage outside its bounds");
    }

    /// <summary>The name under which a storage is kept.</summary>
    public static string? Key(object? key) => key switch
    {
        string text => text,
        long number => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        System.Numerics.BigInteger number => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => null,
    };

    // Protocol 0 has texts alone: "('storage', <class 'torch.FloatStorage'>, '0', 'cpu', 2)". Views are given as (key, start, length).
    private static PickleTuple? Parsed(string text)
    {
        const string ClassStart = "<class '", ClassEnd = "'>";
        const string ModuleStart = "('module', " + ClassStart;
        if (text.StartsWith(ModuleStart, StringComparison.Ordinal) && text.IndexOf(ClassEnd, StringComparison.Ordinal) is > 0 and var classEnd)
            return new PickleTuple(["module", PickleGlobals.Find(text[ModuleStart.Length..classEnd], torchScript: false)]);
        if (!text.StartsWith("('storage', ", StringComparison.Ordinal) || !text.EndsWith(')')) return null;
        string[] parts = text[1..^1].Split(", ", 6);
        if (parts.Length < 5 || !parts[1].StartsWith(ClassStart, StringComparison.Ordinal) || !parts[1].EndsWith(ClassEnd, StringComparison.Ordinal)
            || !Number(parts[4], out long count)) return null;
        string name = parts[1][ClassStart.Length..^ClassEnd.Length];
        var type = new PickleGlobal(name, Storage: StorageKind.OfStorage(name[(name.LastIndexOf('.') + 1)..]));
        List<object?> items = ["storage", type, parts[2].Trim('\''), null, count];
        if (parts.Length == 6 && parts[5] != "None")
        {
            string[] view = parts[5].Trim('(', ')').Split(", ");
            if (view.Length != 3 || !Number(view[1], out long start) || !Number(view[2], out long length)) return null;
            items.Add(new PickleTuple([view[0], start, length]));
        }
        return new PickleTuple([.. items]);

        static bool Number(string digits, out long number) => long.TryParse(
            digits, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out number);
    }

    private static object? Same(Unpickler unpickler, object?[] items) => items is [PickleTensor or PickleForeign, ..]
        ? items[0]
        : throw unpickler.Damaged("makes a parameter of what is no tensor");

    // (function, class, arguments, state): a tensor that some class had been made of.
    private static object? FromType(Unpickler unpickler, object?[] items)
    {
        if (items is not [PickleGlobal function, PickleGlobal type, PickleTuple arguments, ..])
            throw unpickler.Damaged("makes a tensor in an unknown way");
        // one within another would be nested as deeply as a file likes
        if (function.Call is null || function.IsForeign || function.Name.StartsWith("torch._tensor.", StringComparison.Ordinal))
            return new PickleForeign(function.Name, arguments.Items);
        return type.Name.StartsWith("torch.", StringComparison.Ordinal)
            ? function.Call(unpickler, arguments.Items)
            : new PickleForeign(type.Name, arguments.Items);
    }

    private static object? Sparse(Unpickler unpickler, object?[] items)
    {
        // (layout, (indices, values, size)) and (layout, (rows, columns, values, size))
        if (items is not [_, PickleTuple { Items: var parts }, ..]) throw unpickler.Damaged("makes a tensor in an unknown way");
        var values = parts.OfType<PickleTensor>().LastOrDefault();
        return values is not null && parts.OfType<PickleTuple>().FirstOrDefault() is { } size
            ? new PickleListed(values.Kind, Lengths(unpickler, size.Items), "sparse")
            : new PickleForeign("torch._utils._rebuild_sparse_tensor", items);
    }

    private static PickleTensor View(Unpickler unpickler, object?[] items, StorageKind? type)
    {
        if (items is not [PickleStorage storage, long offset, PickleTuple size, PickleTuple step, ..] || size.Items.Length != step.Items.Length)
            throw unpickler.Damaged("makes a tensor in an unknown way");
        long[] lengths = Lengths(unpickler, size.Items);
        var strides = new long[lengths.Length];
        for (int axis = 0; axis < lengths.Length; axis++)
            strides[axis] = step.Items[axis] is long stride and >= 0
                ? stride : throw unpickler.Damaged("makes a tensor with an impossible shape or stride");
        var kind = type ?? storage.Kind;
        Int128 last = offset, there = (Int128)storage.Count * storage.Kind.Size / kind.Size;
        for (int axis = 0; axis < lengths.Length; axis++) last += (Int128)(lengths[axis] - 1) * strides[axis];
        if (offset < 0 || (lengths.Contains(0) ? offset > there : last >= there))
            throw unpickler.Damaged(
                $"has a tensor [{string.Join(", ", lengths)}] that reaches beyond the {there} elements of its storage '{Printable.Text(storage.Key)}'");
        bool isNegated = items.Skip(4).OfType<PickleDictionary>().Any(static metadata => metadata.Find("neg") is true);
        return isNegated ? new PickleListed(kind, lengths, "a view with the opposite sign") : new PickleView(kind, lengths, storage, offset, strides);
    }

    private static long[] Lengths(Unpickler unpickler, object?[] items)
    {
        if (items.Length > MostAxes) throw unpickler.Damaged($"has a tensor of {items.Length} axes");
        unpickler.Charge(items.Length);
        var lengths = new long[items.Length];
        for (int axis = 0; axis < lengths.Length; axis++)
            lengths[axis] = items[axis] is long length ? length : throw unpickler.Damaged("makes a tensor with an impossible shape or stride");
        return StoredShape.Problem(lengths) is { } problem ? throw unpickler.Damaged($"has a tensor that {problem}") : lengths;
    }

    private static StorageKind Kind(Unpickler unpickler, PickleGlobal type) =>
        (type.Name.StartsWith("torch.", StringComparison.Ordinal) ? StorageKind.OfType(type.Name["torch.".Length..]) : null)
        ?? throw unpickler.Refuse($"has a tensor of the type {Printable.Text(type.Name)}, which is not known");
}
