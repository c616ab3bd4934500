using System.Text.Json.Nodes;
using Graft.Testing;

namespace Graft.Text.Tokenisers;

/// <summary>Files in the form of <c>tokenizer.json</c> to compare with the oracle, a row a pipeline.</summary>
internal static class OracleFiles
{
    private const string Llama3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private const string SentencePieceDecoder = """
        {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},
        {"type":"Strip","content":" ","start":1,"stop":0}]}
        """;

    public static IReadOnlyDictionary<string, Func<JsonObject>> All { get; } = new Dictionary<string, Func<JsonObject>>
    {
        ["wordpiece uncased"] = static () => WordPiece("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}"""),
        ["wordpiece cased"] = static () => WordPiece("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":false}"""),
        ["wordpiece lowered with accents"] = static () => WordPiece("""{"type":"BertNormalizer","clean_text":false,"handle_chinese_chars":false,"strip_accents":false,"lowercase":true}"""),
        ["wordpiece over a sequence"] = static () => WordPiece("""
            {"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"Lowercase"},{"type":"StripAccents"},{"type":"Strip","strip_left":true,"strip_right":true}]}
            """, """{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Punctuation"},{"type":"Digits","individual_digits":true}]}"""),
        ["wordpiece over words"] = static () => WordPiece("""{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Lowercase"}]}""", """{"type":"Whitespace"}"""),
        ["wordpiece merged with next"] = static () => WordPiece("""{"type":"NFKD"}""", """
            {"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Split","pattern":{"Regex":"[aeiou\\p{P}]"},"behavior":"MergedWithNext","invert":false},
            {"type":"Digits","individual_digits":false}]}
            """),
        ["wordpiece merged with previous"] = static () => WordPiece("""{"type":"NFC"}""", """
            {"type":"Sequence","pretokenizers":[{"type":"CharDelimiterSplit","delimiter":" "},{"type":"Split","pattern":{"String":"a"},"behavior":"MergedWithPrevious","invert":false},
            {"type":"Punctuation","behavior":"Contiguous"}]}
            """),
        ["byte-level"] = static () => Bpe("null", """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}""", pairs: false),
        ["byte-level with spaces"] = static () => Bpe("""{"type":"NFC"}""", """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true}""", pairs: true),
        ["byte-level cut by an expression"] = static () => Bpe("null", new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(
                new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = Llama3 }, ["behavior"] = "Isolated", ["invert"] = false },
                JsonNode.Parse("""{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}""")),
        }.ToJsonString(), pairs: true, wholeWords: true),
        ["unigram"] = static () => Unigram("""{"type":"Sequence","normalizers":[{"type":"Nmt"},{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]}""",
            """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", bytes: false),
        ["unigram after white space"] = static () => Unigram("null",
            """{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","add_prefix_space":true}]}""", bytes: false),
        ["unigram with bytes"] = static () => Unigram("null", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""", bytes: true),
        ["unigram with a table"] = static () => Unigram($$"""{"type":"Precompiled","precompiled_charsmap":"{{Convert.ToBase64String(CharsMap.Make())}}"}""",
            """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", bytes: false),
        ["sentencepiece bpe"] = SentencePieceBpe,
        ["word level"] = static () => new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = JsonNode.Parse("""[{"id":0,"content":"[UNK]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}]"""),
            ["normalizer"] = JsonNode.Parse("""{"type":"Lowercase"}"""),
            ["pre_tokenizer"] = JsonNode.Parse("""{"type":"Whitespace"}"""),
            ["post_processor"] = null,
            ["decoder"] = null,
            ["model"] = JsonNode.Parse("""{"type":"WordLevel","vocab":{"[UNK]":0,"the":1,"film":2,"it":3,"s":4,"'":5,"x":6,"!?":7},"unk_token":"[UNK]"}"""),
        },
    };

    private static JsonObject WordPiece(string normaliser, string preTokeniser = """{"type":"BertPreTokenizer"}""")
    {
        string[] lines = File.ReadAllLines(RealData.RequirePublished("minilm-l6/vocab.txt"));
        var vocabulary = new JsonObject();
        for (int i = 0; i < lines.Length; i++) vocabulary[lines[i]] = i;
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. new[] { 0, 100, 101, 102, 103 }.Select(id => (JsonNode)Added(id, lines[id])),
                Added(30522, "naïve", special: false), Added(1060, "x", special: false, word: true), Added(30523, "▁", strips: true)]),
            ["normalizer"] = JsonNode.Parse(normaliser),
            ["pre_tokenizer"] = JsonNode.Parse(preTokeniser),
            ["post_processor"] = JsonNode.Parse("""
                {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
                "pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},
                {"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"[SEP]","type_id":1}}],
                "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[101],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[102],"tokens":["[SEP]"]}}}
                """),
            ["decoder"] = JsonNode.Parse("""{"type":"WordPiece","prefix":"##","cleanup":true}"""),
            ["model"] = new JsonObject { ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 100, ["vocab"] = vocabulary },
        };
    }

    private static JsonObject Bpe(string normaliser, string preTokeniser, bool pairs, bool wholeWords = false)
    {
        var merges = File.ReadAllLines(Path.Combine(Goldens.Folder("bpe"), "merges.txt")).Skip(1).Where(static line => line.Length > 0);
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(Added(2256, "<|endoftext|>"), Added(2257, "[MASK]", strips: true)),
            ["normalizer"] = JsonNode.Parse(normaliser),
            ["pre_tokenizer"] = JsonNode.Parse(preTokeniser),
            ["post_processor"] = JsonNode.Parse("""{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}"""),
            ["decoder"] = JsonNode.Parse("""{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["ignore_merges"] = wholeWords,
                ["vocab"] = JsonNode.Parse(File.ReadAllText(Path.Combine(Goldens.Folder("bpe"), "vocab.json"))),
                ["merges"] = new JsonArray([.. merges.Select(line => pairs ? (JsonNode)new JsonArray([.. line.Split(' ').Select(static part => (JsonNode)part)]) : line)]),
            },
        };
    }

    /// <summary>Pieces of the words of real sentences, with scores after how often they are.</summary>
    public static List<(string Token, double Score)> Pieces()
    {
        var counts = new Dictionary<string, int>();
        foreach (string line in File.ReadLines(RealData.Require("text/sst2/stsa.binary.dev")))
            foreach (string word in line[2..].Split(' '))
                for (int length = 1; length <= word.Length; length++)
                    for (int from = 0; from + length <= word.Length && length < 8; from++)
                    {
                        counts[word.Substring(from, length)] = counts.GetValueOrDefault(word.Substring(from, length)) + 1;
                        if (from == 0) counts["▁" + word[..length]] = counts.GetValueOrDefault("▁" + word[..length]) + 1;
                    }
        return
        [
            ("<unk>", 0), ("<s>", 0), ("</s>", 0), ("▁", -3),
            .. counts.OrderByDescending(static pair => pair.Value).ThenBy(static pair => pair.Key, StringComparer.Ordinal).Take(6000)
                .Select(static pair => (pair.Key, (double)(float)(Math.Log(pair.Value / 1e6) * Math.Sqrt(1.0 / pair.Key.Length)))),
        ];
    }

    private static JsonObject Unigram(string normaliser, string preTokeniser, bool bytes)
    {
        var vocabulary = new JsonArray([.. Pieces().Select(static piece => (JsonNode)Scored(piece.Token, piece.Score))]);
        if (bytes)
            for (int value = 0; value < 256; value++) vocabulary.Add(Scored($"<0x{value:X2}>", 0));
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(Added(0, "<unk>"), Added(1, "<s>"), Added(2, "</s>")),
            ["normalizer"] = JsonNode.Parse(normaliser),
            ["pre_tokenizer"] = JsonNode.Parse(preTokeniser),
            ["post_processor"] = JsonNode.Parse("""{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",1],"trim_offsets":true,"add_prefix_space":true}"""),
            ["decoder"] = bytes
                ? JsonNode.Parse(SentencePieceDecoder)
                : JsonNode.Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}"""),
            ["model"] = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 0, ["byte_fallback"] = bytes, ["vocab"] = vocabulary },
        };
    }

    private static JsonObject SentencePieceBpe()
    {
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(static value => $"<0x{value:X2}>"), "▁",
            .. "abcdefghijklmnopqrstuvwxyzé日".Select(static letter => letter.ToString()),
            "▁t", "he", "▁the", "in", "ing", "er", "▁f", "il", "▁fil", "▁film", "on", "an"];
        var vocabulary = new JsonObject();
        foreach (string token in tokens) vocabulary[token] = vocabulary.Count;
        string[] merges = ["▁ t", "h e", "▁t he", "i n", "in g", "e r", "▁ f", "i l", "▁f il", "▁fil m", "o n", "a n"];
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(Added(0, "<unk>"), Added(1, "<s>"), Added(2, "</s>")),
            ["normalizer"] = JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}"""),
            ["pre_tokenizer"] = null,
            ["post_processor"] = JsonNode.Parse("""
                {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
                "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}
                """),
            ["decoder"] = JsonNode.Parse(SentencePieceDecoder),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = "<unk>",
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Select(static merge => (JsonNode)merge)]),
            },
        };
    }

    public static JsonObject Added(int id, string content, bool special = true, bool word = false, bool strips = false) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = word,
        ["lstrip"] = strips,
        ["rstrip"] = strips,
        ["normalized"] = !special,
        ["special"] = special,
    };

    public static JsonArray Scored(string token, double score) => new(token, score);
}
