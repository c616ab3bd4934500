using System.Buffers.Binary;

namespace Graft.Models;

/// <summary>The names that a checkpoint's pickle may use, and what they do here. None does more than make a value out of values; a
/// name that is not known makes a <see cref="PickleForeign"/>, which is kept and never built.</summary>
internal static class PickleGlobals
{
    private const string ScriptPrefix = "__torch__.";

    /// <summary>What a name stands for.</summary>
    public static PickleGlobal Find(string name, bool torchScript)
    {
        if (PickleTensors.Find(name) is { } rebuild) return new(name, rebuild);
        switch (name)
        {
            case "collections.OrderedDict" or "collections.Counter" or "builtins.dict" or "__builtin__.dict":
                return new(name, (unpickler, items) => MakeDictionary(unpickler, items) ?? (object)new PickleForeign(name, items));
            case "collections.defaultdict":
                return new(name, static (_, _) => new PickleDictionary());
            case "builtins.list" or "__builtin__.list" or "builtins.set" or "__builtin__.set" or "collections.deque"
                or "builtins.frozenset" or "__builtin__.frozenset":
                return new(name, (unpickler, items) => MakeList(unpickler, items) ?? (object)new PickleForeign(name, items));
            case "builtins.tuple" or "__builtin__.tuple" or "torch.Size":
                return new(name, (unpickler, items) => MakeTuple(unpickler, items) ?? (object)new PickleForeign(name, items));
            case "builtins.complex" or "__builtin__.complex":
                return new(name, static (_, items) => new PickleText($"({Shown(items, " + ")}j)"));
            case "builtins.bytearray" or "__builtin__.bytearray" or "builtins.bytes" or "__builtin__.bytes":
                return new(name, static (_, items) => items is [byte[] or PickleLatin, ..] ? items[0] : Array.Empty<byte>());
            case "torch.device":
                return new(name, static (_, items) => new PickleText(Shown(items, ":")));
            case "_codecs.encode":
                return new(name, static (_, items) => items is [string text, ..] ? new PickleLatin(text) : new PickleText("bytes"));
            case "numpy.dtype":
                return new(name, static (_, items) => items is [string code, ..] ? new PickleNumpyType(code) : new PickleText("a NumPy type"));
            case "numpy.core.multiarray.scalar" or "numpy._core.multiarray.scalar":
                return new(name, MakeNumpyScalar);
            // How protocols below 2 make a value of a class: (class, base, state of the base), and (class, arguments ...).
            case "copyreg._reconstructor" or "copy_reg._reconstructor":
                return new(name, static (unpickler, items) => items is [PickleGlobal made, _, var state]
                    ? Reconstruct(unpickler, made, state) : new PickleForeign("an object", items));
            case "copyreg.__newobj__" or "copy_reg.__newobj__":
                return new(name, static (unpickler, items) => items is [PickleGlobal { IsForeign: true } made, .. var rest]
                    ? Make(unpickler, made, rest) : new PickleForeign("an object", items));
        }
        if (name.StartsWith("torch.", StringComparison.Ordinal))
        {
            string rest = name["torch.".Length..];
            string type = rest.StartsWith("storage.", StringComparison.Ordinal) ? rest["storage.".Length..]
                : rest.StartsWith("cuda.", StringComparison.Ordinal) ? rest["cuda.".Length..] : rest;
            if (StorageKind.OfStorage(type) is { } storage) return new(name, Storage: storage);
            bool isLayout = rest is "strided" or "sparse_coo" or "sparse_csr" or "sparse_csc" or "sparse_bsr" or "sparse_bsc"
                or "contiguous_format" or "channels_last" or "channels_last_3d" or "preserve_format" or "serialization._get_layout";
            if (isLayout || StorageKind.OfType(rest) is not null) return new(name);
        }
        // In a TorchScript archive the classes are the model's own modules: bags of attributes, of which the tensors are read.
        if (torchScript && name.StartsWith(ScriptPrefix, StringComparison.Ordinal)) return new(name, static (_, _) => new PickleDictionary());
        if (torchScript && name is "torch.jit._pickle.build_intlist" or "torch.jit._pickle.build_tensorlist"
            or "torch.jit._pickle.build_doublelist" or "torch.jit._pickle.build_boollist" or "torch.jit._pickle.restore_type_tag")
            return new(name, static (_, items) => items is [var only, ..] ? only : null);
        return new(name, (_, items) => new PickleForeign(name, items), IsForeign: true);
    }

    /// <summary>What calling a value makes; what is no function that is known makes a foreign value.</summary>
    public static object? Make(Unpickler unpickler, object? callable, object?[] arguments) => callable switch
    {
        PickleGlobal { Call: { } call } => call(unpickler, arguments),
        PickleGlobal global => new PickleForeign(global.Name, arguments),
        PickleForeign made => new PickleForeign(made.Name, arguments),
        _ => throw unpickler.Damaged("calls something that is no function"),
    };

