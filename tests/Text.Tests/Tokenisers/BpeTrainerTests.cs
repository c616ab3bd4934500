using System.Text.Json.Nodes;
using Graft.Testing;
using Graft.Text.Tokenisers;

namespace Graft.Text.Tests;

public sealed class BpeTrainerTests : IDisposable
{
    private readonly TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    // huggingface/tokenizers, tokenizers/src/models/bpe/trainer.rs, test_train
    [Fact]
    public void Words_of_a_published_test_give_its_vocabulary()
    {
        string[] words = ["roses", "are", "are", "red", "voilets", "blue", "BERT", "is", "is", "big", "and", "so", "GPT-2"];
        var vocabulary = BpeTrainer.Train(words, new BpeTrainerOptions { Kind = BpeKind.Metaspace, SpecialTokens = [], EndToken = null, AddPrefixSpace = false, MinimumCount = 2 });
        // ours has the bytes before and the sign of a space behind its letters
        string[] letters = ["-", "2", "B", "E", "G", "P", "R", "T", "a", "b", "d", "e", "g", "i", "l", "n", "o", "r", "s", "t", "u", "v"];
        Assert.Equal([.. letters, "▁", "re", "are", "is"], vocabulary.Tokens.Skip(256));
        Assert.Equal([("r", "e"), ("a", "re"), ("i", "s")], vocabulary.Merges);
    }

    [Theory]
    [InlineData(BpeKind.ByteLevel)]
    [InlineData(BpeKind.Metaspace)]
    public void Real_text_gives_the_vocabulary_of_counting_anew_for_every_joining(BpeKind kind)
    {
        string[] lines = [.. File.ReadLines(RealData.Require("text/sst2/stsa.binary.dev")).Take(60)];
        var options = new BpeTrainerOptions { Kind = kind, Size = 420 };
        var vocabulary = BpeTrainer.Train(lines, options);
        Assert.Equal(420, vocabulary.Tokens.Count);
        var (tokens, merges) = Naive(lines, options);
        Assert.Equal(tokens, vocabulary.Tokens);
        Assert.Equal(merges, vocabulary.Merges);
        Assert.Equal(vocabulary.Tokens, BpeTrainer.Train(lines.Reverse(), options).Tokens);
    }

    [Theory]
    [InlineData(BpeKind.ByteLevel)]
    [InlineData(BpeKind.Metaspace)]
    public void A_folder_opens_as_a_tokeniser_that_gives_every_text_back(BpeKind kind)
    {
        string[] texts = ["Ein Mann fährt Fahrrad.", "Ein Mann steht.", "a man stands, a man sits"];
        var vocabulary = BpeTrainer.Train(texts, new BpeTrainerOptions { Kind = kind, Size = 400 });
        vocabulary.Save(folder.Root, maximumLength: 64);
        var tokeniser = Tokeniser.Open(folder.Root);
        Assert.Equal((vocabulary.Tokens.Count, 64, 1, 0, 2, 4, 3),
            (tokeniser.VocabularySize, tokeniser.MaximumLength, tokeniser.PaddingId, tokeniser.BeginId, tokeniser.EndId, tokeniser.MaskId, tokeniser.UnknownId));
        foreach (string text in (string[])[.. texts, "Größe 😀 日本", "two  spaces", " lead"])
        {
            int[] ids = tokeniser.Encode(text).Ids;
            Assert.Equal(2, ids[^1]);
            Assert.DoesNotContain(3, ids);
            Assert.Equal(text.TrimStart(), tokeniser.Decode(ids, skipSpecialTokens: true).TrimStart());
            Assert.Equal(ids, vocabulary.ToTokeniser().Encode(text).Ids);
        }
        Assert.Contains(kind == BpeKind.ByteLevel ? "ĠMann" : "▁Mann", vocabulary.Tokens);
    }

