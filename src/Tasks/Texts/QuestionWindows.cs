using Graft.Text;

namespace Graft.Tasks;

/// <summary>A question with a context that is read window by window.</summary>
internal static class QuestionWindows
{
    /// <summary>The least share of a window that is left to the context, however long the question.</summary>
    private const int ContextShare = 2;

    private const int SpecialTokens = 8;

    public static IReadOnlyList<TokenisedText> Of(TextPreparation preparation, string question, string context, int stride)
    {
        int most = preparation.MaximumLength, room = Math.Max(1, most / ContextShare - SpecialTokens);
        var alone = preparation.Tokeniser.Encode(question, null, new TokeniseOptions { AddSpecialTokens = false });
        if (alone.Length > room) question = question[..alone.Offsets[room - 1].End];
        int left = Math.Max(1, most - Math.Min(alone.Length, room) - SpecialTokens);
        return preparation.Tokeniser.EncodeWindows(
            question, context, new TokeniseOptions { MaximumLength = most, Truncation = Truncation.OnlySecond, Stride = Math.Min(stride, left / 2) });
    }

    /// <summary>The first and the last token of an answer; null where the window has not all of it.</summary>
    public static (int First, int Last)? Find(TokenisedText window, AnswerSpan answer)
    {
        int first = -1, last = -1, begins = int.MaxValue, ends = -1;
        for (int token = 0; token < window.Length; token++)
        {
            if (window.Sequences[token] != 1) continue;
            var (start, end) = window.Offsets[token];
            (begins, ends) = (Math.Min(begins, start), Math.Max(ends, end));
            if (end <= answer.Start || start >= answer.End) continue;
            if (first < 0) first = token;
            last = token;
        }
        return first >= 0 && begins <= answer.Start && ends >= answer.End ? (first, last) : null;
    }

    /// <summary>The place whose logits are of having no answer: the token that stands for the whole.</summary>
    public static int NoAnswer(TextPreparation preparation, TokenisedText window) =>
        Math.Max(0, Array.IndexOf(window.Ids, preparation.Tokeniser.ClassId ?? preparation.Tokeniser.BeginId ?? window.Ids[0]));
}
