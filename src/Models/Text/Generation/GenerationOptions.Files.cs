using System.Text.Json;

namespace Graft.Models;

public sealed partial record GenerationOptions
{
    /// <summary>The file of a model's folder that says how it generates.</summary>
    public const string FileName = "generation_config.json";

    private const string ForcedTokensName = "forced_decoder_ids";

    /// <summary>What is not built, and the number (a flag as 0 or 1) that asks for nothing.</summary>
    private static readonly (string Name, double Neutral)[] NotBuilt =
    [
        ("num_beam_groups", 1), ("diversity_penalty", 0), ("penalty_alpha", 0), ("typical_p", 1), ("epsilon_cutoff", 0), ("eta_cutoff", 0),
        ("encoder_repetition_penalty", 1), ("encoder_no_repeat_ngram_size", 0), ("guidance_scale", 1), ("renormalize_logits", 0),
    ];

    /// <summary>What a model's folder says: <c>generation_config.json</c>, or <c>config.json</c> where there is none.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="CheckpointException">A file is missing or no JSON object, or it asks for what is not built.</exception>
    public static GenerationOptions Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string own = Path.Combine(folder, FileName);
        return Of(JsonFile.Read(File.Exists(own) ? own : Path.Combine(folder, HubConfig.FileName)));
    }

    /// <summary>What the members of such a file say; what is absent has Hugging Face's default.</summary>
    /// <param name="members">The file's members.</param>
    /// <exception cref="CheckpointException">A member is not what it should be, or asks for what is not built.</exception>
    public static GenerationOptions Of(JsonObjectReader members)
    {
        foreach (var (name, neutral) in NotBuilt)
        {
            if (!members.TryGet(name, out var value)) continue;
            double number = value.ValueKind switch { JsonValueKind.True => 1, JsonValueKind.False => 0, _ => members.Number(name)!.Value };
            if (number != neutral) throw members.Wrong(name, $"is {Printable.Text(value.GetRawText())}, which is not built");
        }
        var standard = new GenerationOptions();
        var read = new GenerationOptions
        {
            MaximumNewTokens = members.Integer("max_new_tokens"),
            MaximumLength = members.Integer("max_length") ?? standard.MaximumLength,
            MinimumLength = members.Integer("min_length") ?? 0,
            MinimumNewTokens = members.Integer("min_new_tokens") ?? 0,
            DoSample = members.Flag("do_sample") ?? false,
            Temperature = Single(members, "temperature", standard.Temperature),
            TopK = members.Integer("top_k") ?? standard.TopK,
            TopP = Single(members, "top_p", standard.TopP),
            MinP = Single(members, "min_p", standard.MinP),
            RepetitionPenalty = Single(members, "repetition_penalty", standard.RepetitionPenalty),
            NoRepeatNgramSize = members.Integer("no_repeat_ngram_size") ?? 0,
            BadWords = Lists(members, "bad_words_ids"),
            SuppressedTokens = Whole(members, "suppress_tokens"),
            SuppressedAtBegin = Whole(members, "begin_suppress_tokens"),
            ForcedBeginToken = members.Integer("forced_bos_token_id"),
            ForcedEndToken = FirstOf(members, "forced_eos_token_id"),
            ForcedTokens = Pairs(members),
            Beams = members.Integer("num_beams") ?? 1,
            LengthPenalty = Single(members, "length_penalty", standard.LengthPenalty),
            EarlyStopping = Stopping(members),
            ReturnedSequences = members.Integer("num_return_sequences") ?? 1,
            EndTokens = Whole(members, "eos_token_id"),
            DecoderStartToken = members.Integer("decoder_start_token_id"),
            BeginToken = FirstOf(members, "bos_token_id"),
            PaddingToken = FirstOf(members, "pad_token_id"),
        };
        try
        {
            read.Check();
        }
        catch (ArgumentException wrong)
        {
            throw members.Fail(wrong.Message);
        }
        return read;
    }

    private static float Single(JsonObjectReader members, string name, float standard) => (float?)members.Number(name) ?? standard;

    /// <summary>A token, or the first of several.</summary>
    private static int? FirstOf(JsonObjectReader members, string name) => Whole(members, name) is [var first, ..] ? first : null;

    /// <summary>A list of tokens, or one of them alone.</summary>
    private static int[] Whole(JsonObjectReader members, string name)
    {
        if (!members.TryGet(name, out var value)) return [];
        return value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => Token(members, name, item))] : [Token(members, name, value)];
    }

    private static int[][] Lists(JsonObjectReader members, string name)
    {
        if (!members.TryGet(name, out var value)) return [];
        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(static list => list.ValueKind != JsonValueKind.Array))
            throw members.Wrong(name, value, "a list of lists of tokens");
        return [.. value.EnumerateArray().Select(list => list.EnumerateArray().Select(item => Token(members, name, item)).ToArray())];
    }

    /// <summary>Places and their tokens; a place whose token is null is free.</summary>
    private static (int Place, int Token)[] Pairs(JsonObjectReader members)
    {
        if (!members.TryGet(ForcedTokensName, out var value)) return [];
        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(static pair => pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2))
            throw members.Wrong(ForcedTokensName, value, "a list of pairs of a place and a token");
        return [.. value.EnumerateArray().Where(static pair => pair[1].ValueKind != JsonValueKind.Null)
            .Select(pair => (Token(members, ForcedTokensName, pair[0]), Token(members, ForcedTokensName, pair[1])))];
    }

    private static int Token(JsonObjectReader members, string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int token) && token >= 0 ? token : throw members.Wrong(name, value, "a token's number");

    private static EarlyStopping Stopping(JsonObjectReader members)
    {
        const string Name = "early_stopping", Never = "never";
        if (!members.TryGet(Name, out var value)) return EarlyStopping.No;
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString() == Never ? EarlyStopping.Never : throw members.Wrong(Name, value, $"true, false or \"{Never}\"");
        return members.Flag(Name) == true ? EarlyStopping.Yes : EarlyStopping.No;
    }
}
