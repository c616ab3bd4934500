using Graft.Testing;

namespace Graft.Text.Tests;

public sealed class WordPieceTrainerTests : IDisposable
{
    private static readonly string[] Specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_pieces_that_stand_together_most_often_are_joined_first()
    {
        // l and o stand together 7 times, and then lo and w
        string[] texts = ["low low low low", "Lower lowest lów", "newer newer"];
        var vocabulary = WordPieceTrainer.Train(texts, new WordPieceTrainerOptions { Size = 5 + 10 + 3 });
        Assert.Equal([.. Specials, "l", "n", "##e", "##o", "##r", "##s", "##t", "##w"], vocabulary.Take(13));
        Assert.Equal(["lo", "low"], vocabulary.Skip(13).Take(2));
    }

    [Fact]
    public void Real_text_gives_the_vocabulary_of_counting_anew_for_every_joining()
    {
        string[] lines = [.. File.ReadLines(RealData.Require("text/sst2/stsa.binary.dev")).Where(static line => line.All(char.IsAscii)).Take(60)];
        var options = new WordPieceTrainerOptions { Size = 200 };
        var vocabulary = WordPieceTrainer.Train(lines, options);
        Assert.Equal(200, vocabulary.Count);
        Assert.Equal(Naive(lines, options.Size), vocabulary);
        Assert.Equal(vocabulary, WordPieceTrainer.Train(lines.Reverse(), options));
    }

    [Fact]
    public void A_folder_opens_as_a_tokeniser_that_knows_every_word_of_known_letters()
    {
        string[] texts = ["The Café is open.", "a cafe, a cat", "x y z"];
        var vocabulary = WordPieceTrainer.Train(texts, new WordPieceTrainerOptions { Size = 1000, MinimumCount = 1 });
        Assert.True(vocabulary.Count < 100);
        WordPieceTrainer.Save(folder.Root, vocabulary, maximumLength: 64);
        var tokeniser = Tokeniser.Open(folder.Root);
        Assert.Equal((vocabulary.Count, 64, 4), (tokeniser.VocabularySize, tokeniser.MaximumLength, tokeniser.MaskId));
        Assert.Equal(["[CLS]", "cafe", "the", "[SEP]"], tokeniser.Encode("Café THE").Ids.Select(tokeniser.TokenOf));
        foreach (string text in texts) Assert.DoesNotContain(tokeniser.UnknownId!.Value, tokeniser.Encode(text).Ids);

        var cased = WordPieceTrainer.Train(texts, new WordPieceTrainerOptions { Size = 1000, MinimumCount = 1, LowerCase = false });
        Assert.Contains("Café", cased);
        WordPieceTrainer.Save(folder.Root, cased, lowerCase: false);
        Assert.Equal("Café", Tokeniser.Open(folder.Root).TokenOf(Tokeniser.Open(folder.Root).Encode("Café").Ids[1]));
    }

    [Fact]
    public void What_cannot_be_learnt_is_refused()
    {
        Assert.Contains("no word", Assert.Throws<ArgumentException>(() => WordPieceTrainer.Train(["", " "])).Message, StringComparison.Ordinal);
        Assert.Contains("letters are more than", Assert.Throws<ArgumentException>(
            () => WordPieceTrainer.Train(["abcdefgh"], new WordPieceTrainerOptions { Size = 8 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => WordPieceTrainer.Train(["a"], new WordPieceTrainerOptions { MinimumCount = 0 }));
        // rare letters and endless words are unknown
        var few = WordPieceTrainer.Train(["a a b", new string('c', 101)], new WordPieceTrainerOptions { MaximumLetters = 1 });
        Assert.Equal([.. Specials, "a"], few);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => WordPieceTrainer.Train(["a"], cancellation: stop.Token));
    }

    /// <summary>The same by counting all pairs after each joining.</summary>
    private static List<string> Naive(string[] texts, int size)
    {
        var words = texts.SelectMany(static text => WordTokeniser.Words(text, WordSplit.Punctuation)).CountBy(static word => word).ToDictionary();
        var pieces = words.Keys.ToDictionary(static word => word, static word => word.Select((letter, index) => index == 0 ? $"{letter}" : $"##{letter}").ToList());
        List<string> tokens =
        [
            .. Specials, .. pieces.Values.Select(static word => word[0]).Distinct().Order(StringComparer.Ordinal),
            .. pieces.Values.SelectMany(static word => word.Skip(1)).Distinct().Order(StringComparer.Ordinal),
        ];
        while (tokens.Count < size)
        {
            var (left, right) = pieces.SelectMany(word => word.Value.Zip(word.Value.Skip(1)).Select(pair => (pair, words[word.Key])))
                .GroupBy(static one => one.pair, static one => one.Item2)
                .OrderByDescending(static group => group.Sum()).ThenBy(group => tokens.IndexOf(group.Key.First)).ThenBy(group => tokens.IndexOf(group.Key.Second)).First().Key;
            string joined = left + right[2..];
            if (!tokens.Contains(joined)) tokens.Add(joined);
            foreach (var word in pieces.Values)
                for (int at = 0; at + 1 < word.Count; at++)
                    if (word[at] == left && word[at + 1] == right)
                    {
                        word[at] = joined;
                        word.RemoveAt(at + 1);
                    }
        }
        return tokens;
    }
}
