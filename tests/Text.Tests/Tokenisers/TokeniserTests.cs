using Graft.Testing;

namespace Graft.Text.Tokenisers;

public sealed class TokeniserTests
{
    [Fact]
    public void A_published_encoder_has_its_tokeniser()
    {
        var tokeniser = Tokeniser.Open(RealData.RequirePublished("minilm-l6"));
        Assert.Equal(30522, tokeniser.VocabularySize);
        Assert.Equal((0, 100, 101, 102, 103), (tokeniser.PaddingId, tokeniser.UnknownId, tokeniser.ClassId, tokeniser.SeparatorId, tokeniser.MaskId));
        Assert.Equal(512, tokeniser.MaximumLength);
        Assert.True(tokeniser.HasTokenTypes);
        var text = tokeniser.Encode("Héllo, unaffable world!", "Second");
        Assert.Equal([101, 7592, 1010, 14477, 20961, 3468, 2088, 999, 102, 2117, 102], text.Ids);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1], text.TokenTypes);
        Assert.Equal([(0, 0), (0, 5), (5, 6), (7, 10), (10, 13), (13, 16), (17, 22), (22, 23), (0, 0), (0, 6), (0, 0)], text.Offsets);
        Assert.Equal([-1, 0, 0, 0, 0, 0, 0, 0, -1, 1, -1], text.Sequences);
        Assert.Equal([-1, 0, 1, 2, 2, 2, 3, 4, -1, 0, -1], text.Words);
        Assert.Equal("hello, unaffable world! second", tokeniser.Decode(text.Ids, skipSpecialTokens: true));
        Assert.Equal("[CLS] hello, unaffable world! [SEP] second [SEP]", tokeniser.Decode(text.Ids));
    }

    [Fact]
    public void Words_keep_their_numbers_and_windows_overlap()
    {
        var tokeniser = Tokeniser.Open(RealData.RequirePublished("minilm-l6"));
        var words = tokeniser.EncodeWords(["unaffable", "", "New-York"]);
        Assert.Equal([-1, 0, 0, 0, 2, 2, 2, -1], words.Words);
        Assert.Equal([(0, 0), (0, 3), (3, 6), (6, 9), (0, 3), (3, 4), (4, 8), (0, 0)], words.Offsets);

        string context = string.Join(' ', Enumerable.Range(0, 50).Select(static i => $"{(char)('a' + i % 26)}"));
        var options = new TokeniseOptions { MaximumLength = 20, Truncation = Truncation.OnlySecond, Stride = 5 };
        var windows = tokeniser.EncodeWindows("who is it", context, options);
        // 14 of 20 stay for the context; each window begins 9 tokens after the last
        Assert.Equal([0, 9, 18, 27, 36], windows.Select(window => window.Offsets[5].Start / 2));
        Assert.All(windows, static window => Assert.True(window.Length <= 20));
        Assert.Equal(50 * 2 - 1, windows[^1].Offsets[^2].End);
        Assert.Single(tokeniser.EncodeWindows("short", null, options with { Truncation = Truncation.OnlyFirst }));
        Assert.Throws<ArgumentException>(() => tokeniser.EncodeWindows("a", "b", options with { Truncation = Truncation.LongestFirst }));
        Assert.Throws<ArgumentException>(() => tokeniser.EncodeWindows(context, context, options));
        Assert.Throws<ArgumentException>(() => tokeniser.Encode("a", "b", options with { MaximumLength = 2 }));
    }

    [Fact]
    public void Words_of_bytes_get_a_space_each()
    {
        var tokeniser = Tokeniser.Open(Goldens.Folder("bpe"));
        var words = tokeniser.EncodeWords(["the", "film"]);
        Assert.Equal(tokeniser.Encode(" the film").Ids, words.Ids);
        Assert.Equal([(0, 3), (0, 4)], words.Offsets);

        string folder = Directory.CreateTempSubdirectory("tokeniser").FullName;
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), OracleFiles.All["byte-level"]().ToJsonString());
        Assert.Equal(words.Ids, Tokeniser.Open(folder).EncodeWords(["the", "film"]).Ids);
        Assert.Equal(tokeniser.Encode("the film").Ids, Tokeniser.Open(folder).Encode("the film").Ids);
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"add_prefix_space":true}""");
        Assert.Equal(words.Ids, Tokeniser.Open(folder).Encode("the film").Ids);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Ends_of_lines_and_a_mark_of_byte_order_are_no_part_of_tokens()
    {
        string folder = Directory.CreateTempSubdirectory("tokeniser").FullName;
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), "\ufeff[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n\r\nfilm\r\n##s\r\n\r\n");
        var tokeniser = Tokeniser.Open(folder);
        Assert.Equal([2, 5, 6, 3], tokeniser.Encode("Films").Ids);
        Assert.Equal((0, 7), (tokeniser.PaddingId, tokeniser.VocabularySize));
        Assert.Null(tokeniser.MaskId);
        Assert.True(tokeniser.IsSpecial(0) && !tokeniser.IsSpecial(5));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokeniser.TokenOf(4));
        Assert.Equal("", tokeniser.Decode([4]));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_vocabulary_that_is_larger_than_the_embeddings_is_refused_with_both_places()
    {
        var tokeniser = Tokeniser.Open(RealData.RequirePublished("minilm-l6"));
        tokeniser.RequireVocabulary(30522, "config.json");
        var exception = Assert.Throws<CheckpointException>(() => tokeniser.RequireVocabulary(30000, "other/config.json"));
        Assert.Contains("vocab.txt", exception.Message, StringComparison.Ordinal);
        Assert.Contains("other/config.json", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_saved_folder_holds_the_same_bytes()
    {
        string source = RealData.RequirePublished("minilm-l6"), target = Directory.CreateTempSubdirectory("tokeniser").FullName;
        Tokeniser.Open(source).Save(target);
        foreach (string name in (string[])["vocab.txt", "tokenizer_config.json"])
            Assert.Equal(File.ReadAllBytes(Path.Combine(source, name)), File.ReadAllBytes(Path.Combine(target, name)));
        Assert.Equal(Tokeniser.Open(source).Encode("saved").Ids, Tokeniser.Open(target).Encode("saved").Ids);
        Directory.Delete(target, recursive: true);
    }
}