    /// <summary>What BUILD does: sets the state of a value.</summary>
    public static void Build(Unpickler unpickler, object? value, object? state, bool torchScript)
    {
        switch (value)
        {
            case PickleForeign foreign:
                foreign.State = state;
                break;
            case PickleDictionary attributes when torchScript && state is PickleDictionary given:
                unpickler.Charge(given.Entries.Count);
                if (ReferenceEquals(attributes, given)) throw unpickler.Damaged("builds a value of itself");
                foreach (var (key, item) in given.Entries) attributes.Add(key, item);
                break;
            case PickleNumpyType type:
                type.IsBigEndian = state is PickleTuple { Items: [_, string and ">", ..] };
                break;
            case PickleDictionary or PickleList or PickleTuple or PickleTensor or PickleText or PickleGlobal or PickleStorage:
                // Attributes of what is no bag of attributes: the versions of a state_dict's modules. Not data.
                break;
            default:
                throw unpickler.Damaged("sets the state of a value that has none");
        }
    }

    // An object over a dictionary, a list or nothing; what the base holds becomes what the object holds.
    private static object? Reconstruct(Unpickler unpickler, PickleGlobal made, object? state)
    {
        object? value = Make(unpickler, made, []);
        switch (value, state)
        {
            case (PickleForeign foreign, PickleDictionary dictionary):
                unpickler.Charge(dictionary.Entries.Count);
                foreach (var (key, item) in dictionary.Entries) foreign.Entries.Add(key, item);
                break;
            case (PickleForeign foreign, PickleList list):
                unpickler.Charge(list.Items.Count);
                foreach (object? item in list.Items) foreign.Items.Add(item);
                break;
        }
        return value;
    }

    // Short, since a text that is kept once can be shown any number of times.
    private static string Shown(object?[] items, string separator)
    {
        const int Items = 2, Letters = 32;
        var texts = items.Take(Items).Select(item => PickleMetadata.Text(item));
        return string.Join(separator, texts.Select(text => text is { Length: > Letters } ? text[..Letters] : text));
    }

    private static PickleDictionary? MakeDictionary(Unpickler unpickler, object?[] items)
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
                    if (pair is PickleTuple { Items: [var first, var second] }) made.Add(first, second);
                    else if (pair is PickleList { Items: [var key, var value] }) made.Add(key, value);
                    else return null;
                }
                return made;
            default:
                return null;
        }
    }

    private static PickleList? MakeList(Unpickler unpickler, object?[] items)
    {
        if (Elements(unpickler, items) is not { } elements) return null;
        var made = new PickleList();
        foreach (object? item in elements) made.Add(item);
        return made;
    }

    private static PickleTuple? MakeTuple(Unpickler unpickler, object?[] items) =>
        Elements(unpickler, items) is { } elements ? new([.. elements]) : null;

    private static IReadOnlyList<object?>? Elements(Unpickler unpickler, object?[] items)
    {
        // a deque has its longest length behind its elements
        IReadOnlyList<object?>? elements = items switch
        {
            [] => [],
            [PickleList list, ..] => list.Items,
            [PickleTuple tuple, ..] => tuple.Items,
            _ => null,
        };
        unpickler.Charge(elements?.Count ?? 0);
        return elements;
    }

    private static object? MakeNumpyScalar(Unpickler unpickler, object?[] items)
    {
        if (items is not [PickleNumpyType type, var content]) return new PickleText("a NumPy scalar");
        Span<byte> bytes = stackalloc byte[8];
        int length = content switch
        {
            byte[] { Length: <= 8 } raw => Copy(raw, bytes),
            PickleLatin { Text.Length: <= 8 } latin => System.Text.Encoding.Latin1.GetBytes(latin.Text, bytes),
            _ => 0,
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
            _ => NumpyText(type, content),
        };

        static int Copy(byte[] from, Span<byte> to)
        {
            from.CopyTo(to);
            return from.Length;
        }
    }

    // A text has four bytes a letter; of everything else the type is shown.
    private static PickleText NumpyText(PickleNumpyType type, object? content)
    {
        const int LongestText = 256;
        byte[]? bytes = content switch
        {
            byte[] raw => raw,
            PickleLatin latin => System.Text.Encoding.Latin1.GetBytes(latin.Text.Length > LongestText ? latin.Text[..LongestText] : latin.Text),
            _ => null,
        };
        if (bytes is null || !type.Code.StartsWith('U')) return new PickleText($"a NumPy scalar of type {Shown([type.Code], "")}");
        var encoding = new System.Text.UTF32Encoding(bigEndian: type.IsBigEndian, byteOrderMark: false);
        return new PickleText(encoding.GetString(bytes, 0, Math.Min(bytes.Length, LongestText) / 4 * 4).TrimEnd('\0'));
    }
}
