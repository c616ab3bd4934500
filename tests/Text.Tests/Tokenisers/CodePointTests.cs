using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Graft.Text.Tokenisers;

public sealed class CodePointTests
{
    private const string Bert = """{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""";

    [Theory]
    [InlineData(Bert, """{"type":"BertPreTokenizer"}""")]
    [InlineData("""{"type":"StripAccents"}""", """{"type":"Punctuation","behavior":"Isolated"}""")]
    [InlineData("""{"type":"NFD"}""", """{"type":"Digits","individual_digits":true}""")]
    [InlineData("""{"type":"NFKC"}""", """{"type":"Whitespace"}""")]
    [InlineData("""{"type":"Lowercase"}""", """{"type":"Split","pattern":{"Regex":"\\p{L}+|\\p{N}+|\\s"},"behavior":"Isolated","invert":false}""")]
    [InlineData("""{"type":"NFKD"}""", """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}""")]
    public void Every_code_point_is_what_tokenizers_takes_it_for(string normaliser, string preTokeniser)
    {
        // single bytes show what each word was made of, and a sign where it begins
        var vocabulary = new JsonObject { ["[UNK]"] = 0 };
        for (int value = 0; value < 256; value++) vocabulary[$"<0x{value:X2}>"] = value + 1;
        foreach (char letter in "ab") vocabulary[letter.ToString()] = vocabulary.Count;
        var steps = new JsonArray(JsonNode.Parse(preTokeniser), JsonNode.Parse("""{"type":"Metaspace","replacement":"_","prepend_scheme":"always","split":false}"""));
        vocabulary["_"] = vocabulary.Count;
        using var oracle = new Oracle(new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(),
            ["normalizer"] = JsonNode.Parse(normaliser),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = steps },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = "[UNK]",
                ["byte_fallback"] = true,
                ["fuse_unk"] = false,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray(),
            },
        });
        var differing = new List<int>();
        for (int first = 1; first < 0x110000; first += 64)
        {
            var line = new StringBuilder();
            for (int point = first; point < first + 64; point++)
                if (IsKnown(point, out var rune)) line.Append('a').Append(rune).Append("b ");
            if (oracle.Encode(line.ToString()).SequenceEqual(oracle.Ours.Encode(line.ToString()).Ids)) continue;
            for (int point = first; point < first + 64; point++)
                if (IsKnown(point, out var rune) && !oracle.Encode($"a{rune}b").SequenceEqual(oracle.Ours.Encode($"a{rune}b").Ids)) differing.Add(point);
        }
        Assert.True(differing.Count == 0, $"{differing.Count}: {string.Join(' ', differing.Select(point => $"{point:X}:{CharUnicodeInfo.GetUnicodeCategory(point)}"))}");
    }

    /// <summary>Not beyond the runtime's Unicode: of what is unassigned there, newer tables know more.</summary>
    private static bool IsKnown(int point, out Rune rune) => Rune.TryCreate(point, out rune) && Rune.GetUnicodeCategory(rune) != UnicodeCategory.OtherNotAssigned;
}
