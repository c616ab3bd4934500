using System.Globalization;
using System.Text.Json;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>How a Whisper writes: its <c>generation_config.json</c>, with the tokens of languages, tasks and times.</summary>
internal sealed record WhisperSettings
{
    private const string LanguagesKey = "lang_to_id", TasksKey = "task_to_id", NoTimesKey = "no_timestamps_token_id", LatestStartKey = "max_initial_timestamp_index";
    private const int UsualLatestStart = 50;

    /// <summary>What the file says of the search.</summary>
    public required GenerationOptions Options { get; init; }

    /// <summary>The tokens of languages by their codes; empty for a model of one language.</summary>
    public IReadOnlyDictionary<string, int> Languages { get; private init; } = new Dictionary<string, int>();

    /// <summary>The tokens of tasks by their names; empty where there are none.</summary>
    public IReadOnlyDictionary<string, int> Tasks { get; private init; } = new Dictionary<string, int>();

    /// <summary>The token that asks for no times, before that of 0 seconds; null where the model tells none.</summary>
    public int? NoTimestamps { get; private init; }

    /// <summary>How many tokens of time after 0 seconds the first may be.</summary>
    public int LatestStart { get; private init; } = UsualLatestStart;

    private byte[]? File { get; init; }

    /// <exception cref="CheckpointException">The file is malformed, or asks for what is not built.</exception>
    public static WhisperSettings Of(string? folder, WhisperModel model, Tokeniser tokeniser)
    {
        string own = folder is null ? "" : ModelFolder.PathOf(folder, GenerationOptions.FileName), config = folder is null ? "" : ModelFolder.PathOf(folder, ModelConfig.FileName);
        string? path = System.IO.File.Exists(own) ? own : System.IO.File.Exists(config) ? config : null;
        var members = path is null ? (JsonObjectReader?)null : JsonFile.Read(path);
        var options = members is { } said ? GenerationOptions.Of(said) : new GenerationOptions();
        if (options.EndTokens.Count == 0 && model.EndToken is { } end) options = options with { EndTokens = [end] };
        int? none = members?.Integer(NoTimesKey) ?? tokeniser.IdOf("<|notimestamps|>");
        if (none is { } token && (token < 1 || token + 1 >= model.VocabularySize))
            throw (members?.Wrong(NoTimesKey, $"is {token}, behind which the {model.VocabularySize} tokens have none of times") ?? new CheckpointException(own, "has no tokens of times"));
        return new WhisperSettings
        {
            Options = options,
            Languages = TokensOf(members, LanguagesKey, model),
            Tasks = TokensOf(members, TasksKey, model),
            NoTimestamps = none,
            LatestStart = members?.Integer(LatestStartKey) ?? UsualLatestStart,
            File = path == own && path is not null ? System.IO.File.ReadAllBytes(path) : null,
        };
    }

    /// <summary>What the decoder begins with, without the language where it is to be told by the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="language">The token of the language; null for a model of one.</param>
    /// <param name="task">The task.</param>
    /// <param name="hasTimes">Whether times are told.</param>
    /// <exception cref="ArgumentException">The model has no such task, or tells no times.</exception>
    public int[] Prompt(WhisperModel model, int? language, string task, bool hasTimes)
    {
        var prompt = new List<int> { model.DecoderStartToken };
        if (language is { } spoken) prompt.Add(spoken);
        if (Tasks.Count > 0)
        {
            prompt.Add(Tasks.TryGetValue(task, out int asked) ? asked
                : throw new ArgumentException($"there is no task '{Printable.Text(task)}'; the model has {string.Join(", ", Tasks.Keys)}{NearName.Hint(task, [.. Tasks.Keys])}"));
        }
        else if (language is null && task == "transcribe")
        {
            // what the folder forces behind the start, an older form of a language and a task
            prompt.AddRange(Options.ForcedTokens.OrderBy(static one => one.Place).Select(static one => one.Token).Where(token => token != NoTimestamps));
        }
        else if (task != "transcribe")
        {
            throw new ArgumentException(
                $"{model.Name} of one language writes it down alone: the task '{Printable.Text(task)}' is for one of several (task_to_id)");
        }
        if (hasTimes && NoTimestamps is null) throw new ArgumentException($"{model.Name} has no tokens of times (no_timestamps_token_id), so it tells none and hears one window alone");
        if (!hasTimes && NoTimestamps is { } none) prompt.Add(none);
        return [.. prompt];
    }

    /// <summary>The token of a language.</summary>
    /// <exception cref="ArgumentException">The model does not know it.</exception>
    public int TokenOf(WhisperModel model, string language)
    {
        if (Languages.Count == 0) throw new ArgumentException($"{model.Name} knows one language alone (no lang_to_id): leave the language out");
        string code = Plain(language).ToLower(CultureInfo.InvariantCulture);
        return Languages.TryGetValue(code, out int token) ? token
            : throw new ArgumentException(
                $"there is no language '{Printable.Text(language)}'; the model knows {Printable.Some([.. Languages.Keys], 20)}{NearName.Hint(code, [.. Languages.Keys])}");
    }

    /// <summary>Writes the file into a model's folder.</summary>
    public void Save(string folder)
    {
        if (File is { } bytes) AtomicFile.Write(Path.Combine(folder, GenerationOptions.FileName), stream => stream.Write(bytes));
    }

    /// <summary>A language's code without the signs around its token.</summary>
    private static string Plain(string language) =>
        language.StartsWith("<|", StringComparison.Ordinal) && language.EndsWith("|>", StringComparison.Ordinal) ? language[2..^2] : language;

    private static Dictionary<string, int> TokensOf(JsonObjectReader? members, string name, WhisperModel model)
    {
        var tokens = new Dictionary<string, int>(StringComparer.Ordinal);
        if (members?.Object(name) is not { } all) return tokens;
        foreach (var member in all.Element.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt32(out int token) || token < 0 || token >= model.VocabularySize)
                throw all.Wrong(member.Name, member.Value, $"one of the {model.VocabularySize} tokens");
            tokens[Plain(member.Name)] = token;
        }
        return tokens;
    }
}
