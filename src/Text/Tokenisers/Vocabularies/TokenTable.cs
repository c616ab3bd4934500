using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Graft.Text.Tokenisers;

/// <summary>Texts and their numbers, found by span, and the longest of them that a span begins with.</summary>
/// <remarks>A text of up to eight units, as most are, lies in its slot whole, so that finding it reads one place and calls nothing.</remarks>
internal sealed class TokenTable
{
    private const int Absent = -1;
    private const int Units = 4;
    private const int Short = 2 * Units;
    private const ulong Factor = 0x9E3779B97F4A7C15;

    // not the same in every process: no file can be written so that its texts collide
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64();

    private readonly Slot[] slots;
    private readonly int skipped;
    private readonly int mask;

    // longer texts one after the other
    private char[] pool = [];
    private int used;

    /// <summary>An empty table.</summary>
    /// <param name="capacity">How many texts there will be at most.</param>
    /// <param name="skipped">How many units at the beginning of each are not compared: those of a prefix that all have.</param>
    public TokenTable(int capacity, int skipped = 0)
    {
        mask = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 4) * 2) - 1;
        (slots, this.skipped) = (new Slot[mask + 1], skipped);
    }

    /// <summary>The length of the longest text.</summary>
    public int Longest { get; private set; }

    /// <summary>Adds a text.</summary>
    /// <returns>False where it is there already, with the number that it keeps.</returns>
    public bool TryAdd(string key, int id, out int earlier)
    {
        var text = key.AsSpan(skipped);
        ulong hash = KeyOf(text, out var slot);
        earlier = Find(text, hash, in slot);
        if (earlier != Absent) return false;
        int at = (int)hash & mask;
        while (slots[at].End > 0) at = (at + 1) & mask;
        slot.Id = id;
        if (text.Length > Short)
        {
            if (used + text.Length > pool.Length) Array.Resize(ref pool, Math.Max(used + text.Length, pool.Length * 2));
            text.CopyTo(pool.AsSpan(used));
            slot.Last = (ulong)used;
            used += text.Length;
        }
        slots[at] = slot;
        Longest = Math.Max(Longest, text.Length);
        return true;
    }

    /// <summary>The number of a text; -1 where it is unknown.</summary>
    public int Find(ReadOnlySpan<char> text) => text.Length > Longest ? Absent : Find(text, KeyOf(text, out var key), in key);

    /// <summary>The number of the longest text that this one begins with; -1 for none.</summary>
    public int FindLongest(ReadOnlySpan<char> text, out int length)
    {
        for (length = Math.Min(text.Length, Longest); length > 0; length--)
        {
            var beginning = text[..length];
            int id = Find(beginning, KeyOf(beginning, out var key), in key);
            if (id != Absent) return id;
        }
        return Absent;
    }

    /// <summary>The hash of a text, and the slot that it would lie in, a long one's place left out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong KeyOf(ReadOnlySpan<char> text, out Slot key)
    {
        key = new Slot { End = text.Length + 1 };
        if (text.Length < Units)
        {
            // the middle one of two is the second, and of one the only
            if (text.Length > 0) key.First = text[0] | (ulong)text[text.Length / 2] << 16 | (ulong)text[^1] << 32;
        }
        else if (text.Length <= Short)
        {
            key.First = UnitsAt(text, 0);
            key.Last = UnitsAt(text, text.Length - Units);
        }
        else key.First = HashOf(text);
        return Mix(Mix(Seed + (ulong)text.Length, key.First), text.Length > Short ? 0 : key.Last);
    }

    private static ulong HashOf(ReadOnlySpan<char> text)
    {
        ulong hash = Seed;
        for (int at = 0; at < text.Length - Units; at += Units) hash = Mix(hash, UnitsAt(text, at));
        return Mix(hash, UnitsAt(text, text.Length - Units));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong UnitsAt(ReadOnlySpan<char> text, int at) => MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(text.Slice(at, Units)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong hash, ulong units)
    {
        ulong high = Math.BigMul(hash ^ units, Factor, out ulong low);
        return high ^ low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Find(ReadOnlySpan<char> text, ulong hash, in Slot key)
    {
        for (int at = (int)hash & mask; ; at = (at + 1) & mask)
        {
            ref readonly var slot = ref slots[at];
            if (slot.End == 0) return Absent;
            if (slot.First != key.First || slot.End != key.End) continue;
            if (text.Length <= Short ? slot.Last == key.Last : text.SequenceEqual(pool.AsSpan((int)slot.Last, text.Length))) return slot.Id;
        }
    }

    /// <summary>A text of up to three units: first, middle and last; of up to eight: the first four and the last; a longer one: its hash and its place.</summary>
    private struct Slot
    {
        public ulong First;
        public ulong Last;
        public int Id;

        /// <summary>One more than the length; 0 for nothing.</summary>
        public int End;
    }
}
