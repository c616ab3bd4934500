using System.Text;
using System.Text.Json.Nodes;
using Graft.Testing;

namespace Graft.Text.Tokenisers;

public sealed class DamagedTokeniserTests
{
    private const string Small = """
        {"version":"1.0","truncation":null,"padding":null,
        "added_tokens":[{"id":0,"content":"[UNK]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
        {"id":1,"content":"[CLS]","special":true},{"id":9,"content":"new","special":false}],
        "normalizer":{"type":"Sequence","normalizers":[{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
        {"type":"Replace","pattern":{"Regex":"x+|y"},"content":"z"},{"type":"NFC"}]},
        "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"BertPreTokenizer"},{"type":"Digits","individual_digits":true}]},
        "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
        "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"[CLS]":{"id":"[CLS]","ids":[1],"tokens":["[CLS]"]}}},
        "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
        "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
        "vocab":{"[UNK]":0,"[CLS]":1,"a":2,"b":3,"##b":4,"##c":5,"film":6,"the":7,"z":8}}}
        """;

    private const string BytePair = """
        {"added_tokens":[],"normalizer":{"type":"Prepend","prepend":"_"},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
        "post_processor":{"type":"RobertaProcessing","sep":["b",1],"cls":["a",0],"trim_offsets":true,"add_prefix_space":true},
        "decoder":{"type":"Sequence","decoders":[{"type":"ByteLevel"},{"type":"Strip","content":" ","start":1,"stop":0},{"type":"Fuse"}]},
        "model":{"type":"BPE","dropout":null,"unk_token":"a","fuse_unk":true,"byte_fallback":true,"vocab":{"a":0,"b":1,"ab":2,"aba":3,"Ġ":4,"Ġa":5},"merges":["a b",["ab","a"],"Ġ a"]}}
        """;

    private static readonly string[] Lines = ["the film ab abc 12 [CLS] new", "日本 é\u0301\ud800 x", ""];

