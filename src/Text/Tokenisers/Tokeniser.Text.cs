using Graft.Text.Tokenisers;

namespace Graft.Text;

public sealed partial class Tokeniser
{
    private static readonly TokeniseOptions Defaults = new();

    /// <summary>The tokens of a text or of a pair of texts.</summary>
    /// <param name="text">The text; half a pair of surrogates is read as the replacement character.</param>
    /// <param name="pair">The second text; null for none.</param>
    /// <param name="options">How; null for special tokens and no limit.</param>
    /// <exception cref="ArgumentException">The texts do not fit and may not lose enough.</exception>
    /// <remarks>Hugging Face's <c>tokenizer(text, text_pair)</c>.</remarks>
    public TokenisedText Encode(string text, string? pair = null, TokeniseOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var work = Workspace.Rent();
        Fill(work, text, pair);
        var result = Truncated(work, pair is not null, options ?? Defaults);
        work.Return();
        return result;
    }

    /// <summary>The tokens of a text that is cut into words already; <see cref="TokenisedText.Words"/> says which word each is of, and a token's range is
    /// within its word.</summary>
    /// <param name="words">The words.</param>
    /// <param name="options">How; null for special tokens and no limit.</param>
    /// <exception cref="ArgumentException">The words do not fit and may lose none.</exception>
    /// <remarks>Hugging Face's <c>is_split_into_words=True</c>.</remarks>
    public TokenisedText EncodeWords(IReadOnlyList<string> words, TokeniseOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(words);
        var work = Workspace.Rent();
        work.First.Clear();
        work.Second.Clear();
        for (int i = 0; i < words.Count; i++)
        {
            ArgumentNullException.ThrowIfNull(words[i]);
            pipeline.Run(words[i], work, work.First, i, pipeline.SpacesWords);
        }
        var result = Truncated(work, pair: false, options ?? Defaults);
        work.Return();
        return result;
    }

    /// <summary>The tokens of a text that may be too long, in windows that overlap by <see cref="TokeniseOptions.Stride"/> tokens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="pair">The second text; null for none.</param>
    /// <param name="options">How; its truncation says which text is cut into windows, the other stands whole in each.</param>
    /// <returns>At least one window.</returns>
    /// <exception cref="ArgumentException">There is no limit, it leaves no room, the stride is not below the room, or of two texts it is not said which is cut.</exception>
    /// <remarks>Hugging Face's <c>return_overflowing_tokens=True</c>.</remarks>
    public IReadOnlyList<TokenisedText> EncodeWindows(string text, string? pair, TokeniseOptions options)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(options);
        bool cutsSecond = options.Truncation == Truncation.OnlySecond;
        if (options.Truncation == Truncation.None || options.Truncation == Truncation.LongestFirst && pair is not null || cutsSecond && pair is null)
            throw new ArgumentException($"windows of {(pair is null ? "one text" : "two texts")} cannot be cut by {options.Truncation}", nameof(options));

        var work = Workspace.Rent();
        Fill(work, text, pair);
        var (cut, whole) = cutsSecond ? (work.Second, work.First) : (work.First, work.Second);
        int room = Room(pair is not null, options) - whole.Count;
        if (cut.Count > room && (room < 1 || options.Stride >= room))
            throw new ArgumentException($"a window has room for {Math.Max(room, 0)} tokens beside {whole.Count} and special ones, and a stride of {options.Stride}: "
                + "allow more tokens or a smaller stride", nameof(options));
        var windows = new List<TokenisedText>();
        foreach (var range in Ranges(cut.Count, room, options.Stride))
            windows.Add(cutsSecond ? Joined(work, true, Range.All, range, options) : Joined(work, pair is not null, range, Range.All, options));
        work.Return();
        return windows;
    }

    /// <summary>The text of tokens.</summary>
    /// <param name="ids">Their numbers.</param>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    /// <param name="cleanUpSpaces">Whether spaces before punctuation and English contractions go; null for what the files say.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative or not below <see cref="VocabularySize"/>.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false, bool? cleanUpSpaces = null)
    {
        var tokens = new List<string>(ids.Length);
        foreach (int id in ids)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(id, nameof(ids));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, VocabularySize, nameof(ids));
            if (!(skipSpecialTokens && IsSpecial(id)) && Find(id) is { } text) tokens.Add(text);
        }
        pipeline.Decoder?.Apply(tokens);
        string decoded = string.Join(pipeline.Decoder is null ? " " : "", tokens);
        if (pipeline.TrimsDecoded) decoded = decoded.Trim();
        return cleanUpSpaces ?? settings.CleansSpaces ? SpaceCleaning.OfText(decoded) : decoded;
    }

    private void Fill(Workspace work, string text, string? pair)
    {
        work.First.Clear();
        work.Second.Clear();
        pipeline.Run(text, work, work.First);
        if (pair is not null) pipeline.Run(pair, work, work.Second);
    }

    private TokenisedText Truncated(Workspace work, bool pair, TokeniseOptions options)
    {
        if (options.MaximumLength is null || options.Truncation == Truncation.None) return Joined(work, pair, Range.All, Range.All, options);
        var (first, second) = Assembly.Fit(work.First.Count, work.Second.Count, Room(pair, options), options.Truncation, pipeline.OddToLonger);
        return TruncatesLeft
            ? Joined(work, pair, (work.First.Count - first).., (work.Second.Count - second).., options)
            : Joined(work, pair, ..first, ..second, options);
    }

    private int Room(bool pair, TokeniseOptions options)
    {
        int most = options.MaximumLength ?? throw new ArgumentException("windows need a maximum length", nameof(options));
        int special = !options.AddSpecialTokens ? 0 : pair ? pipeline.Template.AddedToPair : pipeline.Template.AddedToSingle;
        return most >= special ? most - special : throw new ArgumentException($"a maximum length of {most} does not hold the {special} special tokens", nameof(options));
    }

    private TokenisedText Joined(Workspace work, bool pair, Range first, Range second, TokeniseOptions options) =>
        Assembly.Join(pair ? pipeline.Template.Pair : pipeline.Template.Single, work.First, first, work.Second, second, options.AddSpecialTokens);

    private List<Range> Ranges(int count, int room, int stride)
    {
        if (count <= room) return [Range.All];
        ArgumentOutOfRangeException.ThrowIfNegative(stride);
        var ranges = new List<Range>();
        if (TruncatesLeft)
            for (int end = count; ; end -= room - stride)
            {
                ranges.Add(Math.Max(0, end - room)..end);
                if (end <= room) return ranges;
            }
        for (int start = 0; ; start += room - stride)
        {
            ranges.Add(start..Math.Min(start + room, count));
            if (start + room >= count) return ranges;
        }
    }
}
