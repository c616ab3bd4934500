using System.Buffers.Binary;
using System.Numerics;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The allow-list: every name that a checkpoint's pickle may use, and what it does here. None does more than make a
/// value out of values.</summary>
internal static class PickleGlobals
{
    private const string ScriptPrefix = "__torch__.";

    /// <summary>The entry for a name, or null: then it is refused.</summary>
    public static PickleGlobal? Find(string name, bool torchScript)
    {
        switch (name)
        {
            case "collections.OrderedDict":
            case "builtins.dict" or "__builtin__.dict":
                return new(name, MakeDictionary);
            case "builtins.list" or "__builtin__.list" or "builtins.set" or "__builtin__.set"
                or "builtins.frozenset" or "__builtin__.frozenset":
                return new(name, MakeList);
            case "builtins.tuple" or "__builtin__.tuple" or "torch.Size":
                return new(name, MakeTuple);
            case "torch._utils._rebuild_tensor":
                return new(name, static (unpickler, items) => MakeTensor(unpickler, items, 4, 4));
            case "torch._utils._rebuild_tensor_v2":
                // Behind the strides: requires_grad, backward hooks and, lately, metadata. None of them is data.
                return new(name, static (unpickler, items) => MakeTensor(unpickler, items, 6, 7));
            case "torch._utils._rebuild_parameter":
                return new(name, static (unpickler, items) => items is [PickleTensor tensor, ..]
                    ? tensor
                    : throw unpickler.Damaged("makes a parameter of what is no tensor"));
            case "torch.device":
                return new(name, MakeDevice);
            case "_codecs.encode":
                return new(name, static (unpickler, items) => items is [string text, "latin1" or "latin-1"]
                    ? new PickleLatin(text)
                    : throw unpickler.Damaged("encodes a text in an unknown way"));
            case "numpy.dtype":
                return new(name, static (unpickler, items) => items is [string { Length: <= 8 } code, ..]
                    ? new PickleNumpyType(code)
                    : throw unpickler.Damaged("has an unknown NumPy type"));
            case "numpy.core.multiarray.scalar" or "numpy._core.multiarray.scalar":
                return new(name, MakeNumpyScalar);
        }
        if (name.StartsWith("torch.", StringComparison.Ordinal))
        {
            string rest = name["torch.".Length..];
            if (rest.StartsWith("storage.", StringComparison.Ordinal)) rest = rest["storage.".Length..];
            else if (rest.StartsWith("cuda.", StringComparison.Ordinal)) rest = rest["cuda.".Length..];
            if (ElementTypes.TryFromStorage(rest, out var storage)) return new(name, Storage: storage);
            if (rest is "float64" or "float32" or "float16" or "bfloat16" or "int64" or "int32" or "int16" or "int8" or "uint8" or "bool"
                or "strided" or "contiguous_format" or "channels_last" or "preserve_format") return new(name);
        }
        if (!torchScript) return null;
        // In a TorchScript archive the classes are the model's own modules: bags of attributes, of which the tensors are read.
        if (name.StartsWith(ScriptPrefix, StringComparison.Ordinal)) return new(name, static (_, _) => new PickleDictionary());
        return name is "torch.jit._pickle.build_intlist" or "torch.jit._pickle.build_tensorlist"
            or "torch.jit._pickle.build_doublelist" or "torch.jit._pickle.build_boollist" or "torch.jit._pickle.restore_type_tag"
            ? new(name, static (unpickler, items) => items is [var only, ..] ? only : throw unpickler.Damaged("has a list of nothing"))
            : null;
    }

    /// <summary>What BUILD does: sets the state of a value.</summary>
    public static void Build(Unpickler unpickler, object? value, object? state, bool torchScript)
    {
        switch (value)
        {
            case PickleDictionary attributes when torchScript && state is PickleDictionary given:
                unpickler.Charge(given.Entries.Count);
                if (ReferenceEquals(attributes, given)) throw unpickler.Damaged("builds a value of itself");
                foreach (var (key, item) in given.Entries) attributes.Add(key, item);
                break;
            case PickleDictionary when state is PickleDictionary or PickleTuple or null:
                // Attributes of an OrderedDict: the versions of a state_dict's modules. Not data.
                break;
            case PickleNumpyType type when state is PickleTuple { Items: [_, string order, ..] }:
                type.IsBigEndian = order == ">";
                break;
            default:
                throw unpickler.Damaged("sets the state of a value that has none");
        }
    }

    /// <summary>What a persistent id stands for: a storage.</summary>
    public static PickleStorage Persistent(Unpickler unpickler, object? id)
    {
        if (id is PickleTuple { Items: ["module", ..] }) throw unpickler.Refuse("a module with its source code");
        if (id is not PickleTuple { Items: ["storage", PickleGlobal { Storage: { } type }, var key, _, long count, ..] items }
            || Key(key) is not { } name || count < 0 || count > long.MaxValue / 8)
            throw unpickler.Damaged("refers to a storage in an unknown way");
        if (items is not [_, _, _, _, _, PickleTuple view]) return new PickleStorage(name, type, 0, count, count);
        // The legacy format's storages may be views of another: (key, first element, elements).
        return view.Items is [_, long start, long length] && start >= 0 && length >= 0 && start <= count && length <= count - start
            ? new PickleStorage(name, type, start, length, count)
            : throw unpickler.Damaged("views a storage outside its bounds");
    }

