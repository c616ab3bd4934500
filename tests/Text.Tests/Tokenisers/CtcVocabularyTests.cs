namespace Graft.Text.Tests;

public sealed class CtcVocabularyTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("graft-tests-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Texts_become_signs_and_signs_texts_as_in_Hugging_Faces_tokeniser()
    {
        var vocabulary = Open("""{"[PAD]": 0, "<s>": 1, "[UNK]": 2, "|": 3, "A": 4, "B": 5, "CH": 6, "'": 7}""", """{"pad_token": "[PAD]", "unk_token": {"content": "[UNK]"}}""");
        Assert.Equal([4, 3, 5, 5, 7, 6], vocabulary.Encode(" A  BB'CH\n"));
        Assert.Equal([4, 2, 5], vocabulary.Encode("AxB"));
        Assert.Equal("A BB'CH", vocabulary.Decode([4, 3, 5, 5, 7, 6, 3]));
        Assert.Equal("AB", vocabulary.Decode([1, 4, 2, 5, 0, 99]));
        Assert.True(vocabulary.Spells("ab ch"));
        Assert.False(vocabulary.Spells("abc"));
        Assert.Equal("AB CH xA", vocabulary.Spelled("ab  ch xa "));
        // a text cannot spell a special token
        Assert.Equal([2, 2, 2], vocabulary.Encode("<s>"));
        Assert.Equal([("A", 0, 0), ("BB", 4, 7)], vocabulary.Words([new(4, 0), new(3, 2), new(5, 4), new(5, 7)]));
    }

    [Fact]
    public void What_is_saved_is_read_again_whatever_its_letters()
    {
        var vocabulary = CtcVocabulary.Of(["Grüße an 𝄞", "zwölf|"], blank: 0);
        Assert.Equal(["<pad>", "<unk>", "|", "G", "a", "e", "f", "l", "n", "r", "w", "z", "ß", "ö", "ü", "𝄞"], vocabulary.Tokens);
        vocabulary.Save(folder);
        var same = CtcVocabulary.Open(folder);
        Assert.Equal(vocabulary.Tokens, same.Tokens);
        Assert.Equal("Grüße an 𝄞", same.Decode(same.Encode("Grüße an 𝄞")));
        Assert.Equal("Grüße an 𝄞", same.Spelled("grüße an 𝄞").Replace("grüße", "Grüße", StringComparison.Ordinal));
        Assert.Equal(2, CtcVocabulary.Of(["ab"], blank: 2).NumberOf("<pad>"));
        Assert.Throws<ArgumentException>(() => CtcVocabulary.Of(["ab"], blank: 9));
        Assert.Throws<ArgumentException>(() => CtcVocabulary.Of([" "]));
        Assert.Throws<ArgumentException>(() => CtcVocabulary.FromTokens(["a", "b"]));
        Assert.Equal(20, vocabulary.FilledUpTo(20).Tokens.Count);
        // small letters are written whatever the signs are
        Assert.Equal("ab", Open("""{"<pad>": 0, "A": 1, "B": 2}""", """{"do_lower_case": true}""").Decode([1, 2]));
    }

    [Theory]
    [InlineData("""{}""", "no sign")]
    [InlineData("""{"<pad>": 0, "a": "b"}""", "the number of a sign")]
    [InlineData("""{"<pad>": 0, "a": 0}""", "has the number 0")]
    [InlineData("""{"<pad>": 0, "a": -1}""", "the number of a sign")]
    [InlineData("""{"<pad>": 0, "a": 2000000000}""", "the number of a sign")]
    [InlineData("""{"a": 0}""", "pad_token")]
    [InlineData("""{"eng": {"a": 0}}""", "several languages")]
    [InlineData("""[1]""", "vocab.json")]
    public void Damaged_files_are_one_clear_error(string json, string said) =>
        Assert.Contains(said, Assert.Throws<CheckpointException>(() => Open(json, "{}")).Message, StringComparison.Ordinal);

    private CtcVocabulary Open(string json, string config)
    {
        File.WriteAllText(Path.Combine(folder, "vocab.json"), json);
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), config);
        File.Delete(Path.Combine(folder, "special_tokens_map.json"));
        return CtcVocabulary.Open(folder);
    }
}
