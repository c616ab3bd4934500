using Graft.Text.Tokenisers;

namespace Graft.Text;

/// <summary>Learns the vocabulary of a WordPiece tokeniser from texts, for an encoder that begins from nothing: it begins with letters and joins, again and
/// again, the two pieces that stand beside each other most often (Sennrich et al. 2016; Hugging Face's <c>WordPieceTrainer</c>).</summary>
public static class WordPieceTrainer
{
    private const string Mask = "[MASK]";

    private static readonly string[] Specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", Mask];

    /// <summary>Learns a vocabulary.</summary>
    /// <param name="texts">The texts, cut into words as BERT's tokeniser does.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told of the share of the vocabulary that is made.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>The tokens in the order of their numbers: special ones, letters, and pieces, those that were joined first before; fewer than were asked for
    /// where no two pieces occur often enough.</returns>
    /// <exception cref="ArgumentException">The texts have no word, or the letters alone are more than the vocabulary is to have.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<string> Train(
        IEnumerable<string> texts, WordPieceTrainerOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new WordPieceTrainerOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Size);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MinimumCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaximumLetters);
        var counts = WordCounts.Of(
            texts, WordPieceFolder.NormaliserOf(spaces: true, options.LowerCase, options.LowerCase), new BertPreTokeniser(python: true), WordPieceFolder.LongestWord, cancellation);
        var merges = PieceMerges.Begin(Specials, counts, options.MaximumLetters, "##");
        if (merges.Tokens.Count == Specials.Length) throw new ArgumentException("the texts have no word to learn a vocabulary from", nameof(texts));
        if (merges.Tokens.Count > options.Size)
            throw new ArgumentException(
                $"{merges.Tokens.Count} special tokens and letters are more than a vocabulary of {options.Size}: ask for a larger one, or for fewer letters", nameof(options));
        while (merges.Tokens.Count < options.Size && merges.Join(options.MinimumCount))
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report((double)merges.Tokens.Count / options.Size);
        }
        return merges.Tokens;
    }

    /// <summary>Writes the files of a folder that <see cref="Tokeniser.Open"/> reads: <c>vocab.txt</c> and <c>tokenizer_config.json</c>.</summary>
    /// <param name="folder">The folder; it is made where there is none.</param>
    /// <param name="vocabulary">The tokens in the order of their numbers, as <see cref="Train"/> gives them.</param>
    /// <param name="lowerCase">Whether text is brought to lower case and loses accents, as in <see cref="WordPieceTrainerOptions.LowerCase"/>.</param>
    /// <param name="maximumLength">The most tokens of a text; null to leave it to the model.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Save(string folder, IReadOnlyList<string> vocabulary, bool lowerCase = true, int? maximumLength = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(vocabulary);
        Directory.CreateDirectory(folder);
        AtomicFile.Write(Path.Combine(folder, TokeniserFolder.WordPieceName), stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
            foreach (string token in vocabulary) writer.WriteLine(token);
        });
        JsonFile.Write(Path.Combine(folder, TokeniserSettings.ConfigFile), json =>
        {
            json.WriteString("tokenizer_class", "BertTokenizer");
            json.WriteBoolean("do_lower_case", lowerCase);
            if (maximumLength is { } most) json.WriteNumber("model_max_length", most);
        });
    }
}

/// <summary>How a vocabulary of WordPiece is learnt.</summary>
public sealed record WordPieceTrainerOptions
{
    /// <summary>V, how many tokens there are at most, special ones included; that of <c>bert-base-uncased</c> where it is not given.</summary>
    public int Size { get; init; } = 30522;

    /// <summary>How often two pieces have to stand beside each other to be joined.</summary>
    public int MinimumCount { get; init; } = 2;

    /// <summary>How many letters there are at most, the most frequent; words with others are unknown.</summary>
    public int MaximumLetters { get; init; } = 1000;

    /// <summary>Whether text is brought to lower case and loses accents.</summary>
    public bool LowerCase { get; init; } = true;
}
