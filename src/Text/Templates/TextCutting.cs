using System.Text;

namespace Graft.Text.Templates;

/// <summary>Texts cut, joined and changed, by Python's rules.</summary>
internal static class TextCutting
{
    public static TemplateList Split(Run run, string name, string text, Arguments arguments, bool fromEnd)
    {
        var bound = arguments.Bind(run, name, 0, "sep", "maxsplit");
        long most = bound.Whole(1, -1);
        if (most < 0) most = long.MaxValue;
        string? separator = bound.TextOrNone(0);
        if (separator is { Length: 0 }) throw run.Fail($"{name} is given an empty separator");
        List<string> parts = separator is null ? Words(text, most, fromEnd) : Parts(text, separator, most, fromEnd);
        run.Take(text.Length);
        return run.Made([.. parts]);
    }

    public static string Join(Run run, string separator, IReadOnlyList<string> parts)
    {
        run.Take(parts.Sum(static part => (long)part.Length) + (long)separator.Length * Math.Max(0, parts.Count - 1));
        return string.Join(separator, parts);
    }

    /// <summary>The text with a part in place of another, the first few times; each time where the count is below 0.</summary>
    public static string Replace(Run run, string text, string old, string with, long count)
    {
        if (count < 0) count = long.MaxValue;
        var replaced = new StringBuilder();
        int at = 0;
        if (old.Length == 0)
        {
            foreach (string letter in TextPoints.Letters(text))
            {
                if (count-- > 0) replaced.Append(with);
                run.Take(with.Length);
                replaced.Append(letter);
            }
            if (count > 0) replaced.Append(with);
            return run.Made(replaced.ToString());
        }
        for (int next; count > 0 && (next = text.IndexOf(old, at, StringComparison.Ordinal)) >= 0; count--, at = next + old.Length)
        {
            run.Take(with.Length);
            replaced.Append(text, at, next - at).Append(with);
        }
        return run.Made(replaced.Append(text, at, text.Length - at).ToString());
    }

    /// <summary>The place of a part, in code points; -1 where there is none.</summary>
    public static long Find(string text, string part, bool last)
    {
        int at = last ? text.LastIndexOf(part, StringComparison.Ordinal) : text.IndexOf(part, StringComparison.Ordinal);
        return at < 0 ? -1 : TextPoints.Count(text[..at]);
    }

    /// <summary>Each run of letters with its first in upper case.</summary>
    public static string Title(string text)
    {
        var title = new StringBuilder(text.Length);
        bool isInside = false;
        foreach (string letter in TextPoints.Letters(text))
        {
            title.Append(isInside ? PythonStrings.Lower(letter) : TextPoints.Capital(letter));
            isInside = char.IsLetter(letter, 0);
        }
        return title.ToString();
    }

    /// <summary>The lines behind the first moved to the right (Jinja's <c>indent</c>).</summary>
    public static string Indent(Run run, string text, string by, bool first, bool blank)
    {
        var lines = TextPoints.Lines(text + "\n");
        run.Take(text.Length + (long)lines.Count * by.Length);
        var indented = lines.Select((line, number) => number == 0 ? (first ? by : "") + line : blank || line.Length > 0 ? by + line : line);
        return string.Join('\n', indented);
    }

    private static List<string> Words(string text, long most, bool fromEnd)
    {
        var words = PythonStrings.Split(text);
        if (words.Count <= most) return words;
        // what is left over stays as it is, white space within it too
        int kept = (int)most;
        if (!fromEnd)
        {
            int at = 0;
            for (int word = 0; word <= kept; word++)
            {
                while (PythonStrings.IsSpace(text[at])) at++;
                if (word < kept) at += words[word].Length;
            }
            return [.. words.Take(kept), text[at..]];
        }
        int end = text.Length;
        for (int word = 0; word <= kept; word++)
        {
            while (PythonStrings.IsSpace(text[end - 1])) end--;
            if (word < kept) end -= words[words.Count - 1 - word].Length;
        }
        return [text[..end], .. words.Skip(words.Count - kept)];
    }

    private static List<string> Parts(string text, string separator, long most, bool fromEnd)
    {
        var parts = new List<string>();
        if (!fromEnd)
        {
            int at = 0;
            for (int next; parts.Count < most && (next = text.IndexOf(separator, at, StringComparison.Ordinal)) >= 0; at = next + separator.Length) parts.Add(text[at..next]);
            parts.Add(text[at..]);
            return parts;
        }
        int end = text.Length;
        for (int found; parts.Count < most && end > 0 && (found = text.LastIndexOf(separator, end - 1, end, StringComparison.Ordinal)) >= 0; end = found)
            parts.Add(text[(found + separator.Length)..end]);
        parts.Add(text[..end]);
        parts.Reverse();
        return parts;
    }
}
