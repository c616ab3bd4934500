using System.Text.Json;

namespace Graft.Tasks;

/// <summary>How a folder's model writes texts, and the file that says so, which goes with the model.</summary>
/// <param name="Options">What the file says; what it leaves out is the model's own.</param>
/// <param name="File">The file's bytes.</param>
internal sealed record WritingSettings(GenerationOptions Options, byte[] File)
{
    /// <summary>The most tokens of a text where nobody says it.</summary>
    private const int UsualLength = 512;

    private static readonly string[] Lengths = ["max_length", "max_new_tokens"];

    /// <param name="folder">The model's folder; null for none.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="CheckpointException">A file is malformed, or asks for what is not built.</exception>
    public static WritingSettings Of(string? folder, EncoderDecoderModel model)
    {
        string? own = folder is null ? null : Path.Combine(folder, GenerationOptions.FileName), config = folder is null ? null : Path.Combine(folder, ModelConfig.FileName);
        string? path = own is not null && System.IO.File.Exists(own) ? own : config is not null && System.IO.File.Exists(config) ? config : null;
        var options = new GenerationOptions { MaximumLength = UsualLength };
        byte[]? bytes = null;
        if (path is not null)
        {
            var members = JsonFile.Read(path);
            options = GenerationOptions.Of(members);
            if (!Array.Exists(Lengths, name => members.TryGet(name, out _))) options = options with { MaximumLength = UsualLength };
            if (path == own) bytes = System.IO.File.ReadAllBytes(path);
        }
        if (options.EndTokens.Count == 0 && model.EndToken is { } end) options = options with { EndTokens = [end] };
        options = options with
        {
            DecoderStartToken = options.DecoderStartToken ?? model.DecoderStartToken,
            PaddingToken = options.PaddingToken ?? model.Sizes.PaddingToken,
        };
        return new WritingSettings(options, bytes ?? JsonFile.Format(writer => Write(writer, options)));
    }

    /// <summary>Writes the file into a model's folder.</summary>
    public void Save(string folder) => AtomicFile.Write(Path.Combine(folder, GenerationOptions.FileName), stream => stream.Write(File));

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
