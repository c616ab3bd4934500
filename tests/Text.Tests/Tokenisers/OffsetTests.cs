using System.Globalization;
using System.Text;
using Graft.Testing;

namespace Graft.Text.Tokenisers;

public sealed class OffsetTests
{
    private static readonly TokeniseOptions Bare = new() { AddSpecialTokens = false };

    [Theory]
    [InlineData("minilm")]
    [InlineData("wordpiece uncased")]
    [InlineData("wordpiece cased")]
    [InlineData("wordpiece over a sequence")]
    [InlineData("byte-level")]
    [InlineData("byte-level with spaces")]
    [InlineData("unigram after white space")]
    [InlineData("sentencepiece bpe")]
    public void What_lies_at_a_token_normalised_is_the_token(string name)
    {
        var tokeniser = name == "minilm" ? Tokeniser.Open(RealData.RequirePublished("minilm-l6")) : Tokeniser.Parse(Encoding.UTF8.GetBytes(OracleFiles.All[name]().ToJsonString()), name);
        bool bytes = name.StartsWith("byte", StringComparison.Ordinal);
        int compared = 0;
        foreach (string line in HardLines.Draw(2000, 3))
        {
            var text = tokeniser.Encode(line, options: Bare);
            int last = 0;
            for (int i = 0; i < text.Length; i++)
            {
                var (start, end) = text.Offsets[i];
                Assert.InRange(start, 0, line.Length);
                Assert.InRange(end, start, line.Length);
                Assert.True(start >= last || bytes || start == text.Offsets[i - 1].Start, $"{name}: '{line}' token {i} lies before the one before it");
                Assert.False(start < line.Length && char.IsLowSurrogate(line[start]) || end < line.Length && char.IsLowSurrogate(line[end]), "half a pair");
                last = start;
                string token = tokeniser.TokenOf(text.Ids[i]), slice = line[start..end];
                if (text.Ids[i] == tokeniser.UnknownId || token.StartsWith("<0x", StringComparison.Ordinal) || slice.AsSpan().Trim().SequenceEqual(token)) continue;
                compared++;
                if (bytes)
                {
                    string whole = string.Concat(Encoding.UTF8.GetBytes(slice).Select(ByteSigns.Of));
                    Assert.True(name.EndsWith("spaces", StringComparison.Ordinal) || whole.Contains(token.Replace("Ġ", "", StringComparison.Ordinal), StringComparison.Ordinal),
                        $"'{slice}' is no {token} in '{line}'");
                    continue;
                }
                if (token.StartsWith("##", StringComparison.Ordinal)) token = token[2..];
                // of a grapheme that becomes several tokens each has the whole range
                string again = string.Concat(tokeniser.Encode(slice, options: Bare).Ids.Select(tokeniser.TokenOf)).Replace("##", "", StringComparison.Ordinal);
                bool part = StringInfo.GetNextTextElementLength(slice) == slice.Length;
                bool unknown = again.Contains("[UNK]", StringComparison.Ordinal) || again.Contains("<unk>", StringComparison.Ordinal);
                Assert.True(part && again.Contains(token, StringComparison.Ordinal) || again == token || again == "▁" + token || "▁" + again == token || unknown,
                    $"{name}: '{slice}' is '{again}', not '{token}' in '{line}'");
            }
        }
        Assert.True(compared > 500, $"{compared} compared");
    }

    [Fact]
    public void Letters_that_are_composed_of_several_units_are_covered_whole()
    {
        var tokeniser = Tokeniser.Open(RealData.RequirePublished("minilm-l6"));
        var text = tokeniser.Encode("e\u0301te\u0301 😀 İstanbul", options: Bare);
        Assert.Equal([(0, 5), (6, 8), (9, 17)], Whole(text));
        // lower case and without accents: "ete", unknown, "istanbul"
        Assert.Equal("istanbul", tokeniser.TokenOf(text.Ids[^1]));
    }

    [Fact]
    public void Spaces_before_a_word_of_bytes_are_not_of_its_range()
    {
        var tokeniser = Tokeniser.Open(Goldens.Folder("bpe"));
        var text = tokeniser.Encode("the film  日 x");
        Assert.Equal((4, 8), text.Offsets[Array.FindIndex(text.Ids, id => tokeniser.TokenOf(id) == "Ġfilm")]);
        Assert.All(text.Ids.Zip(text.Offsets).Where(pair => pair.Second.Start is 10 && tokeniser.TokenOf(pair.First) != "Ġ"), static pair => Assert.Equal((10, 11), pair.Second));
        Assert.Equal((12, 13), text.Offsets[^1]);
    }

    [Fact]
    public void Half_a_pair_of_surrogates_is_the_replacement_character()
    {
        foreach (var tokeniser in (Tokeniser[])[Tokeniser.Open(RealData.RequirePublished("minilm-l6")), Tokeniser.Open(Goldens.Folder("bpe"))])
            foreach (string text in (string[])["a\ud800b", "\udc00", "x \ud83d", "\udc00\ud800 film"])
            {
                string replaced = text.Replace('\ud800', '\ufffd').Replace('\udc00', '\ufffd').Replace('\ud83d', '\ufffd');
                Assert.Equal(tokeniser.Encode(replaced).Ids, tokeniser.Encode(text).Ids);
                Assert.Equal(tokeniser.Encode(replaced).Offsets, tokeniser.Encode(text).Offsets);
            }
    }

    // words of several tokens as one range
    private static (int, int)[] Whole(TokenisedText text) =>
        [.. text.Words.Zip(text.Offsets).GroupBy(static pair => pair.First).Select(static word => (word.First().Second.Start, word.Last().Second.End))];
}
