using System.Text.Json;
using System.Text.Json.Nodes;

namespace Graft.Text.Tokenisers;

public sealed class WordPieceGoldenTests
{
    private static readonly TokeniseOptions Bare = new() { AddSpecialTokens = false };

    [Theory]
    [InlineData("wordpiece")]
    [InlineData("wordpiece-cased")]
    public void Ids_and_decodings_are_those_of_all_lines(string name)
    {
        var tokeniser = Tokeniser.Open(Goldens.Folder(name));
        string[] lines = Goldens.Read<string[]>(name, "lines.json"), decoded = Goldens.Read<string[]>(name, "decoded.json");
        int[][] ids = Goldens.Read<int[][]>(name, "ids.json");
        Goldens.Same(lines, ids, line => tokeniser.Encode(line, options: Bare).Ids);
        Goldens.Same(ids, decoded, line => tokeniser.Decode(line));
    }

    [Theory]
    [InlineData("wordpiece")]
    [InlineData("wordpiece-cased")]
    public void Pairs_truncation_and_token_types_are_those_of_the_encodings(string name)
    {
        var tokeniser = Tokeniser.Open(Goldens.Folder(name));
        string[] skipped = Goldens.Read<string[]>(name, "decoded_pairs_skip_special.json");
        foreach (var example in Goldens.Read<JsonElement>(name, "encoded.json").EnumerateArray())
        {
            var arguments = example.GetProperty("kwargs");
            var options = new TokeniseOptions
            {
                MaximumLength = arguments.TryGetProperty("max_length", out var most) ? most.GetInt32() : null,
                Truncation = arguments.TryGetProperty("truncation", out var rule) && rule.ValueKind == JsonValueKind.String && rule.GetString() == "only_second"
                    ? Truncation.OnlySecond : Truncation.LongestFirst,
            };
            var texts = example.GetProperty("text").EnumerateArray().Select(static text => text.GetString()!).ToArray();
            var pairs = example.GetProperty("text_pair").ValueKind == JsonValueKind.Null
                ? null : example.GetProperty("text_pair").EnumerateArray().Select(static text => text.GetString()!).ToArray();
            for (int i = 0; i < texts.Length; i++)
            {
                var encoded = tokeniser.Encode(texts[i], pairs?[i], options);
                int[] mask = Row(example, "attention_mask", i);
                int real = mask.Sum();
                Assert.Equal(Row(example, "input_ids", i)[..real], encoded.Ids);
                Assert.Equal(Row(example, "token_type_ids", i)[..real], encoded.TokenTypes);
                if (example.TryGetProperty("special_tokens_mask", out _))
                {
                    int[] expected = Row(example, "special_tokens_mask", i);
                    for (int at = 0; at < real; at++)
                        if (encoded.Sequences[at] < 0) Assert.Equal(1, expected[at]);
                    Assert.Equal(skipped[i], tokeniser.Decode(encoded.Ids, skipSpecialTokens: true));
                }
            }
        }
    }

    [Theory]
    [InlineData("wordpiece")]
    [InlineData("wordpiece-cased")]
    public void Options_change_what_they_change(string name)
    {
        var options = Goldens.Read<JsonObject>(name, "options.json");
        string[] lines = Goldens.Read<string[]>(name, "lines.json")[(int)options["lines_from"]!..(int)options["lines_to"]!];
        foreach (var example in options["cases"]!.AsArray())
        {
            string folder = Goldens.Changed(name, example!["kwargs"]!.AsObject());
            var tokeniser = Tokeniser.Open(folder);
            int[][] ids = example["ids"].Deserialize<int[][]>()!;
            Goldens.Same(lines, ids, line => tokeniser.Encode(line, options: Bare).Ids, example["kwargs"]!.ToJsonString());
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int[] Row(JsonElement example, string name, int index) => example.GetProperty(name)[index].Deserialize<int[]>()!;
}
