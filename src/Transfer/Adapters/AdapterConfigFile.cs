using System.Text.Json;
using Graft.Models;

namespace Graft.Transfer;

/// <summary>PEFT's <c>adapter_config.json</c>.</summary>
internal static class AdapterConfigFile
{
    private const string FileName = "adapter_config.json";

    // what says nothing about the adapters' outputs, or is read for all kinds
    private static readonly string[] Common =
        ["auto_mapping", "base_model_name_or_path", "inference_mode", "modules_to_save", "peft_type", "peft_version", "revision", "target_modules", "task_type"];

    private static readonly Kind[] Kinds =
    [
        new("LORA", LoraConfig.Read, LoraConfig.Members),
        new("IA3", Ia3Config.Read, Ia3Config.Members),
        new("BITFIT", static _ => new BitFitConfig(), []),
        new("PREFIX_TUNING", PrefixTuningConfig.Read, PrefixTuningConfig.Members),
        new("PROMPT_TUNING", PromptTuningConfig.Read, PromptTuningConfig.Members),
    ];

    /// <summary>The file's path in a folder.</summary>
    public static string In(string folder) => Path.Combine(folder, FileName);

    /// <exception cref="CheckpointException">The file is missing or malformed, or the kind of adapter or an option is not built.</exception>
    public static AdapterConfig Read(string folder)
    {
        var json = JsonFile.Read(In(folder));
        if (BottleneckConfig.IsOne(json)) return Checked(folder, BottleneckConfig.Read(json));
        string type = json.Text("peft_type") ?? throw json.Missing("peft_type");
        var kind = Array.Find(Kinds, row => row.PeftType == type)
            ?? throw json.Wrong("peft_type", $"is '{Printable.Text(type)}', which is not built: {string.Join(" and ", Kinds.Select(static row => row.PeftType))} are");
        foreach (var (name, value) in json.Others(Common.Concat(kind.Members)))
            if (!IsUnused(value))
                throw new CheckpointException(In(folder), $"'{Printable.Text(name)}' is {Printable.Text(value.GetRawText())}, an option of {kind.PeftType} that is not built");
        var config = kind.Read(json) with
        {
            ModulesToSave = json.Texts("modules_to_save") ?? [],
            TaskType = json.Text("task_type"),
            BaseModel = json.Text("base_model_name_or_path"),
            Revision = json.Text("revision"),
        };
        return Checked(folder, config);
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string folder, AdapterConfig config, Model model, IReadOnlyList<string> savedModules, bool isTransposed) =>
        JsonFile.Write(In(folder), json => config.Write(json, model, savedModules, isTransposed));

    private static AdapterConfig Checked(string folder, AdapterConfig config)
    {
        try
        {
            config.Validate();
        }
        catch (ArgumentException exception)
        {
            throw new CheckpointException(In(folder), Printable.Text(exception.Message), exception);
        }
        return config;
    }

    /// <summary>Whether an option that is not known asks for nothing.</summary>
    private static bool IsUnused(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.String => value.GetString()!.Length == 0,
        _ => false,
    };

    private sealed record Kind(string PeftType, Func<JsonObjectReader, AdapterConfig> Read, IReadOnlyList<string> Members);
}