    /// <summary>The name under which a storage is kept.</summary>
    public static string? Key(object? key) => key switch
    {
        string text => text,
        long number => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        BigInteger number => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => null,
    };

    private static PickleTensor MakeTensor(Unpickler unpickler, object?[] items, int fewest, int most)
    {
        if (items.Length < fewest || items.Length > most
            || items is not [PickleStorage storage, long offset, PickleTuple size, PickleTuple step, ..]
            || size.Items.Length != step.Items.Length)
            throw unpickler.Damaged("makes a tensor in an unknown way");
        int rank = size.Items.Length;
        unpickler.Charge(rank);
        var lengths = new long[Math.Min(rank, Shape.MaximumRank + 1)];
        var strides = new long[lengths.Length];
        for (int axis = 0; axis < lengths.Length; axis++)
        {
            if (size.Items[axis] is not long length || step.Items[axis] is not long stride || stride < 0)
                throw unpickler.Damaged("makes a tensor with an impossible shape or stride");
            lengths[axis] = length;
            strides[axis] = stride;
        }
        if (!StoredShape.TryMake(lengths, out var shape, out string? problem)) throw unpickler.Damaged($"has a tensor that {problem}");
        Int128 last = offset;
        for (int axis = 0; axis < rank; axis++) last += (Int128)(lengths[axis] - 1) * strides[axis];
        if (offset < 0 || (shape.ElementCount == 0 ? offset > storage.Count : last >= storage.Count))
            throw unpickler.Damaged(
                $"has a tensor {shape} that reaches beyond the {storage.Count} elements of its storage '{Printable.Text(storage.Key)}'");
        return new PickleTensor(storage, offset, shape, strides);
    }

    private static PickleDictionary MakeDictionary(Unpickler unpickler, object?[] items)
    {
        var made = new PickleDictionary();
        switch (items)
        {
            case []:
                return made;
            case [PickleDictionary given]:
                unpickler.Charge(given.Entries.Count);
                foreach (var (key, value) in given.Entries) made.Add(key, value);
                return made;
            case [PickleList pairs]:
                unpickler.Charge(pairs.Items.Count);
                foreach (object? pair in pairs.Items)
                {
                    var (key, value) = pair switch
                    {
                        PickleTuple { Items: [var first, var second] } => (first, second),
                        PickleList { Items: [var first, var second] } => (first, second),
                        _ => throw unpickler.Damaged("makes a dictionary of something else than pairs"),
                    };
                    made.Add(key, value);
                }
                return made;
            default:
                throw unpickler.Damaged("makes a dictionary in an unknown way");
        }
    }

    private static PickleList MakeList(Unpickler unpickler, object?[] items)
    {
        var made = new PickleList();
        foreach (object? item in Elements(unpickler, items)) made.Add(item);
        return made;
    }

    private static PickleTuple MakeTuple(Unpickler unpickler, object?[] items) => new([.. Elements(unpickler, items)]);

    private static IReadOnlyList<object?> Elements(Unpickler unpickler, object?[] items)
    {
        IReadOnlyList<object?> elements = items switch
        {
            [] => [],
            [PickleList list] => list.Items,
            [PickleTuple tuple] => tuple.Items,
            _ => throw unpickler.Damaged("makes a list of something else than a list"),
        };
        unpickler.Charge(elements.Count);
        return elements;
    }

    private static PickleText MakeDevice(Unpickler unpickler, object?[] items) => items switch
    {
        [string { Length: <= 32 } kind] => new PickleText(kind),
        [string { Length: <= 32 } kind, long index] => new PickleText($"{kind}:{index}"),
        _ => throw unpickler.Damaged("has an unknown device"),
    };

    private static object MakeNumpyScalar(Unpickler unpickler, object?[] items)
    {
        if (items is not [PickleNumpyType type, var content]) throw unpickler.Damaged("has a NumPy scalar in an unknown way");
        Span<byte> bytes = stackalloc byte[8];
        int length = content switch
        {
            byte[] raw when raw.Length <= 8 => Copy(raw, bytes),
            PickleLatin { Text.Length: <= 8 } latin => System.Text.Encoding.Latin1.GetBytes(latin.Text, bytes),
            _ => throw unpickler.Damaged("has a NumPy scalar of an unknown length"),
        };
        if (type.IsBigEndian) bytes[..length].Reverse();
        return (type.Code, length) switch
        {
            ("f8", 8) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            ("f4", 4) => (double)BinaryPrimitives.ReadSingleLittleEndian(bytes),
            ("f2", 2) => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
            ("i8", 8) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            ("i4", 4) => (long)BinaryPrimitives.ReadInt32LittleEndian(bytes),
            ("i2", 2) => (long)BinaryPrimitives.ReadInt16LittleEndian(bytes),
            ("i1", 1) => (long)(sbyte)bytes[0],
            ("u1", 1) => (long)bytes[0],
            ("b1", 1) => bytes[0] != 0,
            _ => throw unpickler.Damaged($"has a NumPy scalar of the unknown type '{Printable.Text(type.Code)}'"),
        };

        static int Copy(byte[] from, Span<byte> to)
        {
            from.CopyTo(to);
            return from.Length;
        }
    }
}
