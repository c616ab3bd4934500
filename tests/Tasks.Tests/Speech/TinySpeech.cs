using System.Globalization;
using Graft.Audio;

namespace Graft.Testing;

/// <summary>Folders as on the hub with models of sounds that are small enough for a test, and tones that stand for letters.</summary>
internal static class TinySpeech
{
    public const int Rate = 16000;

    private const int ToneLength = 480, PauseLength = 240;

    public static string[] Signs { get; } = ["<pad>", "<s>", "</s>", "<unk>", "|", "A", "B", "C", "D"];

    /// <summary>A wav2vec 2.0 with random weights.</summary>
    /// <param name="folder">The folder; its path is returned.</param>
    /// <param name="architecture">The class that the config names.</param>
    /// <param name="hasVocabulary">Whether the files of its signs are written.</param>
    /// <param name="hidesPadding">Whether padding is hidden from it.</param>
    public static string Wav2Vec2(string folder, string architecture = "Wav2Vec2ForCTC", bool hasVocabulary = true, bool hidesPadding = true)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {"architectures": ["{{architecture}}"], "model_type": "wav2vec2", "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64,
             "conv_dim": [32, 32], "conv_kernel": [20, 4], "conv_stride": [10, 4], "conv_bias": true, "feat_extract_norm": "layer",
             "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 4,
             "hidden_dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0, "final_dropout": 0.0, "classifier_proj_size": 16, "ctc_loss_reduction": "mean",
             "initializer_range": 0.1, "pad_token_id": 0, "vocab_size": {{(hasVocabulary ? Signs.Length : 32)}}}
            """);
        File.WriteAllText(Path.Combine(folder, "preprocessor_config.json"),
            $$"""{"do_normalize": true, "feature_size": 1, "return_attention_mask": {{(hidesPadding ? "true" : "false")}}, "sampling_rate": 16000}""");
        if (hasVocabulary)
        {
            File.WriteAllText(Path.Combine(folder, "vocab.json"), "{" + string.Join(", ", Signs.Index().Select(static one => $"\"{one.Item}\": {one.Index}")) + "}");
            File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"pad_token": "<pad>", "unk_token": "<unk>", "word_delimiter_token": "|", "do_lower_case": false}""");
        }
        return Weigh(folder);
    }

    /// <summary>A Whisper with random weights that hears 0.4 seconds at a time: 40 words, the end, the start, two languages, two tasks, no times, and times.</summary>
    public static string Whisper(string folder)
    {
        Directory.CreateDirectory(folder);
        string[] special = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|transcribe|>", "<|translate|>", "<|notimestamps|>"];
        string[] tokens = [.. Enumerable.Range(0, 40).Select(static word => $"w{word}"), .. special];
        File.WriteAllText(Path.Combine(folder, "config.json"), """
            {"architectures": ["WhisperForConditionalGeneration"], "model_type": "whisper", "d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
             "decoder_attention_heads": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "dropout": 0.0, "init_std": 0.3, "num_mel_bins": 16, "max_source_positions": 20,
             "max_target_positions": 32, "vocab_size": 68, "pad_token_id": 40, "bos_token_id": 40, "eos_token_id": 40, "decoder_start_token_id": 41}
            """);
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), """
            {"eos_token_id": 40, "pad_token_id": 40, "decoder_start_token_id": 41, "is_multilingual": true, "max_length": 32, "no_timestamps_token_id": 46, "max_initial_timestamp_index": 5,
             "lang_to_id": {"<|en|>": 42, "<|de|>": 43}, "task_to_id": {"transcribe": 44, "translate": 45}, "suppress_tokens": [41, 42, 43, 44, 45], "begin_suppress_tokens": [40]}
            """);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Tokens(tokens));
        return Weigh(folder);
    }

    /// <summary>A <c>tokenizer.json</c> of words, those between signs being special.</summary>
    public static string Tokens(string[] tokens) => $$"""
        {"version": "1.0", "truncation": null, "padding": null, "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
         "added_tokens": [{{string.Join(", ", tokens.Index().Where(static one => one.Item[0] == '<').Select(static one =>
             $$"""{"id": {{one.Index}}, "content": "{{one.Item}}", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}"""))}}],
         "model": {"type": "WordLevel", "unk_token": "w0", "vocab": { {{string.Join(", ", tokens.Index().Select(static one => $"\"{one.Item}\": {one.Index}"))}} } } }
        """;

    /// <summary>A tone for each letter, silence between; a space is a noise.</summary>
    public static Waveform Say(string text, int seed = 0, int rate = Rate)
    {
        var random = new Random(seed);
        var samples = new List<float>();
        Pause();
        foreach (char letter in text)
        {
            double frequency = 400 * Math.Pow(2, letter - 'A') * (1 + 0.02 * random.NextDouble()), loudness = 0.3 + 0.2 * random.NextDouble();
            for (int at = 0; at < ToneLength * rate / Rate; at++)
                samples.Add((float)(loudness * (letter == ' ' ? 2 * random.NextDouble() - 1 : Math.Sin(2 * Math.PI * frequency * at / rate))));
            Pause();
        }
        return new Waveform([.. samples], rate);

        void Pause()
        {
            for (int at = 0; at < PauseLength * rate / Rate; at++) samples.Add((float)(0.005 * (random.NextDouble() - 0.5)));
        }
    }

    /// <summary>Texts of letters and what they sound like.</summary>
    public static IReadOnlyList<(Waveform Sound, string Text)> Examples(int count, int seed, bool hasSpaces = true)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(number =>
        {
            string text = string.Concat(Enumerable.Range(0, 3 + random.Next(3)).Select(_ => "ABCD"[random.Next(4)]));
            if (hasSpaces) text = text.Insert(2, " ");
            return (Say(text, seed + number), text);
        })];
    }

    /// <summary>A folder of class folders with a tone each.</summary>
    public static string Classes(string folder, int count, int seed)
    {
        foreach (char letter in "ABC")
            for (int number = 0; number < count; number++)
            {
                string path = Path.Combine(folder, $"tone-{char.ToLowerInvariant(letter)}", string.Create(CultureInfo.InvariantCulture, $"{number}.wav"));
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                Say(letter.ToString(), seed + number).Write(path);
            }
        return folder;
    }

    /// <summary>A folder of wave files and <c>metadata.csv</c> with what is said in them.</summary>
    public static string Table(string folder, int count, int seed)
    {
        Directory.CreateDirectory(Path.Combine(folder, "wavs"));
        var rows = new List<string> { "file_name,transcription" };
        foreach (var (number, (sound, text)) in Examples(count, seed).Index())
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"wavs/{number}.wav");
            sound.Write(Path.Combine(folder, name));
            rows.Add($"{name},{text}");
        }
        File.WriteAllLines(Path.Combine(folder, "metadata.csv"), rows);
        return folder;
    }

    private static string Weigh(string folder)
    {
        using var model = PretrainedSpeechModel.Create(JsonFile.Read(Path.Combine(folder, "config.json")), seed: 1);
        model.Save(Path.Combine(folder, "model.safetensors"));
        return folder;
    }
}
