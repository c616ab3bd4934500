using System.Globalization;
using System.Text.Json;

namespace Graft.Models;

/// <summary>How a sentence's vector is made of its tokens' states (sentence-transformers' <c>Pooling</c>).</summary>
public enum PoolingMode
{
    /// <summary>The first token's state (<c>pooling_mode_cls_token</c>).</summary>
    FirstToken,

    /// <summary>The largest of each feature (<c>pooling_mode_max_tokens</c>).</summary>
    Maximum,

    /// <summary>The mean (<c>pooling_mode_mean_tokens</c>).</summary>
    Mean,

    /// <summary>The sum divided by the root of the number of tokens (<c>pooling_mode_mean_sqrt_len_tokens</c>).</summary>
    MeanOfRootLength,

    /// <summary>The mean in which the first token counts once, the second twice and so on (<c>pooling_mode_weightedmean_tokens</c>).</summary>
    WeightedMean,

    /// <summary>The last token's state (<c>pooling_mode_lasttoken</c>).</summary>
    LastToken,
}

/// <summary>What stands between an encoder's states and a sentence's embedding, as a folder of sentence-transformers says it: <c>modules.json</c>,
/// <c>1_Pooling/config.json</c>, <c>sentence_bert_config.json</c>.</summary>
public sealed record SentencePooling
{
    /// <summary>The file that lists the modules.</summary>
    public const string ModulesFileName = "modules.json";

    private const string SettingsFileName = "sentence_bert_config.json", PromptsFileName = "config_sentence_transformers.json";
    private const string ConfigFileName = "config.json", TypePrefix = "sentence_transformers.models.";
    private const int LongestText = 1 << 24;

    // in the order in which sentence-transformers puts several side by side
    private static readonly (PoolingMode Mode, string Key)[] Keys =
    [
        (PoolingMode.FirstToken, "pooling_mode_cls_token"),
        (PoolingMode.Maximum, "pooling_mode_max_tokens"),
        (PoolingMode.Mean, "pooling_mode_mean_tokens"),
        (PoolingMode.MeanOfRootLength, "pooling_mode_mean_sqrt_len_tokens"),
        (PoolingMode.WeightedMean, "pooling_mode_weightedmean_tokens"),
        (PoolingMode.LastToken, "pooling_mode_lasttoken"),
    ];

    private readonly PoolingMode[] modes = [PoolingMode.Mean];

    /// <summary>The mean over tokens, as it is: what sentence-transformers makes of a plain encoder.</summary>
    public static SentencePooling Plain { get; } = new();

    /// <summary>The ways of pooling, whose vectors stand side by side in the order of <see cref="PoolingMode"/>, which is
    /// sentence-transformers'.</summary>
    public IReadOnlyList<PoolingMode> Modes
    {
        get => modes;
        init => modes = [.. value.Distinct().Order()];
    }

    /// <summary>Linear maps behind the pooling.</summary>
    public IReadOnlyList<SentenceDense> Dense { get; init; } = [];

    /// <summary>Whether embeddings are of length 1 in the end (<c>2_Normalize</c>).</summary>
    public bool Normalise { get; init; }

    /// <summary>How many tokens of a text are read, special ones included (<c>max_seq_length</c>); null for as many as the encoder takes.</summary>
    public int? MaximumLength { get; init; }

    /// <summary>Whether texts are lower-cased first (<c>do_lower_case</c> of the folder), whatever the tokeniser does.</summary>
    public bool LowerCase { get; init; }

    /// <summary>What is put before a text by the use that it has (<c>prompts</c>): "query", "passage".</summary>
    public IReadOnlyDictionary<string, string> Prompts { get; init; } = new Dictionary<string, string>();

    /// <summary>The prompt that is used where none is named (<c>default_prompt_name</c>); null for none.</summary>
    public string? DefaultPrompt { get; init; }

    /// <summary>The folder of the encoder within that of the sentence encoder: itself, where it is empty.</summary>
    public string EncoderFolder { get; internal init; } = "";

