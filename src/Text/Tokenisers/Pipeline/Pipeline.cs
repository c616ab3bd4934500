using System.Runtime.InteropServices;

namespace Graft.Text.Tokenisers;

/// <summary>Whether a text gets a space before it.</summary>
internal enum LeadingSpace
{
    None,

    /// <summary>Where it does not begin with white space and is not empty.</summary>
    Missing,
    Always,
}

/// <summary>From a text to the numbers of its tokens: added tokens, normaliser, pre-tokeniser, model.</summary>
internal sealed class Pipeline
{
    public required TokenModel Model { get; init; }

    public Normaliser? Normaliser { get; init; }

    public PreTokeniser? PreTokeniser { get; init; }

    public Template Template { get; init; } = Template.Bare;

    public Decoder? Decoder { get; init; }

    public LeadingSpace LeadingSpace { get; init; }

    /// <summary>Whether each word of a text that is cut into words gets a space before it.</summary>
    public bool SpacesWords { get; init; }

    /// <summary>Whether the ranges of tokens leave spaces at their ends out.</summary>
    public bool TrimsRanges { get; init; }

    /// <summary>Whether of two texts that both lose tokens the longer keeps the odd one (<see cref="Assembly.Fit"/>).</summary>
    public bool OddToLonger { get; init; }

    /// <summary>Whether white space at the ends of decoded text goes.</summary>
    public bool TrimsDecoded { get; init; }

    public required IReadOnlyList<AddedToken> Added { get; init; }

    private AddedTokenFinder Written => field ??= new(Added.Where(static token => !token.Normalised).Select(static token => (token.Content, token)));

    private AddedTokenFinder Normalised => field ??= new(Added.Where(static token => token.Normalised)
        .Select(token => (Normaliser?.Apply(token.Content) ?? token.Content, token)));

    /// <summary>Adds the tokens of a text.</summary>
    /// <param name="original">The text.</param>
    /// <param name="work">What is worked with.</param>
    /// <param name="tokens">Takes the tokens.</param>
    /// <param name="word">The number of the word that the whole text is; null to number the words found.</param>
    /// <param name="spaced">Whether the text gets a space before it whatever the rule is.</param>
    public void Run(ReadOnlySpan<char> original, Workspace work, TokenList tokens, int? word = null, bool spaced = false)
    {
        tokens.Word = word ?? 0;
        int first = tokens.Count;
        bool space = LeadingSpace == LeadingSpace.Always || (LeadingSpace == LeadingSpace.Missing || spaced) && original.Length > 0 && !CharacterKind.IsSpace(original[0]);
        if (!Written.MayOccur(original)) Part(original, 0, original.Length, space, work, tokens, word);
        else
        {
            var parts = work.Parts;
            parts.Clear();
            Written.Cut(original, parts);
            if (space && (parts.Count == 0 || parts[0].Id >= 0)) Part(original, 0, 0, space, work, tokens, word);
            foreach (var part in parts)
            {
                if (part.Id < 0)
                {
                    Part(original, part.Start, part.End, space && part.Start == 0, work, tokens, word);
                    continue;
                }
                tokens.Add(part.Id, part.Start, part.End);
                if (word is null) tokens.Word++;
            }
        }
        if (TrimsRanges) tokens.TrimFrom(first, original);
    }

    private void Part(ReadOnlySpan<char> original, int from, int to, bool space, Workspace work, TokenList tokens, int? word)
    {
        work.AtBeginning = from == 0;
        if (space) work.Text.LoadSpaced(original, from, to);
        else work.Text.Load(original, from, to);
        Normaliser?.Apply(work);
        work.Splits.Clear();
        if (!Normalised.IsEmpty) Normalised.Cut(work.Text.Units, work.Splits);
        else if (work.Text.Length > 0) work.Splits.Add(new Split(0, work.Text.Length));
        PreTokeniser?.Apply(work);
        int first = tokens.Count;
        var text = work.Text;
        foreach (ref readonly var split in CollectionsMarshal.AsSpan(work.Splits))
        {
            if (split.Id >= 0) tokens.Add(split.Id, split.Start, split.End);
            else Model.Tokenise(text.Units[split.Start..split.End], split.Start, tokens);
            if (word is null) tokens.Word++;
        }
        tokens.MapFrom(first, text);
    }
}