    public static TheoryData<string, string, string> Refused => new()
    {
        { "\"type\":\"NFC\"", "\"type\":\"NFQ\"", "normalizer.normalizers[2].type" },
        { "\"type\":\"BertPreTokenizer\"", "\"type\":\"Jieba\"", "a pre-tokeniser that is not known here" },
        { "\"type\":\"WordPiece\",\"prefix\"", "\"type\":\"CTC\",\"prefix\"", "a decoder that is not known here" },
        { "\"type\":\"WordPiece\",\"unk_token\"", "\"type\":\"Other\",\"unk_token\"", "a model that is not known here" },
        { "\"type\":\"TemplateProcessing\"", "\"type\":\"Other\"", "a post-processor that is not known here" },
        { "\"a\":2", "\"film\":2", "entry 3 of model.vocab and entry 7 of model.vocab are one token, 'film'" },
        { "\"a\":2", "\"a\":6", "give the number 6 to two tokens" },
        { "\"z\":8", "\"z\":2000000000", "has the number 2000000000" },
        { "\"z\":8", "\"z\":-8", "is -8" },
        { "\"z\":8", "\"z\":8.5", "not a token's number" },
        { "\"z\":8", "\"z\":99999999999999", "not a token's number" },
        { "\"unk_token\":\"[UNK]\"", "\"unk_token\":\"[unk]\"", "'[unk]', which model.vocab does not have" },
        { "\"ids\":[1]", "\"ids\":[77]", "puts token 77 around texts" },
        { "{\"id\":1,\"content\":\"[CLS]\"", "{\"id\":2,\"content\":\"[CLS]\"", "is 2, and 1 in the vocabulary" },
        { "{\"id\":9,", "{\"id\":6,", "is 6, which is 'film'" },
        { "\"single\":[{\"SpecialToken\":{\"id\":\"[CLS]\"", "\"single\":[{\"SpecialToken\":{\"id\":\"[SEP]\"", "'[SEP]', which 'special_tokens'" },
        { "\"pair\":[{\"Sequence\":{\"id\":\"A\"", "\"pair\":[{\"Sequence\":{\"id\":\"B\"", "does not hold the texts A and B once" },
        { "x+|y", "[^(x|[yz])]", "an expression that is not understood here (a class within a class)" },
        { "x+|y", "x(+|y", "an expression that is not understood here" },
        { "\"clean_text\":true", "\"clean_text\":1", "true or false" },
        { "\"max_input_chars_per_word\":100", "\"max_input_chars_per_word\":-1", "is -1" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_a_file_must_not_say_is_refused_with_its_place(string said, string instead, string complaint)
    {
        Assert.Contains(said, Small, StringComparison.Ordinal);
        _ = Parse(Small);
        var exception = Assert.Throws<CheckpointException>(() => Parse(Small.Replace(said, instead, StringComparison.Ordinal)));
        Assert.StartsWith("tokenizer.json: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(complaint, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"a b\"", "\"a q\"", "'q', which model.vocab does not have")]
    [InlineData("\"a b\"", "\"b b\"", "needs 'bb'")]
    [InlineData("\"a b\"", "\"a b c\"", "not a pair of tokens")]
    [InlineData("[\"ab\",\"a\"]", "[\"ab\",1]", "not a pair of tokens")]
    [InlineData("\"unk_token\":\"a\"", "\"unk_token\":\"u\"", "'u', which model.vocab does not have")]
    public void Merges_of_what_is_no_token_are_refused(string said, string instead, string complaint)
    {
        _ = Parse(BytePair);
        Assert.Contains(complaint, Assert.Throws<CheckpointException>(() => Parse(BytePair.Replace(said, instead, StringComparison.Ordinal))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_case_that_two_files_say_differently_is_refused_with_both()
    {
        using var folder = new Scratch();
        folder.Write("tokenizer.json", Small);
        folder.Write("tokenizer_config.json", """{"do_lower_case":true}""");
        _ = Tokeniser.Open(folder.Path);
        folder.Write("tokenizer_config.json", """{"do_lower_case":false}""");
        string message = Refusal(folder);
        Assert.Contains("tokenizer_config.json: 'do_lower_case' is false", message, StringComparison.Ordinal);
        Assert.Contains("'normalizer.normalizers[0].lowercase'", message, StringComparison.Ordinal);
        Assert.Contains("tokenizer.json", message, StringComparison.Ordinal);
        folder.Write("tokenizer_config.json", """{"do_lower_case":true,"tokenizer_class":"BertTokenizer","do_lower_case":false}""");
        Assert.Contains("'do_lower_case' stands twice, as true and as false", Refusal(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\nfilm\nthe\nfilm\n", "{}", "line 5 and line 7 are one token, 'film'")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\nfilm\n", "{}", "has no '[SEP]', the sep_token")]
    [InlineData("", "{}", "is empty")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\n", """{"tokenizer_class":"JumanppTokenizer"}""", "'tokenizer_class' is JumanppTokenizer")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\n", """{"model_max_length":-3}""", "'model_max_length' is -3")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\n", """{"padding_side":"top"}""", "not left or right")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\n", """{"added_tokens_decoder":{"2":{"content":"[SEP]","special":true}}}""", "the number of '[SEP]' is 2, and 3 in")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\n", """{"added_tokens_decoder":{"x":{"content":"[SEP]"}}}""", "is not a token's number")]
    [InlineData("[PAD]\n[UNK]\n[CLS]\n[SEP]\n", "[]", "is no JSON object")]
    public void A_folder_that_contradicts_itself_is_refused(string vocabulary, string config, string complaint)
    {
        using var folder = new Scratch();
        folder.Write("vocab.txt", vocabulary);
        folder.Write("tokenizer_config.json", config);
        Assert.Contains(complaint, Refusal(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_tokeniser_says_what_is_looked_for()
    {
        using var folder = new Scratch();
        Assert.Contains("has no tokeniser: none of tokenizer.json, vocab.txt", Refusal(folder), StringComparison.Ordinal);
        Assert.Contains("there is no such folder", Assert.Throws<CheckpointException>(() => Tokeniser.Open(folder.Path + "-not")).Message, StringComparison.Ordinal);
        File.WriteAllBytes(Path.Combine(folder.Path, "vocab.txt"), [0x61, 0xFF, 0x0A]);
        Assert.Contains("is no UTF-8 (at byte 1)", Refusal(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, Small)]
    [InlineData(2, BytePair)]
    [InlineData(3, null)]
    public Task A_changed_tokenizer_json_is_read_or_refused(int seed, string? json)
    {
        json ??= new JsonObject
        {
            ["normalizer"] = JsonNode.Parse($$"""{"type":"Precompiled","precompiled_charsmap":"{{Convert.ToBase64String(CharsMap.Make()[..512])}}"}"""),
            ["pre_tokenizer"] = JsonNode.Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}"""),
            ["decoder"] = JsonNode.Parse("""{"type":"Metaspace","replacement":"▁"}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "Unigram",
                ["unk_id"] = 0,
                ["byte_fallback"] = true,
                ["vocab"] = new JsonArray([.. OracleFiles.Pieces().Take(40).Select(static piece => (JsonNode)OracleFiles.Scored(piece.Token, piece.Score))]),
            },
        }.ToJsonString();
        return Bounded.Mutated<CheckpointException>(Encoding.UTF8.GetBytes(json), seed, 500, static bytes => Use(Tokeniser.Parse(bytes, "tokenizer.json")));
    }

    [Theory]
    [InlineData(4, "spiece.model")]
    [InlineData(5, "tokenizer.model")]
    [InlineData(6, "vocab.txt")]
    [InlineData(7, "tokenizer_config.json")]
    [InlineData(8, "merges.txt")]
    [InlineData(9, "vocab.json")]
    public async Task A_changed_file_of_a_folder_is_read_or_refused(int seed, string name)
    {
        using var folder = new Scratch();
        var pieces = OracleFiles.Pieces().Take(60).ToList();
        byte[] whole = name switch
        {
            "spiece.model" => SentencePieceBytes.Make([("<pad>", 0), ("</s>", 0), ("<unk>", 0), .. pieces.Skip(3)], charsMap: CharsMap.Make(), unknown: 2),
            "tokenizer.model" => SentencePieceBytes.Make(pieces, bytePair: true, fallsBack: true),
            "tokenizer_config.json" => File.ReadAllBytes(Path.Combine(Goldens.Folder("wordpiece"), name)),
            "vocab.txt" => [.. File.ReadAllBytes(Path.Combine(Goldens.Folder("wordpiece"), name)).Take(2000)],
            "merges.txt" => "#version: 0.2\na b\nab a\n"u8.ToArray(),
            _ => """{"a":0,"b":1,"ab":2,"aba":3,"<|endoftext|>":4}"""u8.ToArray(),
        };
        if (name == "spiece.model") folder.Write("config.json", """{"model_type":"t5"}""");
        if (name == "tokenizer_config.json") File.Copy(Path.Combine(Goldens.Folder("wordpiece"), "vocab.txt"), Path.Combine(folder.Path, "vocab.txt"));
        if (name == "merges.txt") folder.Write("vocab.json", """{"a":0,"b":1,"ab":2,"aba":3,"<|endoftext|>":4}""");
        if (name == "vocab.json") folder.Write("merges.txt", "#version: 0.2\na b\nab a\n");
        string path = Path.Combine(folder.Path, name);
        await Bounded.Mutated<CheckpointException>(whole, seed, 250, bytes =>
        {
            File.WriteAllBytes(path, bytes);
            Use(Tokeniser.Open(folder.Path));
        });
    }

    private static void Use(Tokeniser tokeniser)
    {
        foreach (string line in Lines)
        {
            var text = tokeniser.Encode(line, "second");
            Assert.All(text.Ids, id => Assert.InRange(id, 0, tokeniser.VocabularySize - 1));
            tokeniser.Decode(text.Ids);
        }
    }

    private static string Refusal(Scratch folder) => Assert.Throws<CheckpointException>(() => Tokeniser.Open(folder.Path)).Message;

    private static Tokeniser Parse(string json) => Tokeniser.Parse(Encoding.UTF8.GetBytes(json), "tokenizer.json");

    private sealed class Scratch : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("tokeniser").FullName;

        public void Write(string name, string text) => File.WriteAllText(System.IO.Path.Combine(Path, name), text);

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
