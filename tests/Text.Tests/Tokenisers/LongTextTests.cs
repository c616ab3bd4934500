using System.Text;
using Graft.Testing;

namespace Graft.Text.Tokenisers;

public sealed class LongTextTests
{
    [Theory]
    [InlineData("wordpiece uncased")]
    [InlineData("wordpiece over words")]
    [InlineData("byte-level")]
    [InlineData("byte-level cut by an expression")]
    [InlineData("unigram")]
    [InlineData("unigram with a table")]
    [InlineData("sentencepiece bpe")]
    [InlineData("word level")]
    public void A_hundred_thousand_characters_of_one_kind_are_tokenised_in_time(string name)
    {
        var tokeniser = Tokeniser.Parse(Encoding.UTF8.GetBytes(OracleFiles.All[name]().ToJsonString()), name);
        foreach (string unit in (string[])["a", " ", "the ", "\n", "\u00e9", "e\u0301", "\u0301", "日", "😀", "!", "'", "1", "[MASK]", "<", "▁", "\ud800", "\u0001"])
            Bounded.Run<CheckpointException>($"{name} of {unit}", 16_000_000, () =>
            {
                var text = tokeniser.Encode(string.Concat(Enumerable.Repeat(unit, 100_000 / unit.Length)));
                Assert.Equal(text.Length, text.Offsets.Length);
                tokeniser.Decode(text.Ids);
            });
    }

    [Fact]
    public void Nothing_and_white_space_alone_are_special_tokens_alone()
    {
        var tokeniser = Tokeniser.Open(RealData.RequirePublished("minilm-l6"));
        foreach (string text in (string[])["", " ", "\t\r\n", "\u00a0\u3000", "\u0001\u200b"]) Assert.Equal([101, 102], tokeniser.Encode(text).Ids);
        Assert.Equal([101, 102, 102], tokeniser.Encode("", "").Ids);
        Assert.Empty(tokeniser.Encode("", options: new TokeniseOptions { AddSpecialTokens = false }).Ids);
        Assert.Equal([101, 102], tokeniser.EncodeWords([]).Ids);
        Assert.Equal([101, 100, 102], tokeniser.Encode(new string('a', 101)).Ids);
        Assert.Equal("", tokeniser.Decode([]));
    }

    [Fact]
    public async Task Many_threads_get_what_one_gets()
    {
        var tokeniser = Tokeniser.Open(Goldens.Folder("bpe"));
        string[] lines = Goldens.Read<string[]>("bpe", "lines.json");
        int[][] ids = Goldens.Read<int[][]>("bpe", "ids.json");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < lines.Length; i++) Assert.Equal(ids[(i + 100 * thread) % lines.Length], tokeniser.Encode(lines[(i + 100 * thread) % lines.Length]).Ids);
        })));
    }
}
