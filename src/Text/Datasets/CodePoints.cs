namespace Graft.Text;

/// <summary>Unicode's code points, as Python counts letters; a surrogate pair is one.</summary>
internal static class CodePoints
{
    public static int Count(ReadOnlySpan<char> text)
    {
        int count = text.Length;
        for (int at = 1; at < text.Length; at++)
            if (char.IsSurrogatePair(text[at - 1], text[at])) count--;
        return count;
    }

    /// <summary>Where the code point of that number begins, in UTF-16 units; -1 beyond the end.</summary>
    public static int IndexOf(string text, long number)
    {
        if (number < 0 || number > text.Length) return -1;
        int at = 0;
        for (; number > 0; number--)
        {
            if (at >= text.Length) return -1;
            at += at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;
        }
        return at;
    }
}
