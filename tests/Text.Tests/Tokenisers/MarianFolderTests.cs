using System.Text.Json;

namespace Graft.Text.Tokenisers;

/// <summary>Folders of Marian: pieces of two files, numbers of a third.</summary>
public sealed class MarianFolderTests : IDisposable
{
    private static readonly string[] Numbered = ["</s>", "<unk>", "▁gu", "ten", "▁tag", "▁good", "▁day", "y", "▁", "g", "▁g", ">>deu<<", "<pad>"];

    private readonly Text.Tests.TextFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_side_has_its_pieces_and_both_the_numbers_of_one_vocabulary(bool bytePair)
    {
        Write(bytePair);
        var tokeniser = Tokeniser.Open(folder.Root);
        Assert.Equal(["▁gu", "ten", "▁tag", "</s>"], Tokens(tokeniser, "guten  tag"));
        // the target's pieces are none of the source's, and the other way round
        Assert.Equal(["▁good", "▁day", "</s>"], Tokens(tokeniser.ForTargets, "good day"));
        Assert.DoesNotContain("▁good", Tokens(tokeniser, "good day"));
        Assert.Same(tokeniser.ForTargets, tokeniser.ForTargets.ForTargets);
        Assert.Equal([">>deu<<", "▁tag", "</s>"], Tokens(tokeniser, ">>deu<< tag"));
        Assert.Contains("<unk>", Tokens(tokeniser, "tag ö"));
        Assert.Equal(
            (Array.IndexOf(Numbered, "</s>"), Array.IndexOf(Numbered, "<unk>"), Array.IndexOf(Numbered, "<pad>"), Numbered.Length),
            (tokeniser.EndId, tokeniser.UnknownId, tokeniser.PaddingId, tokeniser.VocabularySize));
        Assert.Equal("good day", tokeniser.Decode([.. Of("▁good", "▁day", "</s>")], skipSpecialTokens: true));
        var encoded = tokeniser.Encode("guten tag");
        Assert.Equal([(0, 2), (2, 5), (5, 9), (0, 0)], encoded.Offsets);

        string copy = folder.Path("copy");
        tokeniser.Save(copy);
        var again = Tokeniser.Open(copy);
        Assert.Equal(Tokens(tokeniser, "guten tag"), Tokens(again, "guten tag"));
        Assert.Equal(["▁good", "▁day", "</s>"], Tokens(again.ForTargets, "good day"));
    }

    [Fact]
    public void Without_a_file_of_targets_the_source_serves_both()
    {
        Write(bytePair: false);
        File.Delete(folder.Path("target.spm"));
        var tokeniser = Tokeniser.Open(folder.Root);
        Assert.Same(tokeniser, tokeniser.ForTargets);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Write(bytePair: false);
        folder.Write("tokenizer_config.json", """{"separate_vocabs": true}""");
        Assert.Contains("separate_vocabs", Fails(), StringComparison.Ordinal);
        folder.Write("tokenizer_config.json", """{"eos_token": "<end>"}""");
        Assert.Contains("<end>", Fails(), StringComparison.Ordinal);
        folder.Write("tokenizer_config.json", "{}");
        File.WriteAllBytes(folder.Path("target.spm"), [1, 2, 3]);
        Assert.Contains("target.spm", Fails(), StringComparison.Ordinal);
    }

    private static IEnumerable<int> Of(params string[] tokens) => tokens.Select(static token => Array.IndexOf(Numbered, token));

    private static IEnumerable<string> Tokens(Tokeniser tokeniser, string text) => tokeniser.Encode(text).Ids.Select(tokeniser.TokenOf);

    private string Fails() => Assert.Throws<CheckpointException>(() => Tokeniser.Open(folder.Root)).Message;

    private void Write(bool bytePair)
    {
        // of a byte-pair encoding a piece is made of two others, the one with the higher score first
        File.WriteAllBytes(folder.Path("source.spm"), SentencePieceBytes.Make(bytePair
            ? [("<unk>", 0), ("▁g", 0), ("▁gu", -1), ("te", -2), ("ten", -3), ("▁t", -4), ("▁ta", -5), ("▁tag", -6), ("▁", -7), ("g", -8), ("u", -9), ("t", -10), ("e", -11), ("n", -12), ("a", -13)]
            : [("<unk>", 0), ("▁gu", -1), ("ten", -2), ("▁tag", -3), ("g", -9), ("▁", -9)], bytePair));
        File.WriteAllBytes(folder.Path("target.spm"), SentencePieceBytes.Make([("<unk>", 0), ("▁good", -1), ("▁day", -2), ("y", -9)]));
        folder.Write("vocab.json", JsonSerializer.Serialize(Numbered.Select(static (token, id) => (token, id)).ToDictionary(static pair => pair.token, static pair => pair.id)));
    }
}
