using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Testing;

namespace Graft.Text.Tokenisers;

/// <summary>What Hugging Face's own tokenisers made of 1,500 lines.</summary>
internal static class Goldens
{
    public static string Folder(string name) => RealData.Require($"hf-goldens/tokenizer-{name}");

    public static T Read<T>(string name, string file) => JsonSerializer.Deserialize<T>(File.ReadAllText(Path.Combine(Folder(name), file)))!;

    /// <summary>A copy of a golden's folder in which settings are changed.</summary>
    public static string Changed(string name, IEnumerable<KeyValuePair<string, JsonNode?>> settings)
    {
        string target = Directory.CreateTempSubdirectory("tokeniser").FullName;
        foreach (string file in Directory.EnumerateFiles(Folder(name)))
            if (Path.GetFileName(file) is var kept && kept is "vocab.txt" or "vocab.json" or "merges.txt" or "special_tokens_map.json") File.Copy(file, Path.Combine(target, kept!));
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder(name), "tokenizer_config.json")))!.AsObject();
        foreach (var (key, value) in settings) config[key] = value?.DeepClone();
        File.WriteAllText(Path.Combine(target, "tokenizer_config.json"), config.ToJsonString());
        return target;
    }

    /// <summary>Requires the same of every line, and shows the first few that differ.</summary>
    public static void Same<TInput, TOutput>(IReadOnlyList<TInput> lines, IReadOnlyList<TOutput> expected, Func<TInput, TOutput> actual, string what = "")
    {
        int wrong = 0;
        string shown = "";
        for (int i = 0; i < lines.Count; i++)
        {
            string should = JsonSerializer.Serialize(expected[i]), does = JsonSerializer.Serialize(actual(lines[i]));
            if (should == does || wrong++ >= 5) continue;
            shown += $"\nline {i} {JsonSerializer.Serialize(lines[i])}\n  {should}\n  {does}";
        }
        Assert.True(wrong == 0, $"{wrong} of {lines.Count} differ {what}{shown}");
    }
}
