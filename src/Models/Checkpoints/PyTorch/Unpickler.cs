using System.Buffers.Binary;
using System.Numerics;

namespace Graft.Models;

/// <summary>Interprets a pickle (protocols 2 to 5, as far as data needs them) without Python and without running anything: the
/// only names it knows are those of <see cref="PickleGlobals"/>, and their effect is written there.</summary>
/// <remarks>Nothing recurses, so that no nesting overflows the stack, and every copy is charged against the length of the
/// pickle, so that a small file cannot ask for much memory.</remarks>
internal sealed class Unpickler
{
    // Beyond any model: a tensor takes some twenty-five operations.
    private const long MostOperations = 20_000_000;
    private const int LongestInteger = 128;

    private readonly PickleBytes bytes;
    private readonly bool torchScript;
    private readonly List<object?> stack = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<uint, object?> memo = [];
    private readonly Dictionary<string, PickleGlobal> globals = new(StringComparer.Ordinal);
    private readonly long budget;
    private long spent;

    public Unpickler(PickleBytes bytes, bool torchScript = false)
    {
        this.bytes = bytes;
        this.torchScript = torchScript;
        budget = Math.Min(MostOperations, 2 * bytes.Left + 1000);
    }

    /// <summary>Every storage that the pickle has named, by its key: also those of no tensor.</summary>
    public Dictionary<string, PickleStorage> Storages { get; } = new(StringComparer.Ordinal);

    /// <summary>Counts what an operation copies; more than the pickle's length justifies is refused.</summary>
    public void Charge(long elements)
    {
        spent += elements;
        if (spent > budget) throw bytes.Damaged("asks for more work than its length justifies");
    }

    public CheckpointException Damaged(string problem) => bytes.Damaged(problem);

    public CheckpointException Refuse(string name) => bytes.File.Fail(
        $"its pickle names {Printable.Text(name)}, which the tensors of a checkpoint do not need, so it is refused; nothing was run. "
        + "If you trust the file, load it in PyTorch and save model.state_dict() alone");

    /// <summary>Interprets one pickle, up to and including its STOP.</summary>
    public object? Load()
    {
        while (true)
        {
            Charge(1);
            byte operation = bytes.ReadByte();
            if (operation == (byte)'.')
            {
                object? result = Pop();
                if (stack.Count > 0 || marks.Count > 0) throw Damaged("ends with values left over");
                return result;
            }
            if (!Scalar(operation) && !Container(operation) && !Reference(operation))
                throw operation switch
                {
                    (byte)'i' => Refuse($"{bytes.ReadLine()}.{bytes.ReadLine()}"),
                    0x82 or 0x83 or 0x84 => Refuse("an extension code"),
                    _ => Damaged($"has the operation 0x{operation:X2}, which no checkpoint uses"),
                };
        }
    }

    private bool Scalar(byte operation)
    {
        switch (operation)
        {
            case 0x80: // PROTO
                byte protocol = bytes.ReadByte();
                if (protocol is < 2 or > 5) throw Damaged($"is of protocol {protocol}; 2 to 5 are read");
                break;
            case 0x95: Number(8); break; // FRAME: only says how much could be read at once
            case (byte)'N': stack.Add(null); break;
            case 0x88: stack.Add(true); break;
            case 0x89: stack.Add(false); break;
            case (byte)'J': stack.Add((long)(int)Number(4)); break;
            case (byte)'K': stack.Add((long)Number(1)); break;
            case (byte)'M': stack.Add((long)Number(2)); break;
            case 0x8A: PushInteger(Number(1)); break;
            case 0x8B: PushInteger(Number(4)); break;
            case (byte)'G': stack.Add(BitConverter.UInt64BitsToDouble(BinaryPrimitives.ReverseEndianness(Number(8)))); break;
            case (byte)'X': stack.Add(bytes.ReadText(Number(4))); break;
            case 0x8C: stack.Add(bytes.ReadText(Number(1))); break;
            case 0x8D: stack.Add(bytes.ReadText(Number(8))); break;
            // Python 2 wrote its texts so.
            case (byte)'T': stack.Add(bytes.ReadText(Number(4))); break;
            case (byte)'U': stack.Add(bytes.ReadText(Number(1))); break;
            case (byte)'B': stack.Add(bytes.ReadBytes(Number(4))); break;
            case (byte)'C': stack.Add(bytes.ReadBytes(Number(1))); break;
            case 0x8E or 0x96: stack.Add(bytes.ReadBytes(Number(8))); break;
            default: return false;
        }
        return true;
    }

    private bool Container(byte operation)
    {
        switch (operation)
        {
            case (byte)'(': marks.Add(stack.Count); break;
            case (byte)'0':
                // Python's POP takes a mark away where one lies on top.
                if (marks.Count > 0 && marks[^1] == stack.Count) marks.RemoveAt(marks.Count - 1);
                else Pop();
                break;
            case (byte)'1': Discard(PopMark()); break;
            case (byte)'2': stack.Add(Peek<object>()); break;
            case (byte)')': stack.Add(new PickleTuple([])); break;
            case 0x85 or 0x86 or 0x87: stack.Add(new PickleTuple(Take(TopItems(operation - 0x84)))); break;
            case (byte)'t': stack.Add(new PickleTuple(Take(PopMark()))); break;
            case (byte)']' or 0x8F: stack.Add(new PickleList()); break;
            case (byte)'l' or 0x91:
                var made = new PickleList();
                foreach (object? item in Take(PopMark())) made.Add(item);
                stack.Add(made);
                break;
            case (byte)'a':
                object? appended = Pop();
                Peek<PickleList>().Add(appended);
                break;
            case (byte)'e' or 0x90:
                var items = Take(PopMark());
                var list = Peek<PickleList>();
                foreach (object? item in items) list.Add(item);
                break;
            case (byte)'}': stack.Add(new PickleDictionary()); break;
            case (byte)'d':
                var dictionary = new PickleDictionary();
                Fill(dictionary, Take(PopMark()));
                stack.Add(dictionary);
                break;
            case (byte)'s':
                object? value = Pop();
                object? key = Pop();
                Peek<PickleDictionary>().Add(key, value);
                break;
            case (byte)'u':
                var entries = Take(PopMark());
                Fill(Peek<PickleDictionary>(), entries);
                break;
            default: return false;
        }
        return true;
    }

