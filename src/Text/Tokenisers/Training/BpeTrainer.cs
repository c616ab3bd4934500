using System.Text;
using Graft.Text.Tokenisers;

namespace Graft.Text;

/// <summary>What a byte-pair encoding begins with.</summary>
public enum BpeKind
{
    /// <summary>Bytes, in words as GPT-2 cuts them: every text has tokens, none is unknown.</summary>
    ByteLevel,

    /// <summary>Letters, in words with the sign of the space before them (SentencePiece's, Llama's); what is none of them falls back to bytes.</summary>
    Metaspace,
}

/// <summary>Learns a byte-pair encoding from texts: it begins with bytes or letters and joins, again and again, the two neighbours that stand beside each
/// other most often, of equally frequent ones those with the lowest numbers (Sennrich et al. 2016; Hugging Face's <c>BpeTrainer</c>).</summary>
public static class BpeTrainer
{
    private const int Bytes = 256;

    /// <summary>Learns an encoding. The same texts in any order give the same one.</summary>
    /// <param name="texts">The texts; of several languages for a vocabulary that they share.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told of the share of the vocabulary that is made.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>The encoding; of fewer tokens than were asked for where no two neighbours occur often enough.</returns>
    /// <exception cref="ArgumentException">The texts have no word, the special tokens and letters alone are more than the vocabulary is to have, or a special
    /// token is empty, there twice, or not there though it stands around texts.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static BpeVocabulary Train(
        IEnumerable<string> texts, BpeTrainerOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new BpeTrainerOptions();
        options.Check();
        bool isBytes = options.Kind == BpeKind.ByteLevel;
        PreTokeniser preTokeniser = isBytes
            ? new ByteLevelPreTokeniser(options.AddPrefixSpace, cuts: true)
            : new MetaspacePreTokeniser(PreTokeniserJson.SpaceSign, options.AddPrefixSpace ? PrependScheme.Always : PrependScheme.Never, cuts: true);
        var counts = WordCounts.Of(texts, normaliser: null, preTokeniser, int.MaxValue, cancellation);
        if (counts.Count == 0) throw new ArgumentException("the texts have no word to learn a vocabulary from", nameof(texts));
        string[] first = isBytes ? [.. options.SpecialTokens] : [.. options.SpecialTokens, .. Enumerable.Range(0, Bytes).Select(static value => $"<0x{value:X2}>")];
        var always = isBytes ? Enumerable.Range(0, Bytes).Select(static value => new Rune(ByteSigns.Of((byte)value))) : [new Rune(PreTokeniserJson.SpaceSign)];
        var merges = PieceMerges.Begin(first, counts, always, isBytes ? int.MaxValue : options.MaximumLetters);
        if (merges.Tokens.Count > options.Size)
            throw new ArgumentException(
                $"{merges.Tokens.Count} special tokens and {(isBytes ? "bytes" : "letters")} are more than a vocabulary of {options.Size}: ask for a larger one", nameof(options));
        while (merges.Tokens.Count < options.Size && merges.Join(options.MinimumCount))
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report((double)merges.Tokens.Count / options.Size);
        }
        return new BpeVocabulary(options, merges.Tokens, merges.Joined);
    }
}

/// <summary>How a byte-pair encoding is learnt.</summary>
public sealed record BpeTrainerOptions
{
    /// <summary>What it begins with.</summary>
    public BpeKind Kind { get; init; }

    /// <summary>V, how many tokens there are at most, special ones included.</summary>
    public int Size { get; init; } = 30000;

    /// <summary>How often two neighbours have to stand beside each other to be joined.</summary>
    public int MinimumCount { get; init; } = 2;

    /// <summary>How many letters there are at most, the most frequent; of <see cref="BpeKind.Metaspace"/> alone.</summary>
    public int MaximumLetters { get; init; } = 1000;

    /// <summary>Whether a text's first word is written as one behind a space.</summary>
    public bool AddPrefixSpace { get; init; } = true;

    /// <summary>The special tokens, which come first; those of BART where nothing else is said. Those of the usual spellings are known by their names.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];

    /// <summary>The special token before each text; null for none.</summary>
    public string? BeginToken { get; init; }

    /// <summary>The special token behind each text; null for none.</summary>
    public string? EndToken { get; init; } = "</s>";

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Size);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MinimumCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaximumLetters);
        if (SpecialTokens.Any(string.IsNullOrEmpty)) throw new ArgumentException("a special token is empty", nameof(SpecialTokens));
        if (SpecialTokens.Distinct(StringComparer.Ordinal).Count() < SpecialTokens.Count) throw new ArgumentException("a special token is there twice", nameof(SpecialTokens));
        foreach (string? token in (ReadOnlySpan<string?>)[BeginToken, EndToken])
            if (token is not null && !SpecialTokens.Contains(token))
                throw new ArgumentException(
                    $"'{Printable.Text(token)}' is to stand around texts and is none of the special tokens: {Printable.Some(SpecialTokens, 20)}", nameof(SpecialTokens));
    }
}
