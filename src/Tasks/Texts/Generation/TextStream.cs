using System.Text;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>Tokens become text piece by piece: a piece comes as soon as its letters are whole and no stop string can begin in it.</summary>
internal sealed class TextStream(Tokeniser tokeniser, IReadOnlyList<string> stops)
{
    private const char Replacement = '\uFFFD';
    private const int Margin = 8;

    private readonly List<int> tokens = [];
    private readonly StringBuilder held = new();
    private readonly int longestStop = stops.Count == 0 ? 0 : stops.Max(static stop => stop.Length);
    private int before;
    private int read;

    /// <summary>The text of tokens that lie before the first stop string.</summary>
    public static string TextOf(Tokeniser tokeniser, ReadOnlySpan<int> tokens, IReadOnlyList<string> stops)
    {
        string text = tokeniser.Decode(tokens, skipSpecialTokens: true);
        int end = EndOf(text, stops);
        return end < 0 ? text : text[..end];
    }

    /// <summary>Whether a stop string has come with the last token: only as many tokens are read back as one may span, so that a long text costs no more than a short one.</summary>
    public static bool HasEnded(Tokeniser tokeniser, ReadOnlySpan<int> tokens, IReadOnlyList<string> stops)
    {
        int longest = stops.Max(static stop => stop.Length);
        // a letter may be four tokens, and some tokens are no letter
        for (int taken = 4 * longest + Margin; ; taken *= 2)
        {
            string text = tokeniser.Decode(tokens[Math.Max(0, tokens.Length - taken)..], skipSpecialTokens: true);
            if (taken >= tokens.Length || text.Length >= longest + Margin) return EndOf(text, stops) >= 0;
        }
    }

    /// <summary>Where the first stop string begins; -1 where there is none.</summary>
    public static int EndOf(string text, IReadOnlyList<string> stops)
    {
        int first = -1;
        foreach (string stop in stops)
            if (text.IndexOf(stop, StringComparison.Ordinal) is var at && at >= 0 && (first < 0 || at < first)) first = at;
        return first;
    }

    /// <summary>The text that a token makes known; of the last all that is left.</summary>
    public string Add(int token, bool isLast)
    {
        tokens.Add(token);
        // letters join and spaces depend on what stands before: a few tokens are read together
        string known = Decode(before, read), all = Decode(before, tokens.Count);
        if (isLast || (all.Length > known.Length && all[^1] != Replacement))
        {
            if (all.Length > known.Length) held.Append(all, known.Length, all.Length - known.Length);
            (before, read) = (read, tokens.Count);
        }
        string text = held.ToString();
        int end = EndOf(text, stops), given = end >= 0 ? end : isLast ? text.Length : Math.Max(0, text.Length - Math.Max(0, longestStop - 1));
        if (end >= 0) held.Clear();
        else held.Remove(0, given);
        return text[..given];
    }

    private string Decode(int from, int to) => tokeniser.Decode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(tokens)[from..to], skipSpecialTokens: true);
}

/// <summary>What a token makes known of a text.</summary>
/// <param name="Text">The text, which may be empty.</param>
/// <param name="Finish">Why the text ends with it; null where it goes on.</param>
internal readonly record struct WrittenPiece(string Text, FinishReason? Finish);