    private bool Reference(byte operation)
    {
        switch (operation)
        {
            case (byte)'h': stack.Add(Recall((uint)Number(1))); break;
            case (byte)'j': stack.Add(Recall((uint)Number(4))); break;
            case (byte)'q': memo[(uint)Number(1)] = Peek<object>(); break;
            case (byte)'r': memo[(uint)Number(4)] = Peek<object>(); break;
            case 0x94: memo[(uint)memo.Count] = Peek<object>(); break;
            case (byte)'c': stack.Add(Global(bytes.ReadLine(), bytes.ReadLine())); break;
            case 0x93:
                string name = Pop() as string ?? throw Damaged("names something by what is no text");
                stack.Add(Global(Pop() as string ?? throw Damaged("names something by what is no text"), name));
                break;
            case (byte)'R' or 0x81 or 0x92: // REDUCE, NEWOBJ, NEWOBJ_EX
                if (operation == 0x92 && Pop() is not PickleDictionary { Entries.Count: 0 })
                    throw Damaged("calls something with named arguments");
                var arguments = Pop() as PickleTuple ?? throw Damaged("calls something without arguments");
                stack.Add(Call(Pop(), arguments));
                break;
            case (byte)'b':
                object? state = Pop();
                PickleGlobals.Build(this, Peek<object>(), state, torchScript);
                break;
            case (byte)'Q': stack.Add(Storage(PickleGlobals.Persistent(this, Pop()))); break;
            default: return false;
        }
        return true;
    }

    private PickleGlobal Global(string module, string name)
    {
        string full = $"{module}.{name}";
        if (globals.TryGetValue(full, out var known)) return known;
        var found = PickleGlobals.Find(full, torchScript) ?? throw Refuse(full);
        globals.Add(full, found);
        return found;
    }

    private PickleStorage Storage(PickleStorage storage)
    {
        if (Storages.TryAdd(storage.Key, storage)) return storage;
        var known = Storages[storage.Key];
        return known.ElementType == storage.ElementType && known.TotalCount == storage.TotalCount
            ? storage
            : throw Damaged($"describes its storage '{Printable.Text(storage.Key)}' in two ways");
    }

    private object? Call(object? callable, PickleTuple arguments) => callable is PickleGlobal { Call: not null } global
        ? global.Call(this, arguments.Items)
        : throw Damaged("calls something that is no function");

    private void Fill(PickleDictionary dictionary, object?[] items)
    {
        if (items.Length % 2 != 0) throw Damaged("has a key without a value");
        for (int at = 0; at < items.Length; at += 2) dictionary.Add(items[at], items[at + 1]);
    }

    private void PushInteger(ulong length)
    {
        if (length > LongestInteger) throw Damaged($"has a whole number of {length} bytes");
        var number = new BigInteger(bytes.ReadBytes(length));
        if (number >= long.MinValue && number <= long.MaxValue) stack.Add((long)number);
        else stack.Add(number);
    }

    private ulong Number(int length)
    {
        Span<byte> number = stackalloc byte[8];
        number.Clear();
        bytes.Read(number[..length]);
        return BinaryPrimitives.ReadUInt64LittleEndian(number);
    }

    private object? Recall(uint index) => memo.TryGetValue(index, out object? value)
        ? value
        : throw Damaged($"refers to the value {index}, which it has not kept");

    // What lies below the last mark is out of reach until the mark is gone.
    private int Floor => marks.Count > 0 ? marks[^1] : 0;

    private object? Pop()
    {
        if (stack.Count <= Floor) throw Damaged("takes a value that is not there");
        object? value = stack[^1];
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private T Peek<T>() where T : class
    {
        if (stack.Count <= Floor) throw Damaged("takes a value that is not there");
        // A null may be kept and copied like any other value; nothing can be added to it.
        if (typeof(T) == typeof(object)) return (T)stack[^1]!;
        return stack[^1] as T ?? throw Damaged("adds to something that takes nothing");
    }

    private int PopMark()
    {
        if (marks.Count == 0) throw Damaged("closes what it never opened");
        int mark = marks[^1];
        marks.RemoveAt(marks.Count - 1);
        return mark;
    }

    private int TopItems(int count) => stack.Count - count >= Floor ? stack.Count - count : throw Damaged("takes a value that is not there");

    private object?[] Take(int start)
    {
        var items = new object?[stack.Count - start];
        stack.CopyTo(start, items, 0, items.Length);
        Discard(start);
        return items;
    }

    private void Discard(int start) => stack.RemoveRange(start, stack.Count - start);
}
