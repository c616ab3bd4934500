using Graft.Text;

namespace Graft.CommandLine;

/// <summary>What a vocabulary is to be.</summary>
internal sealed record VocabularySettings(int Size, int MinimumCount, bool LowerCase, VocabularyModel Model);

/// <summary>A kind of vocabulary that <c>graft vocabulary</c> learns, by its name; <see cref="Learn"/> writes its files and gives its number of tokens.</summary>
internal sealed record VocabularyKind(string Name, Func<string, IEnumerable<string>, VocabularySettings, IProgress<double>, CancellationToken, int> Learn)
{
    private static readonly VocabularyKind[] Rows =
    [
        new("wordpiece", static (folder, texts, settings, progress, cancellation) =>
        {
            var options = new WordPieceTrainerOptions { Size = settings.Size, MinimumCount = settings.MinimumCount, LowerCase = settings.LowerCase };
            var vocabulary = WordPieceTrainer.Train(texts, options, progress, cancellation);
            WordPieceTrainer.Save(folder, vocabulary, options.LowerCase);
            return vocabulary.Count;
        }),
        new("bpe", static (folder, texts, settings, progress, cancellation) => Joined(BpeKind.ByteLevel, folder, texts, settings, progress, cancellation)),
        new("metaspace", static (folder, texts, settings, progress, cancellation) => Joined(BpeKind.Metaspace, folder, texts, settings, progress, cancellation)),
    ];

    public static string[] Names => [.. Rows.Select(static row => row.Name)];

    public bool IsWordPiece => this == Rows[0];

    public static VocabularyKind Find(string name) => Rows.First(row => row.Name == name);

    private static int Joined(BpeKind kind, string folder, IEnumerable<string> texts, VocabularySettings settings, IProgress<double> progress, CancellationToken cancellation)
    {
        var model = settings.Model;
        var options = new BpeTrainerOptions
        {
            Kind = kind,
            Size = settings.Size,
            MinimumCount = settings.MinimumCount,
            SpecialTokens = model.SpecialTokens,
            BeginToken = model.BeginToken,
            EndToken = model.EndToken,
        };
        var vocabulary = BpeTrainer.Train(texts, options, progress, cancellation);
        vocabulary.Save(folder);
        return vocabulary.Tokens.Count;
    }
}
