using System.Globalization;

namespace Graft.Text.Tokenisers;

/// <summary>A set of code points, written as ranges in order: "61D 2E43-2E4F".</summary>
internal sealed class PointRanges
{
    private readonly int[] starts;
    private readonly int[] ends;

    public PointRanges(string ranges)
    {
        string[] parts = ranges.Split(' ');
        starts = [.. parts.Select(static part => Point(part.Split('-')[0]))];
        ends = [.. parts.Select(static part => Point(part.Split('-')[^1]))];
    }

    public bool Contains(int point)
    {
        int at = Array.BinarySearch(starts, point);
        if (at < 0) at = ~at - 1;
        return at >= 0 && point <= ends[at];
    }

    private static int Point(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
