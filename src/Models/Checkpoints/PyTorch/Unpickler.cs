using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Graft.Models;

/// <summary>Interprets a pickle of any protocol without Python and without running anything: the only names that have an effect are
/// those of <see cref="PickleGlobals"/>, where it is written; what any other name would make is kept unbuilt.</summary>
/// <remarks>Nothing recurses, so that no nesting overflows the stack, and every copy is charged against the length of the
/// pickle, so that a small file cannot ask for much memory.</remarks>
internal sealed partial class Unpickler
{
    private const int LongestInteger = 128;
    private const byte NextBuffer = 0x97, ReadOnlyBuffer = 0x98;

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
        budget = 2 * bytes.Left + 1000;
    }

    /// <summary>Every storage that the pickle has named, by its key: also those of no tensor.</summary>
    public Dictionary<string, PickleStorage> Storages { get; } = new(StringComparer.Ordinal);

    /// <summary>The names that are on no list, in the order in which they come up.</summary>
    public IEnumerable<string> ForeignNames => globals.Values.Where(global => global.IsForeign).Select(global => global.Name);

    /// <summary>Counts what an operation copies; more than the pickle's length justifies is refused.</summary>
    public void Charge(long elements)
    {
        spent += elements;
        if (spent > budget) throw bytes.Damaged("asks for more work than its length justifies");
    }

    public CheckpointException Damaged(string problem) => bytes.Damaged(problem);

    public CheckpointException Refuse(string problem) => bytes.File.Fail($"its pickle {problem}; load it in PyTorch and save model.state_dict() alone");

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
            if (!Scalar(operation) && !Line(operation) && !Container(operation) && !Reference(operation))
                throw Damaged($"has the operation 0x{operation:X2}, which there is not");
        }
    }

    private bool Scalar(byte operation)
    {
        switch (operation)
        {
            case 0x80: // PROTO
                byte protocol = bytes.ReadByte();
                if (protocol > 5) throw Refuse($"is of protocol {protocol}, and 0 to 5 are read");
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
                // Python's POP removes a mark that is on top.
                if (marks.Count > 0 && marks[^1] == stack.Count) marks.RemoveAt(marks.Count - 1);
                else Pop();
                break;
            case (byte)'1': Discard(PopMark()); break;
            case (byte)'2': stack.Add(Peek()); break;
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
                PeekList().Add(appended);
                break;
            case (byte)'e' or 0x90:
                var items = Take(PopMark());
                var list = PeekList();
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
                PeekDictionary().Add(key, value);
                break;
            case (byte)'u':
                var entries = Take(PopMark());
                Fill(PeekDictionary(), entries);
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
            case (byte)'q': memo[(uint)Number(1)] = Peek(); break;
            case (byte)'r': memo[(uint)Number(4)] = Peek(); break;
            case 0x94: memo[(uint)memo.Count] = Peek(); break;
            case (byte)'c': stack.Add(Global(bytes.ReadLine(), bytes.ReadLine())); break;
            case 0x93:
                string name = Pop() as string ?? throw Damaged("names something by what is no text");
                stack.Add(Global(Pop() as string ?? throw Damaged("names something by what is no text"), name));
                break;
            case (byte)'R' or 0x81 or 0x92: // REDUCE, NEWOBJ, NEWOBJ_EX
                object? named = operation == 0x92 ? Pop() : null;
                var arguments = Pop() as PickleTuple ?? throw Damaged("calls something without arguments");
                object? called = PickleGlobals.Make(this, Pop(), arguments.Items);
                if (called is PickleForeign { State: null } foreign) foreign.State = named;
                stack.Add(called);
                break;
            case (byte)'o': // OBJ: a class and its arguments above a mark
                var parts = Take(PopMark());
                stack.Add(PickleGlobals.Make(this, parts.Length == 0 ? null : parts[0], parts.Length == 0 ? [] : parts[1..]));
                break;
            case (byte)'i': // INST: the same with the class named in the operation
                var constructed = Global(bytes.ReadLine(), bytes.ReadLine());
                stack.Add(PickleGlobals.Make(this, constructed, Take(PopMark())));
                break;
            case 0x82 or 0x83 or 0x84: // EXT1, 2, 4: a name by its number in Python's registry of extensions
                stack.Add(Global("extension", Number(operation switch { 0x82 => 1, 0x83 => 2, _ => 4 }).ToString(CultureInfo.InvariantCulture)));
                break;
            case NextBuffer: stack.Add(new PickleForeign("a buffer outside the pickle", [])); break;
            case ReadOnlyBuffer: Peek(); break;
            case (byte)'b':
                object? state = Pop();
                PickleGlobals.Build(this, Peek(), state, torchScript);
                break;
            case (byte)'Q': stack.Add(Persistent(Pop())); break;
            default: return false;
        }
        return true;
    }

    private PickleGlobal Global(string module, string name)
    {
        string full = $"{module}.{name}";
        if (!globals.TryGetValue(full, out var found)) globals.Add(full, found = PickleGlobals.Find(full, torchScript));
        return found;
    }

    private object? Persistent(object? id)
    {
        object? value = PickleTensors.Persistent(this, id);
        if (value is not PickleStorage storage || Storages.TryAdd(storage.Key, storage)) return value;
        var known = Storages[storage.Key];
        return known.Kind == storage.Kind && known.TotalCount == storage.TotalCount
            ? storage
            : throw Damaged($"describes its storage '{Printable.Text(storage.Key)}' in two ways");
    }

    private void Fill(PickleDictionary dictionary, object?[] items)
    {
        if (items.Length % 2 != 0) throw Damaged("has a key without a value");
        for (int at = 0; at < items.Length; at += 2) dictionary.Add(items[at], items[at + 1]);
    }

    private void PushInteger(ulong length)
    {
        if (length > LongestInteger)
        {
            bytes.Skip(length);
            stack.Add(new PickleText($"a whole number of {length} bytes"));
            return;
        }
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

    // Values below the last mark are out of reach until the mark is gone.
    private int Floor => marks.Count > 0 ? marks[^1] : 0;

    private object? Pop()
    {
        if (stack.Count <= Floor) throw Damaged("takes a value that is not there");
        object? value = stack[^1];
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private object? Peek() => stack.Count > Floor ? stack[^1] : throw Damaged("takes a value that is not there");

    private PickleList PeekList() => Peek() switch
    {
        PickleList list => list,
        PickleForeign foreign => foreign.Items,
        _ => throw Damaged("adds to something that takes nothing"),
    };

    private PickleDictionary PeekDictionary() => Peek() switch
    {
        PickleDictionary dictionary => dictionary,
        PickleForeign foreign => foreign.Entries,
        _ => throw Damaged("adds to something that takes nothing"),
    };

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
