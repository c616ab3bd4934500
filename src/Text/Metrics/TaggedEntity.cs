namespace Graft.Text;

/// <summary>An entity: words that belong together, and what they are.</summary>
/// <param name="Type">What they are: <c>PER</c>, <c>LOC</c> ...; <c>_</c> where the tags do not say.</param>
/// <param name="Start">The first word.</param>
/// <param name="End">The word behind the last.</param>
public readonly record struct TaggedEntity(string Type, int Start, int End)
{
    /// <summary>The entities of a sentence, in order.</summary>
    /// <param name="tags">A tag a word: <c>B-PER</c>, <c>I-PER</c>, <c>O</c> ...</param>
    /// <param name="scheme">How the tags are read.</param>
    /// <exception cref="ArgumentException">A tag is empty, or not one of the scheme.</exception>
    public static IReadOnlyList<TaggedEntity> Find(IReadOnlyList<string> tags, TagScheme scheme = TagScheme.Lenient)
    {
        ArgumentNullException.ThrowIfNull(tags);
        foreach (string tag in tags)
            if (string.IsNullOrEmpty(tag)) throw new ArgumentException("a tag is empty; a word that is of no entity has the tag O", nameof(tags));
        return scheme switch
        {
            TagScheme.Lenient => Lenient(tags),
            TagScheme.Iob2 => Strict(tags, "BIO", static mark => mark == 'B', static (before, mark) => before is 'B' or 'I' && mark == 'I', mustClose: false),
            TagScheme.Iobes => Strict(tags, "BIOES", static mark => mark is 'B' or 'S', static (before, mark) => before is 'B' or 'I' && mark is 'I' or 'E', mustClose: true),
            _ => throw new ArgumentOutOfRangeException(nameof(scheme), scheme, "is no scheme of tags"),
        };
    }

    private static List<TaggedEntity> Lenient(IReadOnlyList<string> tags)
    {
        var found = new List<TaggedEntity>();
        char before = 'O';
        string typeBefore = "";
        int start = 0;
        for (int at = 0; at <= tags.Count; at++)
        {
            (char mark, string type) = at < tags.Count ? Parts(tags[at]) : ('O', "_");
            if (Ends(before, typeBefore, mark, type)) found.Add(new TaggedEntity(typeBefore, start, at));
            if (Starts(before, typeBefore, mark, type)) start = at;
            (before, typeBefore) = (mark, type);
        }
        return found;
    }

    /// <summary>The mark and what follows the first hyphen behind it, or all that follows where there is none.</summary>
    private static (char Mark, string Type) Parts(string tag)
    {
        string rest = tag[1..];
        int hyphen = rest.IndexOf('-', StringComparison.Ordinal);
        if (hyphen >= 0) rest = rest[(hyphen + 1)..];
        return (tag[0], rest.Length == 0 ? "_" : rest);
    }

    private static bool Ends(char before, string typeBefore, char mark, string type) =>
        before is 'E' or 'S' || (before is 'B' or 'I' && mark is 'B' or 'S' or 'O') || (before is not ('O' or '.') && typeBefore != type);

    private static bool Starts(char before, string typeBefore, char mark, string type) =>
        mark is 'B' or 'S' || (before is 'E' or 'O' or 'S' && mark is 'E' or 'I') || (mark is not ('O' or '.') && typeBefore != type);

    private static List<TaggedEntity> Strict(IReadOnlyList<string> tags, string marks, Func<char, bool> starts, Func<char, char, bool> goesOn, bool mustClose)
    {
        var found = new List<TaggedEntity>();
        foreach (string tag in tags)
            if (!marks.Contains(tag[0], StringComparison.Ordinal))
                throw new ArgumentException($"the tag '{Printable.Text(tag)}' begins with none of {string.Join(", ", marks.ToCharArray())}", nameof(tags));
        for (int at = 0; at < tags.Count;)
        {
            if (!starts(tags[at][0]))
            {
                at++;
                continue;
            }
            string type = StrictType(tags[at]);
            int end = at + 1;
            while (end < tags.Count && goesOn(tags[end - 1][0], tags[end][0]) && StrictType(tags[end]) == type) end++;
            if (!mustClose || tags[end - 1][0] is 'E' or 'S') found.Add(new TaggedEntity(type, at, end));
            at = end;
        }
        return found;
    }

    private static string StrictType(string tag) => tag[1..].Trim('-') is { Length: > 0 } type ? type : "_";
}
