using System.Text.Json;

namespace Graft.Tasks;

/// <summary>How a folder's model writes texts, and the file that says so, which goes with the model.</summary>
/// <param name="Options">What the file says; what it leaves out is the model's own.</param>
/// <param name="File">The file's bytes; null for none, which is then not written.</param>
internal sealed record WritingSettings(GenerationOptions Options, byte[]? File)
{
    /// <summary>The most tokens of what is made of a text where nobody says it.</summary>
    private const int UsualLength = 512;

    /// <summary>The most tokens behind a prompt where nobody says it: Hugging Face's 20 in all are few for a text.</summary>
    private const int UsualNewTokens = 128;

    private static readonly string[] Lengths = ["max_length", "max_new_tokens"];

    /// <summary>Those of a decoder, which writes behind prompts.</summary>
    /// <param name="folder">The model's folder; null for none.</param>
    /// <param name="endToken">The tokeniser's end token; null for none.</param>
    /// <exception cref="CheckpointException">A file is malformed, or asks for what is not built.</exception>
    public static WritingSettings OfDecoder(string? folder, int? endToken)
    {
        var (options, hasLength, file) = Read(folder);
        if (options.EndTokens.Count == 0 && endToken is { } end) options = options with { EndTokens = [end] };
        return new WritingSettings(hasLength ? options : options with { MaximumNewTokens = UsualNewTokens }, file);
    }

    /// <summary>Those of an encoder-decoder.</summary>
    /// <param name="folder">The model's folder; null for none.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="CheckpointException">A file is malformed, or asks for what is not built.</exception>
    public static WritingSettings Of(string? folder, EncoderDecoderModel model)
    {
        var (options, hasLength, file) = Read(folder);
        if (!hasLength) options = options with { MaximumLength = UsualLength };
        if (options.EndTokens.Count == 0 && model.EndToken is { } end) options = options with { EndTokens = [end] };
        options = options with
        {
            DecoderStartToken = options.DecoderStartToken ?? model.DecoderStartToken,
            PaddingToken = options.PaddingToken ?? model.Sizes.PaddingToken,
        };
        return new WritingSettings(options, file ?? JsonFile.Format(writer => Write(writer, options)));
    }

    /// <summary>Writes the file into a model's folder.</summary>
    public void Save(string folder)
    {
        if (File is { } bytes) AtomicFile.Write(Path.Combine(folder, GenerationOptions.FileName), stream => stream.Write(bytes));
    }

    /// <summary>What a folder says, whether it says a length, and its <c>generation_config.json</c>; <c>config.json</c> is read where there is none.</summary>
    private static (GenerationOptions Options, bool HasLength, byte[]? File) Read(string? folder)
    {
        if (folder is null) return (new GenerationOptions(), false, null);
        string own = Path.Combine(folder, GenerationOptions.FileName), config = Path.Combine(folder, ModelConfig.FileName);
        bool hasOwn = System.IO.File.Exists(own);
        if (!hasOwn && !System.IO.File.Exists(config)) return (new GenerationOptions(), false, null);
        var members = JsonFile.Read(hasOwn ? own : config);
        return (GenerationOptions.Of(members), Array.Exists(Lengths, name => members.TryGet(name, out _)), hasOwn ? System.IO.File.ReadAllBytes(own) : null);
    }

    private static void Write(Utf8JsonWriter writer, GenerationOptions options)
    {
        writer.WriteNumber("decoder_start_token_id", options.DecoderStartToken!.Value);
        if (options.BeginToken is { } begin) writer.WriteNumber("bos_token_id", begin);
        if (options.EndTokens is [var end, ..]) writer.WriteNumber("eos_token_id", end);
        if (options.PaddingToken is { } padding) writer.WriteNumber("pad_token_id", padding);
        if (options.ForcedEndToken is { } forced) writer.WriteNumber("forced_eos_token_id", forced);
        if (options.Beams > 1) writer.WriteNumber("num_beams", options.Beams);
        writer.WriteNumber("max_length", options.MaximumLength);
    }
}