    /// <summary>Reads what a folder says; one without <c>modules.json</c> says <see cref="Plain"/>.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or a module is not built.</exception>
    public static SentencePooling Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string path = Path.Combine(folder, ModulesFileName);
        if (!File.Exists(path)) return Plain with { MaximumLength = null };
        var read = new SentencePooling { Modes = [] };
        int number = 0;
        foreach (var module in JsonFile.ReadList(path))
        {
            string type = module.Text("type") ?? throw module.Missing("type");
            string name = module.Text("path") ?? throw module.Missing("path");
            if (Path.IsPathRooted(name) || name.Contains('\0') || name.Split('/', '\\').Contains(".."))
                throw module.Wrong("path", $"is '{Printable.Text(name)}', which leads out of the folder");
            string inner = Path.Combine(folder, name), kind = type.StartsWith(TypePrefix, StringComparison.Ordinal) ? type[TypePrefix.Length..].Split('.')[^1] : type;
            read = (kind, number++) switch
            {
                ("Transformer", 0) => read with { EncoderFolder = name },
                ("Pooling", 1) => read with { Modes = ReadModes(Path.Combine(inner, ConfigFileName)) },
                ("Dense", > 1) when !read.Normalise => read with { Dense = [.. read.Dense, SentenceDense.Read(name, Path.Combine(inner, ConfigFileName))] },
                ("Normalize", > 1) => read with { Normalise = true },
                _ => throw module.Wrong("type", $"is '{Printable.Text(type)}' at place {number - 1}; built are Transformer, Pooling, Dense and Normalize, in that order"),
            };
        }
        if (read.Modes.Count == 0) throw new CheckpointException(path, "names no pooling, so nothing makes one vector of a text's tokens");
        return ReadPrompts(ReadSettings(read, Path.Combine(folder, read.EncoderFolder)), folder);
    }

    /// <summary>Writes the files, all but the weights of <see cref="Dense"/>; the encoder lies in the folder itself.</summary>
    /// <param name="folder">A folder that is there.</param>
    /// <param name="width">How wide the encoder's states are.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    internal void Write(string folder, int width)
    {
        var modules = new List<(string Path, string Type)> { ("", "Transformer"), ("1_Pooling", "Pooling") };
        foreach (var dense in Dense) modules.Add((dense.Folder, "Dense"));
        if (Normalise) modules.Add((string.Create(CultureInfo.InvariantCulture, $"{modules.Count}_Normalize"), "Normalize"));
        AtomicFile.Write(Path.Combine(folder, ModulesFileName), stream => stream.Write(JsonFile.FormatList([.. modules.Select((module, number) => Module(module, number))])));
        WriteInner(folder, "1_Pooling", writer =>
        {
            writer.WriteNumber("word_embedding_dimension", width);
            foreach (var (mode, key) in Keys) writer.WriteBoolean(key, Modes.Contains(mode));
        });
        foreach (var dense in Dense) WriteInner(folder, dense.Folder, dense.Write);
        JsonFile.Write(Path.Combine(folder, SettingsFileName), writer =>
        {
            if (MaximumLength is { } most) writer.WriteNumber("max_seq_length", most);
            else writer.WriteNull("max_seq_length");
            writer.WriteBoolean("do_lower_case", LowerCase);
        });
        if (Prompts.Count == 0 && DefaultPrompt is null) return;
        JsonFile.Write(Path.Combine(folder, PromptsFileName), writer =>
        {
            writer.WriteStartObject("prompts");
            foreach (var (name, prompt) in Prompts) writer.WriteString(name, prompt);
            writer.WriteEndObject();
            writer.WriteString("default_prompt_name", DefaultPrompt);
        });
    }

    private static Action<Utf8JsonWriter> Module((string Path, string Type) module, int number) => writer =>
    {
        writer.WriteNumber("idx", number);
        writer.WriteString("name", number.ToString(CultureInfo.InvariantCulture));
        writer.WriteString("path", module.Path);
        writer.WriteString("type", TypePrefix + module.Type);
    };

    private static void WriteInner(string folder, string name, Action<Utf8JsonWriter> members)
    {
        Directory.CreateDirectory(Path.Combine(folder, name));
        JsonFile.Write(Path.Combine(folder, name, ConfigFileName), members);
    }

    private static PoolingMode[] ReadModes(string path)
    {
        var config = JsonFile.Read(path);
        PoolingMode[] modes = [.. Keys.Where(row => config.Flag(row.Key) == true).Select(static row => row.Mode)];
        return modes.Length > 0 ? modes : throw config.Fail($"sets none of {string.Join(", ", Keys.Select(static row => row.Key))}, so nothing says how tokens are pooled");
    }

    private static SentencePooling ReadSettings(SentencePooling read, string folder)
    {
        string path = Path.Combine(folder, SettingsFileName);
        if (!File.Exists(path)) return read;
        var settings = JsonFile.Read(path);
        int? most = settings.Integer("max_seq_length");
        if (most is not (null or (> 0 and <= LongestText))) throw settings.Wrong("max_seq_length", $"is {most}, not a number of tokens");
        return read with { MaximumLength = most, LowerCase = settings.Flag("do_lower_case") ?? false };
    }

    private static SentencePooling ReadPrompts(SentencePooling read, string folder)
    {
        string path = Path.Combine(folder, PromptsFileName);
        if (!File.Exists(path)) return read;
        var settings = JsonFile.Read(path);
        var prompts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (settings.Object("prompts") is { } named)
            foreach (var member in named.Element.EnumerateObject()) prompts[member.Name] = named.Text(member.Name) ?? "";
        string? standard = settings.Text("default_prompt_name");
        if (standard is not null && !prompts.ContainsKey(standard)) throw settings.Wrong("default_prompt_name", $"is '{Printable.Text(standard)}', which is none of 'prompts'");
        return read with { Prompts = prompts, DefaultPrompt = standard };
    }
}