    [Theory]
    [InlineData(BpeKind.ByteLevel)]
    [InlineData(BpeKind.Metaspace)]
    public void Tokenizers_reads_the_file_and_makes_the_same_of_hard_lines(BpeKind kind)
    {
        string[] lines = HardLines.Draw(400, 7);
        BpeTrainer.Train(lines.Take(200), new BpeTrainerOptions { Kind = kind, Size = 900, BeginToken = "<s>" }).Save(folder.Root);
        using var oracle = new Oracle(JsonNode.Parse(File.ReadAllText(folder.Path("tokenizer.json")))!.AsObject());
        int[][] ids = [.. lines.Select(oracle.Encode)];
        Goldens.Same(lines, ids, line => oracle.Ours.Encode(line).Ids);
        Goldens.Same(ids, [.. ids.Select(oracle.Decode)], line => oracle.Ours.Decode(line, skipSpecialTokens: true, cleanUpSpaces: false));
    }

    [Fact]
    public void What_cannot_be_learnt_is_refused()
    {
        Refused("no word", [""], new BpeTrainerOptions());
        Refused("5 special tokens", ["a"], new BpeTrainerOptions { Size = 200 }, "261 special tokens and bytes are more than a vocabulary of 200");
        Refused("there twice", ["a"], new BpeTrainerOptions { SpecialTokens = ["</s>", "</s>"] });
        Refused("is empty", ["a"], new BpeTrainerOptions { SpecialTokens = ["</s>", ""] });
        Refused("'</s>' is to stand around texts", ["a"], new BpeTrainerOptions { SpecialTokens = ["<pad>"] });
        Assert.Throws<ArgumentOutOfRangeException>(() => BpeTrainer.Train(["a"], new BpeTrainerOptions { MinimumCount = 0 }));
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => BpeTrainer.Train(["a"], cancellation: stop.Token));
        // a letter that is left out is as if it were not written
        var few = BpeTrainer.Train(["abab abab"], new BpeTrainerOptions { Kind = BpeKind.Metaspace, MaximumLetters = 2, AddPrefixSpace = false });
        Assert.Equal(["a", "▁"], few.Tokens.Skip(5 + 256).Take(2));
    }

    private static void Refused(string problem, string[] texts, BpeTrainerOptions options, string? whole = null) =>
        Assert.Contains(whole ?? problem, Assert.Throws<ArgumentException>(() => BpeTrainer.Train(texts, options)).Message, StringComparison.Ordinal);

    /// <summary>The same by counting all pairs after each joining.</summary>
    private static (List<string> Tokens, List<(string, string)> Merges) Naive(string[] texts, BpeTrainerOptions options)
    {
        bool isBytes = options.Kind == BpeKind.ByteLevel;
        PreTokeniser cutter = isBytes ? new ByteLevelPreTokeniser(spaces: true, cuts: true) : new MetaspacePreTokeniser('▁', PrependScheme.Always, cuts: true);
        var words = WordCounts.Of(texts, null, cutter, int.MaxValue, default);
        var pieces = words.Keys.ToDictionary(static word => word, static word => word.EnumerateRunes().Select(static letter => letter.ToString()).ToList());
        List<string> tokens =
        [
            .. options.SpecialTokens, .. isBytes ? [] : Enumerable.Range(0, 256).Select(static value => $"<0x{value:X2}>"),
            .. (isBytes ? Enumerable.Range(0, 256).Select(static value => ByteSigns.Of((byte)value).ToString()) : pieces.Values.SelectMany(static word => word))
                .Distinct().OrderBy(static letter => char.ConvertToUtf32(letter, 0)),
        ];
        var merges = new List<(string, string)>();
        while (tokens.Count < options.Size)
        {
            var (left, right) = pieces.SelectMany(word => word.Value.Zip(word.Value.Skip(1)).Select(pair => (pair, words[word.Key])))
                .GroupBy(static one => one.pair, static one => one.Item2)
                .OrderByDescending(static group => group.Sum()).ThenBy(group => tokens.IndexOf(group.Key.First)).ThenBy(group => tokens.IndexOf(group.Key.Second)).First().Key;
            merges.Add((left, right));
            if (!tokens.Contains(left + right)) tokens.Add(left + right);
            foreach (var word in pieces.Values)
                for (int at = 0; at + 1 < word.Count; at++)
                    if (word[at] == left && word[at + 1] == right)
                    {
                        word[at] = left + right;
                        word.RemoveAt(at + 1);
                    }
        }
        return (tokens, merges);
    }
}
