using System.Text;

namespace Graft.Text.Tokenisers;

/// <summary>A text on its way through the normalisers: each unit knows which range of the original it came from.</summary>
internal sealed class MappedText
{
    private char[] units = new char[256];
    private int[] starts = new int[256];
    private int[] ends = new int[256];

    public int Length { get; private set; }

    public ReadOnlySpan<char> Units => units.AsSpan(0, Length);

    /// <summary>Whether each unit is still that of the original, <see cref="Shift"/> units further on.</summary>
    public bool IsShifted { get; private set; }

    public int Shift { get; private set; }

    public int StartOf(int unit) => IsShifted ? unit + Shift : starts[unit];

    public int EndOf(int unit) => IsShifted ? unit + Shift + 1 : ends[unit];

    /// <summary>Where the units from one to another lie in the original.</summary>
    public (int Start, int End) RangeOf(int from, int to)
    {
        if (IsShifted) return (from + Shift, to + Shift);
        if (from >= to) return from < Length ? (starts[from], starts[from]) : Length > 0 ? (ends[Length - 1], ends[Length - 1]) : (0, 0);
        int start = starts[from], end = ends[to - 1];
        // marks that were put in order lie crosswise
        if (start >= end)
            for (int i = from; i < to; i++) (start, end) = (Math.Min(start, starts[i]), Math.Max(end, ends[i]));
        return (start, end);
    }

    public void Clear() => (Length, IsShifted) = (0, false);

    /// <summary>Takes a range of the original; half a pair of surrogates becomes the replacement character.</summary>
    public void Load(ReadOnlySpan<char> original, int from, int to)
    {
        Clear();
        int count = to - from;
        Reserve(count);
        original[from..to].CopyTo(units);
        (Length, IsShifted, Shift) = (count, true, from);
        int at = Units.IndexOfAnyInRange('\ud800', '\udfff');
        if (at < 0) return;
        Place();
        for (; at < count; at++)
        {
            if (!char.IsSurrogate(units[at])) continue;
            if (char.IsHighSurrogate(units[at]) && at + 1 < count && char.IsLowSurrogate(units[at + 1]))
            {
                (ends[at], starts[at + 1]) = (from + at + 2, from + at);
                at++;
            }
            else units[at] = '\ufffd';
        }
    }

    /// <summary>As <see cref="Load"/>, with a space before it that lies where the first unit does.</summary>
    public void LoadSpaced(ReadOnlySpan<char> original, int from, int to)
    {
        Load(original, from, to);
        Place();
        Reserve(1);
        Array.Copy(units, 0, units, 1, Length);
        Array.Copy(starts, 0, starts, 1, Length);
        Array.Copy(ends, 0, ends, 1, Length);
        (units[0], starts[0], ends[0]) = (' ', from, Length > 0 ? ends[1] : from);
        Length++;
    }

    public void Append(char unit, int start, int end)
    {
        if (Length == units.Length) Reserve(1);
        (units[Length], starts[Length], ends[Length]) = (unit, start, end);
        Length++;
    }

    public void Append(int point, int start, int end)
    {
        if (point < 0x10000)
        {
            Append((char)point, start, end);
            return;
        }
        Span<char> pair = stackalloc char[2];
        new Rune(point).EncodeToUtf16(pair);
        Append(pair[0], start, end);
        Append(pair[1], start, end);
    }

    public void Append(ReadOnlySpan<char> text, int start, int end)
    {
        foreach (char unit in text) Append(unit, start, end);
    }

    /// <summary>Takes over units of another, with where they came from.</summary>
    public void Append(MappedText other, int from, int to)
    {
        int count = to - from;
        if (count <= 0) return;
        Reserve(count);
        other.units.AsSpan(from, count).CopyTo(units.AsSpan(Length));
        if (other.IsShifted)
            for (int i = 0; i < count; i++) (starts[Length + i], ends[Length + i]) = (from + i + other.Shift, from + i + other.Shift + 1);
        else
        {
            other.starts.AsSpan(from, count).CopyTo(starts.AsSpan(Length));
            other.ends.AsSpan(from, count).CopyTo(ends.AsSpan(Length));
        }
        Length += count;
    }

    /// <summary>The units, to be changed into as many others.</summary>
    public Span<char> Overwrite() => units.AsSpan(0, Length);

    /// <summary>The code point at a unit; the text holds whole pairs alone.</summary>
    public int PointAt(int at, out int length)
    {
        char unit = units[at];
        length = 1;
        if (!char.IsHighSurrogate(unit) || at + 1 >= Length) return unit;
        length = 2;
        return char.ConvertToUtf32(unit, units[at + 1]);
    }

    /// <summary>Writes down where each unit came from.</summary>
    private void Place()
    {
        for (int i = 0; i < Length; i++) (starts[i], ends[i]) = (i + Shift, i + Shift + 1);
        IsShifted = false;
    }

    private void Reserve(int more)
    {
        int needed = Length + more;
        if (needed <= units.Length) return;
        int size = Math.Max(needed, units.Length * 2);
        Array.Resize(ref units, size);
        Array.Resize(ref starts, size);
        Array.Resize(ref ends, size);
    }
}
