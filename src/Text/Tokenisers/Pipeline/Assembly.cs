namespace Graft.Text.Tokenisers;

/// <summary>Puts the tokens of one or two texts and the special ones together.</summary>
internal static class Assembly
{
    /// <summary>Joins ranges of tokens.</summary>
    /// <param name="parts">The template.</param>
    /// <param name="first">The tokens of the first text.</param>
    /// <param name="firstRange">Which of them.</param>
    /// <param name="second">The tokens of the second text.</param>
    /// <param name="secondRange">Which of them.</param>
    /// <param name="special">Whether special tokens are put around them.</param>
    public static TokenisedText Join(IReadOnlyList<TemplatePart> parts, TokenList first, Range firstRange, TokenList second, Range secondRange, bool special)
    {
        var (firstFrom, firstCount) = firstRange.GetOffsetAndLength(first.Count);
        var (secondFrom, secondCount) = secondRange.GetOffsetAndLength(second.Count);
        int length = 0;
        foreach (var part in parts) length += part.Sequence switch { 0 => firstCount, 1 => secondCount, _ => special ? part.Ids.Length : 0 };

        var text = new TokenisedText(length);
        int at = 0;
        foreach (var part in parts)
        {
            if (part.Sequence >= 0)
            {
                var (tokens, from, count) = part.Sequence == 0 ? (first, firstFrom, firstCount) : (second, secondFrom, secondCount);
                // a new array is full of zeros
                if (part.Type != 0) text.TokenTypes.AsSpan(at, count).Fill(part.Type);
                if (part.Sequence != 0) text.Sequences.AsSpan(at, count).Fill(part.Sequence);
                var (ids, words, offsets) = (text.Ids, text.Words, text.Offsets);
                foreach (ref readonly var token in tokens.All.Slice(from, count))
                {
                    (ids[at], words[at], offsets[at]) = (token.Id, token.Word, (token.Start, token.End));
                    at++;
                }
                continue;
            }
            if (!special) continue;
            foreach (int id in part.Ids)
            {
                (text.Ids[at], text.TokenTypes[at], text.Sequences[at], text.Words[at]) = (id, part.Type, -1, -1);
                at++;
            }
        }
        return text;
    }

    /// <summary>How many tokens stay of either text where together they may be so many.</summary>
    /// <param name="first">The tokens of the first text.</param>
    /// <param name="second">Those of the second.</param>
    /// <param name="most">How many there may be.</param>
    /// <param name="truncation">Which text loses.</param>
    /// <param name="oddToLonger">Whether of an odd number the longer text has one more, as in tokenizers; else the first, as in transformers.</param>
    public static (int First, int Second) Fit(int first, int second, int most, Truncation truncation, bool oddToLonger)
    {
        int over = first + second - most;
        if (over <= 0 || truncation == Truncation.None) return (first, second);
        switch (truncation)
        {
            case Truncation.OnlyFirst when over < first: return (first - over, second);
            case Truncation.OnlySecond when over < second: return (first, second - over);
            case Truncation.OnlyFirst or Truncation.OnlySecond:
                throw new ArgumentException($"{first} and {second} tokens do not fit into {most}: the {(truncation == Truncation.OnlyFirst ? "first" : "second")} text alone "
                    + "may lose tokens and would lose all; allow more or truncate the longer");
        }
        int less = most / 2, more = most - less;
        bool secondHasMore = oddToLonger && first <= second;
        if (first > second) first = Math.Max(second, first - over);
        else second = Math.Max(first, second - over);
        over = first + second - most;
        return over <= 0 ? (first, second) : secondHasMore ? (less, more) : (more, less);
    }
}
