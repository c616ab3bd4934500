using System.Text;
using System.Text.Json.Nodes;

namespace Graft.Text.Tokenisers;

public sealed class SentencePieceTests
{
    private const string Roberta = """{"type":"RobertaProcessing","sep":["</s>",END],"cls":["<s>",BEGIN],"trim_offsets":false,"add_prefix_space":true}""";

    [Theory]
    [InlineData("XLMRobertaTokenizer", "sentencepiece.bpe.model", "", Roberta)]
    [InlineData("CamembertTokenizer", "sentencepiece.bpe.model", "", Roberta)]
    [InlineData("AlbertTokenizer", "spiece.model", """
        {"type":"Replace","pattern":{"String":"``"},"content":"\""},{"type":"Replace","pattern":{"String":"''"},"content":"\""},{"type":"NFKD"},{"type":"StripAccents"},{"type":"Lowercase"},
        """, """{"type":"BertProcessing","sep":["[SEP]",END],"cls":["[CLS]",BEGIN]}""")]
    [InlineData("T5Tokenizer", "spiece.model", "", """
        {"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],
        "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":0}}],"special_tokens":{"</s>":{"id":"</s>","ids":[END],"tokens":["</s>"]}}}
        """)]
    public void A_folder_is_converted_as_transformers_does_it(string kind, string name, string normalisers, string post)
    {
        bool albert = kind == "AlbertTokenizer";
        var pieces = OracleFiles.Pieces();
        (string, double)[] mask = [("<mask>", 0)];
        if (albert) pieces = [("<pad>", 0), ("<unk>", 0), ("[CLS]", 0), ("[SEP]", 0), ("[MASK]", 0), .. pieces.Skip(3), ("9,", -0.5)];
        else if (kind == "T5Tokenizer") pieces = [("<pad>", 0), ("</s>", 0), ("<unk>", 0), .. pieces.Skip(3)];
        else if (kind == "CamembertTokenizer") pieces = [("<unk>", 0), ("<s>", 0), ("</s>", 0), .. pieces.Skip(3), ("<mask>", 0)];
        int unknown = albert ? 1 : kind == "T5Tokenizer" ? 2 : 0;
        byte[] table = CharsMap.Make();
        string folder = Folder(name, SentencePieceBytes.Make(pieces, charsMap: table, unknown: unknown), kind);
        var tokeniser = Tokeniser.Open(folder);

        // the order of the tokens as transformers has it
        List<(string Token, double Score)> tokens = kind switch
        {
            "XLMRobertaTokenizer" => [("<s>", 0), ("<pad>", 0), ("</s>", 0), ("<unk>", 0), .. pieces.Skip(3), .. mask],
            "CamembertTokenizer" => [("<s>NOTUSED", 0), ("<pad>", 0), ("</s>NOTUSED", 0), ("<unk>", 0), ("<unk>NOTUSED", -100), .. pieces.Skip(1).SkipLast(1), .. mask],
            "T5Tokenizer" => [.. pieces, .. Enumerable.Range(0, 100).Select(static i => ($"<extra_id_{99 - i}>", 0.0))],
            _ => [.. pieces.SkipLast(1), ("9,", -100.5)],
        };
        int unk = kind is "XLMRobertaTokenizer" or "CamembertTokenizer" ? 3 : unknown;
        int IdOf(string token) => tokens.FindIndex(entry => entry.Token == token);
        string begin = albert ? "[CLS]" : "<s>", end = albert ? "[SEP]" : "</s>";
        string[] special = [.. new[] { "<s>", "</s>", "<pad>", "<unk>", "[CLS]", "[SEP]", "<extra_id_0>", "<extra_id_99>" }.Where(token => IdOf(token) >= 0)];
        using var oracle = new Oracle(new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. special.Select(token => (JsonNode)OracleFiles.Added(IdOf(token), token)),
                Mask(IdOf(albert ? "[MASK]" : "<mask>"), albert ? "[MASK]" : "<mask>")]),
            ["normalizer"] = JsonNode.Parse($$"""
                {"type":"Sequence","normalizers":[{{normalisers}}{"type":"Precompiled","precompiled_charsmap":"{{Convert.ToBase64String(table)}}"},
                {"type":"Strip","strip_left":false,"strip_right":true},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]}
                """),
            ["pre_tokenizer"] = JsonNode.Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}"""),
            ["post_processor"] = JsonNode.Parse(post.Replace("BEGIN", $"{IdOf(begin)}", StringComparison.Ordinal).Replace("END", $"{IdOf(end)}", StringComparison.Ordinal)),
            ["decoder"] = JsonNode.Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "Unigram",
                ["unk_id"] = unk,
                ["vocab"] = new JsonArray([.. tokens.Select(static token => (JsonNode)OracleFiles.Scored(token.Token, token.Score))]),
            },
        });
        string[] lines = [.. HardLines.Draw(2000, 7), "1999, 2000 ``quoted''", "", " ", "a <mask> b", "<extra_id_0>x"];
        if (kind == "T5Tokenizer") lines = [.. lines.Where(static line => !line.Contains("<mask>", StringComparison.Ordinal))];
        Goldens.Same(lines, [.. lines.Select(oracle.Encode)], line => tokeniser.Encode(line).Ids);
        Assert.Equal(unk, tokeniser.UnknownId);
        Assert.Equal(albert, tokeniser.HasTokenTypes);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Byte_pairs_are_merged_by_score()
    {
        string[] letters = [.. "▁abcdefghijklmnopqrstuvwxyz".Select(static letter => letter.ToString())];
        (string, double)[] pieces =
        [
            ("<unk>", 0), ("<s>", 0), ("</s>", 0), .. Enumerable.Range(0, 256).Select(static value => ($"<0x{value:X2}>", 0.0)),
            ("▁t", -0.0), ("he", -1), ("▁the", -2), ("th", -3), ("in", -4), ("▁th", -5), ("ing", -6), ("ng", -7), .. letters.Select(static (letter, i) => (letter, -8.0 - i)),
        ];
        string folder = Folder("tokenizer.model", SentencePieceBytes.Make(pieces, bytePair: true, fallsBack: true), "LlamaTokenizer");
        var tokeniser = Tokeniser.Open(folder);
        Assert.Equal(["<s>", "▁the", "▁th", "ing", "▁", "<0xC3>", "<0xA9>"], tokeniser.Encode("the thing é").Ids.Select(tokeniser.TokenOf));
        Assert.Equal("the thing é", tokeniser.Decode(tokeniser.Encode("the thing é").Ids, skipSpecialTokens: true));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_file_that_fits_several_models_is_refused_until_one_is_named()
    {
        string folder = Folder("spiece.model", SentencePieceBytes.Make([("<unk>", 0), ("a", -1)]), null);
        Assert.Contains("tokenizer_class", Assert.Throws<CheckpointException>(() => Tokeniser.Open(folder)).Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    private static JsonObject Mask(int id, string token)
    {
        var mask = OracleFiles.Added(Math.Max(id, 0), id < 0 ? "<pad>" : token);
        mask["lstrip"] = id >= 0;
        return mask;
    }

    private static string Folder(string name, byte[] bytes, string? kind)
    {
        string folder = Directory.CreateTempSubdirectory("tokeniser").FullName;
        File.WriteAllBytes(Path.Combine(folder, name), bytes);
        if (kind is not null) File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), new JsonObject { ["tokenizer_class"] = kind }.ToJsonString(), Encoding.UTF8);
        return folder;
    }
}
