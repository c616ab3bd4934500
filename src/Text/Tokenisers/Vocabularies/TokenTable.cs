using System.Numerics;
using System.Runtime.CompilerServices;

namespace Graft.Text.Tokenisers;

/// <summary>Texts and their numbers, found by span, and the longest of them that a span begins with.</summary>
/// <remarks>The hash of a longer beginning follows from that of a shorter one, so a search for the longest hashes each unit once.</remarks>
internal sealed class TokenTable
{
    private const int Absent = -1;
    private const int OnStack = 256;

    // not the same in every process: no file can be written so that its texts collide
    private static readonly ulong Factor = (ulong)Random.Shared.NextInt64() << 1 | 1;

    private readonly Slot[] slots;
    private readonly string[] keys;
    private readonly int[] ids;
    private readonly int skipped;
    private readonly int mask;
    private int count;

    /// <summary>An empty table.</summary>
    /// <param name="capacity">How many texts there will be at most.</param>
    /// <param name="skipped">How many units at the beginning of each are not compared: those of a prefix that all have.</param>
    public TokenTable(int capacity, int skipped = 0)
    {
        mask = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 4) * 2) - 1;
        (slots, keys, ids, this.skipped) = (new Slot[mask + 1], new string[capacity], new int[capacity], skipped);
    }

    /// <summary>The length of the longest text.</summary>
    public int Longest { get; private set; }

    public int Count => count;

    /// <summary>Adds a text.</summary>
    /// <returns>False where it is there already, with the number that it keeps.</returns>
    public bool TryAdd(string key, int id, out int earlier)
    {
        var text = key.AsSpan(skipped);
        ulong hash = HashOf(text);
        earlier = Find(text, hash);
        if (earlier != Absent) return false;
        (keys[count], ids[count]) = (key, id);
        count++;
        int at = SlotOf(hash);
        while (slots[at].Entry != 0) at = (at + 1) & mask;
        slots[at] = new Slot(hash, count);
        Longest = Math.Max(Longest, text.Length);
        return true;
    }

    /// <summary>The number of a text; -1 where it is unknown.</summary>
    public int Find(ReadOnlySpan<char> text) => text.Length > Longest ? Absent : Find(text, HashOf(text));

    /// <summary>The number of the longest text that this one begins with; -1 for none.</summary>
    [SkipLocalsInit]
    public int FindLongest(ReadOnlySpan<char> text, out int length)
    {
        int most = Math.Min(text.Length, Longest);
        Span<ulong> hashes = most <= OnStack ? stackalloc ulong[OnStack] : new ulong[most];
        ulong hash = 0;
        for (int i = 0; i < most; i++) hashes[i] = hash = Next(hash, text[i]);
        for (length = most; length > 0; length--)
        {
            int id = Find(text[..length], hashes[length - 1]);
            if (id != Absent) return id;
        }
        return Absent;
    }

    private static ulong Next(ulong hash, char unit) => (hash + unit + 1) * Factor;

    private static ulong HashOf(ReadOnlySpan<char> text)
    {
        ulong hash = 0;
        foreach (char unit in text) hash = Next(hash, unit);
        return hash;
    }

    private int SlotOf(ulong hash) => (int)(hash >> 32 ^ hash >> 12) & mask;

    private int Find(ReadOnlySpan<char> text, ulong hash)
    {
        for (int at = SlotOf(hash); ; at = (at + 1) & mask)
        {
            var slot = slots[at];
            if (slot.Entry == 0) return Absent;
            if (slot.Hash == hash && keys[slot.Entry - 1].AsSpan(skipped).SequenceEqual(text)) return ids[slot.Entry - 1];
        }
    }

    private readonly record struct Slot(ulong Hash, int Entry);
}
