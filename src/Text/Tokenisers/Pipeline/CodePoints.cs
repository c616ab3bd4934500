namespace Graft.Text.Tokenisers;

/// <summary>Code points with where they came from, to be put in order and composed.</summary>
internal sealed class CodePoints
{
    private int[] values = new int[64];
    private int[] starts = new int[64];
    private int[] ends = new int[64];
    private byte[] classes = new byte[64];

    public int Count { get; private set; }

    public void Clear() => Count = 0;

    public void Add(int value, byte combining, int start, int end)
    {
        if (Count == values.Length)
        {
            Array.Resize(ref values, Count * 2);
            Array.Resize(ref starts, Count * 2);
            Array.Resize(ref ends, Count * 2);
            Array.Resize(ref classes, Count * 2);
        }
        (values[Count], starts[Count], ends[Count], classes[Count]) = (value, start, end, combining);
        Count++;
    }

    /// <summary>Puts each run of combining marks into the order of their classes, those of one class as they were.</summary>
    public void Order()
    {
        for (int from = 0; from < Count; from++)
        {
            if (classes[from] == 0) continue;
            int to = from + 1;
            bool ordered = true;
            for (; to < Count && classes[to] != 0; to++) ordered &= classes[to - 1] <= classes[to];
            if (!ordered) Sort(from, to);
            from = to;
        }
    }

    /// <summary>Composes what composes, in place.</summary>
    public void Compose(NormalisationTables tables)
    {
        int starter = -1, kept = 0, last = -1;
        for (int i = 0; i < Count; i++)
        {
            int value = values[i], combining = classes[i];
            // blocked where a mark of the same or a higher class stands between
            if (starter >= 0 && last < combining && tables.Compose(values[starter], value) is >= 0 and var composed)
            {
                values[starter] = composed;
                (starts[starter], ends[starter]) = (Math.Min(starts[starter], starts[i]), Math.Max(ends[starter], ends[i]));
                continue;
            }
            (values[kept], starts[kept], ends[kept], classes[kept]) = (value, starts[i], ends[i], (byte)combining);
            if (combining == 0) (starter, last) = (kept, -1);
            else last = combining;
            kept++;
        }
        Count = kept;
    }

    public void WriteTo(MappedText target)
    {
        for (int i = 0; i < Count; i++) target.Append(values[i], starts[i], ends[i]);
    }

    private void Sort(int from, int to)
    {
        int[] order = new int[to - from];
        long[] keys = new long[to - from];
        for (int i = 0; i < order.Length; i++) (order[i], keys[i]) = (from + i, (long)classes[from + i] << 32 | (uint)i);
        Array.Sort(keys, order);
        var sorted = Array.ConvertAll(order, i => (values[i], starts[i], ends[i], classes[i]));
        for (int i = 0; i < sorted.Length; i++) (values[from + i], starts[from + i], ends[from + i], classes[from + i]) = sorted[i];
    }
}
