using System.Buffers;
using System.Text;

namespace Graft.Text.Tokenisers;

/// <summary>Finds added tokens in a text, from left to right, the longest where several begin.</summary>
internal sealed class AddedTokenFinder
{
    private readonly AddedToken[] tokens;
    private readonly SortedTokens sorted;
    private readonly SearchValues<char> firsts;

    /// <summary>Takes the texts that stand for tokens.</summary>
    public AddedTokenFinder(IEnumerable<(string Text, AddedToken Token)> searched)
    {
        var distinct = searched.Where(static pair => pair.Text.Length > 0).DistinctBy(static pair => pair.Text).ToArray();
        tokens = [.. distinct.Select(static pair => pair.Token)];
        sorted = new SortedTokens([.. distinct.Select(static pair => pair.Text)], [.. Enumerable.Range(0, tokens.Length)]);
        firsts = SearchValues.Create([.. distinct.Select(static pair => pair.Text[0]).Distinct()]);
    }

    public bool IsEmpty => tokens.Length == 0;

    /// <summary>Whether a text has a unit that one of them begins with.</summary>
    public bool MayOccur(ReadOnlySpan<char> text) => text.ContainsAny(firsts);

    /// <summary>Adds the parts of a text: added tokens with their numbers, and what lies between, never empty.</summary>
    public void Cut(ReadOnlySpan<char> text, List<Split> splits)
    {
        int done = 0;
        for (int at = 0; at < text.Length;)
        {
            int skipped = text[at..].IndexOfAny(firsts);
            if (skipped < 0) break;
            at += skipped;
            int found = sorted.FindLongest(text[at..], out int length);
            if (found < 0)
            {
                at++;
                continue;
            }
            var token = tokens[found];
            int start = at, end = at + length;
            at = end;
            if (token.SingleWord && (IsWordBefore(text, start) || IsWordAt(text, end))) continue;
            if (token.LeftStrip)
                while (start > done && CharacterKind.IsSpace(text[start - 1])) start--;
            if (token.RightStrip)
                while (end < text.Length && CharacterKind.IsSpace(text[end])) end++;
            if (done < start) splits.Add(new Split(done, start));
            splits.Add(new Split(start, end, token.Id));
            done = at = end;
        }
        if (done < text.Length) splits.Add(new Split(done, text.Length));
    }

    private static bool IsWordBefore(ReadOnlySpan<char> text, int at) =>
        Rune.DecodeLastFromUtf16(text[..at], out var rune, out _) == OperationStatus.Done && CharacterKind.IsWord(rune.Value);

    private static bool IsWordAt(ReadOnlySpan<char> text, int at) =>
        Rune.DecodeFromUtf16(text[at..], out var rune, out _) == OperationStatus.Done && CharacterKind.IsWord(rune.Value);
}
