using System.Text.Json;

namespace Graft.Text.Tokenisers;

/// <summary>The models of a <c>tokenizer.json</c>.</summary>
internal static class ModelJson
{
    private static readonly Components<TokenModel> All = new("model", new()
    {
        ["WordPiece"] = WordPiece,
        ["BPE"] = Bpe,
        ["Unigram"] = Unigram,
        ["WordLevel"] = WordLevel,
    });

    // older files do not name the type
    private static readonly Dictionary<string, Func<Component, TokenModel>> Unnamed = new()
    {
        ["merges"] = Bpe,
        ["unk_id"] = Unigram,
        ["max_input_chars_per_word"] = WordPiece,
    };

    public static TokenModel Read(Component file)
    {
        var model = file.Inner("model") ?? throw file.Json.Missing("model");
        if (model.Json.Text("type") is null)
            foreach (var (member, make) in Unnamed)
                if (model.Json.TryGet(member, out _)) return make(model);
        return All.Read(file, "model")!;
    }

    private static WordPieceModel WordPiece(Component component)
    {
        var vocabulary = VocabularyOf(component);
        int longest = component.Json.Integer("max_input_chars_per_word") ?? 100;
        if (longest < 0) throw component.Json.Wrong("max_input_chars_per_word", $"is {longest}");
        return new WordPieceModel(vocabulary, component.Json.Text("continuing_subword_prefix") ?? "##", UnknownOf(component, vocabulary, "[UNK]")!.Value, longest);
    }

    private static WordLevelModel WordLevel(Component component)
    {
        var vocabulary = VocabularyOf(component);
        return new WordLevelModel(vocabulary, vocabulary.IdOf(component.Json.Text("unk_token") ?? "<unk>"));
    }

    private static BpeModel Bpe(Component component)
    {
        var vocabulary = VocabularyOf(component);
        var settings = new BpeSettings
        {
            Unknown = UnknownOf(component, vocabulary, usual: null),
            Prefix = component.Json.Text("continuing_subword_prefix") ?? "",
            Suffix = component.Json.Text("end_of_word_suffix") ?? "",
            FusesUnknown = component.Json.Flag("fuse_unk") ?? false,
            FallsBackToBytes = component.Json.Flag("byte_fallback") ?? false,
            TakesWholeWords = component.Json.Flag("ignore_merges") ?? false,
        };
        var json = component.Json;
        if (!json.TryGet("merges", out var list)) throw json.Missing("merges");
        if (list.ValueKind != JsonValueKind.Array) throw json.Wrong("merges", list, "a list of pairs");
        var merges = new MergeTable(vocabulary, settings.Prefix, list.GetArrayLength());
        int index = 0;
        foreach (var item in list.EnumerateArray())
        {
            string name = $"merges[{index++}]";
            var (left, right) = PairOf(item) ?? throw json.Wrong(name, item, "a pair of tokens");
            if (merges.Add(left, right) is { } problem) throw json.Wrong(name, problem + $", which {component.Path}.vocab does not have");
        }
        return new BpeModel(vocabulary, merges.Merges, settings);
    }

    private static UnigramModel Unigram(Component component)
    {
        var json = component.Json;
        if (!json.TryGet("vocab", out var list)) throw json.Missing("vocab");
        if (list.ValueKind != JsonValueKind.Array) throw json.Wrong("vocab", "is no list of tokens with scores");
        var entries = new List<(string, int)>();
        var scores = new List<double>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Array || item.GetArrayLength() != 2 || item[0].ValueKind != JsonValueKind.String
                || item[1].ValueKind != JsonValueKind.Number || !item[1].TryGetDouble(out double score) || !double.IsFinite(score))
                throw json.Wrong($"vocab[{entries.Count}]", item, "a token and its score");
            entries.Add((item[0].GetString()!, entries.Count));
            scores.Add(score);
        }
        if (entries.Count == 0) throw json.Wrong("vocab", "is empty");
        int? unknown = json.Integer("unk_id");
        if (unknown is { } id && (id < 0 || id >= entries.Count)) throw json.Wrong("unk_id", $"is {id}, and 'vocab' beside it has {entries.Count} tokens");
        var vocabulary = Vocabulary.Of(entries, static entry => $"model.vocab[{entry}]", component.File);
        return new UnigramModel(vocabulary, [.. scores], unknown, json.Flag("byte_fallback") ?? false);
    }

    private static (string Left, string Right)? PairOf(JsonElement item)
    {
        if (item.ValueKind == JsonValueKind.Array)
            return item.GetArrayLength() == 2 && item[0].ValueKind == JsonValueKind.String && item[1].ValueKind == JsonValueKind.String ? (item[0].GetString()!, item[1].GetString()!) : null;
        if (item.ValueKind != JsonValueKind.String) return null;
        return MergeTable.PairOf(item.GetString()!);
    }

    private static int? UnknownOf(Component component, Vocabulary vocabulary, string? usual)
    {
        if ((component.Json.Text("unk_token") ?? usual) is not { } token) return null;
        return vocabulary.IdOf(token) ?? throw component.Json.Wrong("unk_token", $"is '{Printable.Text(token)}', which {component.Path}.vocab does not have");
    }

    private static Vocabulary VocabularyOf(Component component)
    {
        if (component.Json.Object("vocab") is not { } json) throw component.Json.Missing("vocab");
        return VocabularyOf(json, component.File, component.Path + ".vocab");
    }

    /// <summary>The vocabulary of an object that gives each token its number.</summary>
    public static Vocabulary VocabularyOf(JsonObjectReader json, string file, string path)
    {
        var entries = new List<(string, int)>();
        foreach (var member in json.Element.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt32(out int id)) throw json.Wrong(Printable.Text(member.Name), member.Value, "a token's number");
            entries.Add((member.Name, id));
        }
        if (entries.Count == 0) throw new CheckpointException(file, "has an empty vocabulary");
        return Vocabulary.Of(entries, entry => $"entry {entry + 1} of {(path.Length == 0 ? "it" : path)}", file);
    }
}
