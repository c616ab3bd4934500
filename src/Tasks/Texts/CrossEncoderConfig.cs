using System.Text.Json;

namespace Graft.Tasks;

/// <summary>What sentence-transformers writes into the <c>config.json</c> of a cross-encoder, and reads there.</summary>
internal static class CrossEncoderConfig
{
    private const string Key = "sentence_transformers", ActivationKey = "activation_fn", OlderKey = "sbert_ce_default_activation_function",
        Sigmoid = "torch.nn.modules.activation.Sigmoid", Identity = "torch.nn.modules.linear.Identity";

    /// <summary>Whether a folder's sequence classifier rates pairs: it has one output, and either nothing says what that means or it is said to be a
    /// cross-encoder's.</summary>
    /// <exception cref="CheckpointException">The file is malformed.</exception>
    public static bool IsIn(string folder)
    {
        if (PretrainedModel.HeadOf(folder) != TextHead.SequenceClassification) return false;
        string file = ModelFolder.PathOf(folder, ModelFolder.ConfigFileName);
        var members = JsonFile.Read(file);
        if (ModelConfig.Read(file).Labels.Count != 1) return false;
        string? problem = members.Text("problem_type");
        return problem is null || (problem != ProblemTypes.Regression && (members.TryGet(Key, out _) || members.TryGet(OlderKey, out _)));
    }

    /// <summary>Whether scores are logits as they are; otherwise they go through a sigmoid.</summary>
    /// <exception cref="CheckpointException">They go through something else.</exception>
    public static bool IsLogit(ModelConfig config)
    {
        string? named = config.Other.TryGetValue(Key, out var member) && member.ValueKind == JsonValueKind.Object && member.TryGetProperty(ActivationKey, out var newer)
            ? TextOf(newer) : config.Other.TryGetValue(OlderKey, out var older) ? TextOf(older) : null;
        return named switch
        {
            Identity => true,
            null or Sigmoid => false,
            _ => throw new CheckpointException(ModelFolder.ConfigFileName, $"puts scores through '{Printable.Text(named)}'; {Sigmoid} and {Identity} are built"),
        };
    }

    /// <summary>The config with the mark of a cross-encoder.</summary>
    public static ModelConfig Marked(ModelConfig config)
    {
        if (config.Other.ContainsKey(Key) || config.Other.ContainsKey(OlderKey)) return config;
        using var mark = JsonDocument.Parse($$"""{"{{ActivationKey}}": "{{Sigmoid}}"}""");
        return config with { Other = new Dictionary<string, JsonElement>(config.Other, StringComparer.Ordinal) { [Key] = mark.RootElement.Clone() } };
    }

    private static string? TextOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Null => null,
        _ => element.GetRawText(),
    };
}
