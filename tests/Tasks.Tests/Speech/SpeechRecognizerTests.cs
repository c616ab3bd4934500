using System.Text.Json;
using Graft.Audio;
using Graft.Testing;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>wav2vec 2.0 that tells signs of frames, through the task: goldens, learning, saving, bad input.</summary>
public sealed class SpeechRecognizerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static SpeechFineTuneOptions Learning { get; } = new()
    {
        BatchSize = 16,
        Recipe = new SpeechFineTuneOptions().Recipe with { Epochs = 40, LearningRate = 4e-3, Seed = 1 },
    };

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_told_of_the_goldens_sounds_is_what_their_logits_say()
    {
        string golden = RealData.Require("hf-goldens/wav2vec2-ctc"), own = folder["golden"];
        Directory.CreateDirectory(own);
        foreach (string file in (string[])["config.json", "model.safetensors"]) File.Copy(Path.Combine(golden, file), Path.Combine(own, file));
        string[] signs = ["<pad>", "<s>", "</s>", "<unk>", "|", .. Enumerable.Range(0, 15).Select(static letter => ((char)('a' + letter)).ToString())];
        File.WriteAllText(Path.Combine(own, "vocab.json"), JsonSerializer.Serialize(signs.Index().ToDictionary(static one => one.Item, static one => one.Index)));
        File.WriteAllText(Path.Combine(own, "preprocessor_config.json"), """{"do_normalize": false, "return_attention_mask": true, "sampling_rate": 16000}""");
        using var reference = Checkpoint.Open(Path.Combine(golden, "reference.safetensors"));
        float[] values = reference["input.input_values"].ToSingleArray(), logits = reference["output.logits"].ToSingleArray();
        long[] mask = reference["input.attention_mask"].ToInt64Array();
        int sounds = 3, length = values.Length / sounds, frames = logits.Length / sounds / signs.Length;
        int[] lengths = [.. mask.Chunk(length).Select(static row => (int)row.Sum())];
        var given = lengths.Select((counted, row) => ($"sound {row}", new Waveform(values[(row * length)..(row * length + counted)], 16000))).ToList();
        using var recognizer = SpeechRecognizer.Load(own);
        string[] expected = [.. given.Select((one, row) => Collapsed(logits.AsSpan(row * frames * signs.Length, recognizer.Model.FramesOf(one.Item2.Length) * signs.Length), signs))];
        Assert.Contains(expected, static text => text.Length > 0);
        Assert.Equal(expected, recognizer.Transcribe(given).Select(static one => one.Text));
        // the likeliest alignment is one of many, and the search over all of them finds a text too
        Assert.Equal(sounds, recognizer.Transcribe(given, new TranscriptionOptions { Beams = 8 }).Count());
    }

    [Fact]
    public void Tones_are_learnt_as_letters_saved_and_loaded()
    {
        using var recognizer = SpeechRecognizer.From(SpeechModelSource.FromConfig(TinySpeech.Wav2Vec2(folder["tiny"]), SpeechHead.Ctc, seed: 1));
        TranscribedSounds training = new("training", TinySpeech.Examples(160, 1)), test = new("test", TinySpeech.Examples(20, 1001));
        var report = recognizer.FineTune(training, test, Learning);
        var evaluation = recognizer.Evaluate(test);
        TestContext.Current.TestOutputHelper?.WriteLine($"{report.Steps} steps, {report.Seconds:0.0} s: {string.Join(", ", evaluation.Metrics.All)}");
        Assert.True(evaluation.Metrics.Find("cer") < 0.1, $"{evaluation.Metrics.Find("cer")}");
        Assert.True(evaluation.Metrics.Find("wer") < 0.3, $"{evaluation.Metrics.Find("wer")}");
        Assert.Equal(evaluation.Loss, report.Epochs[^1].Validation!.Loss, 1e-6);

        recognizer.Save(folder["saved"]);
        foreach (string file in (string[])["config.json", "model.safetensors", "preprocessor_config.json", "vocab.json", "tokenizer_config.json", "special_tokens_map.json", "graft.json"])
            Assert.True(File.Exists(Path.Combine(folder["saved"], file)), file);
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder["saved"], "config.json")));
        Assert.False(config.RootElement.TryGetProperty("id2label", out _));
        using var same = SpeechRecognizer.Load(folder["saved"]);
        var sound = TinySpeech.Say("AB CD", 7);
        var words = recognizer.Transcribe(sound, new TranscriptionOptions { HasTimestamps = true });
        Assert.Equal(words.Text, same.Transcribe(sound).Text);
        Assert.Equal(recognizer.Recipe, same.Recipe);
        Assert.Equal(words.Text, string.Join(' ', words.Segments.Select(static one => one.Text)));
        for (int at = 0; at < words.Segments.Count; at++)
        {
            Assert.True(words.Segments[at].Start < words.Segments[at].End && words.Segments[at].End <= words.Seconds + 0.01);
            Assert.True(at == 0 || words.Segments[at - 1].End <= words.Segments[at].Start);
        }

        // a sound of many chunks says about what it says at once, and exactly what it says where a chunk holds it
        var longer = TinySpeech.Say(string.Join(' ', Enumerable.Repeat("ABCD", 12)), 3);
        string whole = same.Transcribe(longer).Text, cut = same.Transcribe(longer, new TranscriptionOptions { ChunkSeconds = 0.5 }).Text;
        Assert.True(Graft.Text.EditCounts.OfCharacters(cut, whole).ErrorRate < 0.1, $"{whole}: {cut}");
        Assert.Equal(whole, same.Transcribe(longer, new TranscriptionOptions { ChunkSeconds = 10 }).Text);

        // of other channels and another rate about the same is told
        var stereo = new Waveform([.. longer.Samples, .. longer.Samples], TinySpeech.Rate, 2);
        Assert.Equal(whole, same.Transcribe(stereo).Text);
    }

    [Fact]
    public void Logits_of_windows_are_put_together_frame_by_frame()
    {
        using var recognizer = SpeechRecognizer.Load(TinySpeech.Wav2Vec2(folder["tiny"]));
        var model = recognizer.Model;
        float[] samples = TinySpeech.Say("ABCDABCDABCD").Samples;
        foreach (double seconds in (double[])[0.05, 0.11, 0.2, 0.31, 2])
        {
            float[] logits = CtcReader.Logits(model, Tensors.Device.Cpu, recognizer.Preparation, [("sound", samples)], seconds, default).Single();
            Assert.Equal(model.FramesOf(samples.Length) * TinySpeech.Signs.Length, logits.Length);
        }
        Assert.Throws<ArgumentException>(() => recognizer.Transcribe(TinySpeech.Say("A"), new TranscriptionOptions { ChunkSeconds = 0.001 }));
        Assert.Throws<ArgumentException>(() => recognizer.Transcribe(TinySpeech.Say("A"), new TranscriptionOptions { ChunkSeconds = 0 }));
    }

    [Fact]
    public void Signs_that_are_not_there_make_a_new_head_and_others_keep_it()
    {
        using var recognizer = SpeechRecognizer.FromPretrained(TinySpeech.Wav2Vec2(folder["tiny"]));
        var quick = Learning with { Recipe = Learning.Recipe with { Epochs = 1 } };
        recognizer.FineTune(new TranscribedSounds("same", TinySpeech.Examples(8, 1)), null, quick);
        Assert.Equal(TinySpeech.Signs, recognizer.Labels);
        var others = TinySpeech.Examples(8, 1).Select(static one => (one.Sound, one.Text.Replace('A', 'é'))).ToList();
        recognizer.FineTune(new TranscribedSounds("others", others), null, quick);
        Assert.Equal(["<pad>", "<unk>", "|", "B", "C", "D", "é"], recognizer.Labels);
        Assert.Equal("é", recognizer.Preparation.Vocabulary!.Decode([6]));
        recognizer.Save(folder["saved"]);
        using var same = SpeechRecognizer.Load(folder["saved"]);
        Assert.Equal(recognizer.Labels, same.Labels);

        // an encoder without signs gets those of the texts
        using var bare = SpeechRecognizer.FromPretrained(TinySpeech.Wav2Vec2(folder["bare"], "Wav2Vec2Model", hasVocabulary: false));
        Assert.False(bare.CanPredict);
        bare.FineTune(new TranscribedSounds("others", others), null, quick);
        Assert.Equal(same.Labels, bare.Labels);
    }

    [Fact]
    public void A_run_that_goes_on_makes_the_same_bits()
    {
        string tiny = TinySpeech.Wav2Vec2(folder["tiny"]);
        var sounds = new TranscribedSounds("training", TinySpeech.Examples(24, 1));
        float[] whole = Weights(null, default), again;
        using (var interrupt = new CancellationTokenSource()) Weights(new Stop(interrupt, at: 5), interrupt.Token);
        again = Weights(null, default, resume: true);
        Assert.Equal(whole, again);

        float[] Weights(IProgress<FitProgress>? progress, CancellationToken token, bool resume = false)
        {
            using var recognizer = SpeechRecognizer.FromPretrained(tiny);
            var options = Learning with { BatchSize = 4, HiddenShare = 0.2 };
            var checkpoints = new TrainingCheckpoints(folder["checkpoints"]) { EverySteps = 2, Resume = resume };
            options = options with { Recipe = options.Recipe with { Epochs = 2, Run = progress is null && !resume ? null : new RunOptions { Checkpoints = checkpoints } } };
            recognizer.FineTune(sounds, null, options, progress, token);
            return [.. recognizer.Model.Parameters().SelectMany(static parameter => parameter.Value.ToArray())];
        }
    }

    [Fact]
    public void Bad_sounds_are_defined_or_one_clear_error()
    {
        using var recognizer = SpeechRecognizer.Load(TinySpeech.Wav2Vec2(folder["tiny"]));
        Assert.NotNull(recognizer.Transcribe(new Waveform(new float[16000], 16000)).Text);
        Assert.Contains("no samples", Assert.Throws<AudioException>(() => recognizer.Transcribe(new Waveform([], 16000))).Message, StringComparison.Ordinal);
        Assert.Contains("too short", Assert.Throws<AudioException>(() => recognizer.Transcribe(new Waveform(new float[10], 16000))).Message, StringComparison.Ordinal);
        var telephone = TinySpeech.Say("AB", rate: 8000);
        Assert.Equal(recognizer.Transcribe(telephone).Text, recognizer.Transcribe(new Waveform([.. telephone.Samples, .. telephone.Samples], 8000, 2)).Text);
        var minutes = recognizer.Transcribe(new Waveform([.. Enumerable.Range(0, 600 * 8000).Select(static at => 0.1f * MathF.Sin(at * 0.3f))], 8000));
        Assert.Equal(600, minutes.Seconds, 1e-3);
        // of a file that was cut what is there is heard; of one that ends in its header nothing is
        string cut = folder["cut.wav"];
        TinySpeech.Say("ABCD").Write(cut);
        byte[] bytes = File.ReadAllBytes(cut);
        File.WriteAllBytes(cut, bytes[..(bytes.Length / 2)]);
        Assert.NotNull(recognizer.Transcribe(cut).Text);
        File.WriteAllBytes(cut, bytes[..20]);
        Assert.Contains("cut.wav", Assert.Throws<AudioException>(() => recognizer.Transcribe(cut)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => recognizer.Transcribe(telephone, new TranscriptionOptions { Language = "en" }));
        Assert.Throws<ArgumentException>(() => recognizer.Transcribe(telephone, new TranscriptionOptions { Beams = 4, HasTimestamps = true }));

        var hasty = new TranscribedSounds("hasty", [(TinySpeech.Say("A"), string.Concat(Enumerable.Repeat("ABCD", 20)))]);
        Assert.Contains("too short for its text", Assert.Throws<AudioException>(() => recognizer.FineTune(hasty)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => recognizer.FineTune(new TranscribedSounds("none", []), null, Learning));
        Assert.Throws<ArgumentException>(() => recognizer.FineTune(new TranscribedSounds("sounds", TinySpeech.Examples(4, 1)), null, Learning with { LabelSmoothing = 0.1f }));
    }

    [Fact]
    public void Folders_that_contradict_themselves_are_refused()
    {
        string tiny = TinySpeech.Wav2Vec2(folder["tiny"]);
        File.Delete(Path.Combine(tiny, "vocab.json"));
        using (var nameless = SpeechRecognizer.Load(tiny))
            Assert.Contains("vocab.json", Assert.Throws<CheckpointException>(() => nameless.Transcribe(TinySpeech.Say("A"))).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(tiny, "vocab.json"), """{"A": 0, "<pad>": 1}""");
        Assert.Contains("pad_token_id", Assert.Throws<CheckpointException>(() => SpeechRecognizer.Load(tiny)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(tiny, "vocab.json"), """{"<pad>": 0, "A": 1, "B": 30}""");
        Assert.Contains("vocab_size", Assert.Throws<CheckpointException>(() => SpeechRecognizer.Load(tiny)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(tiny, "vocab.json"), """{"<pad>": 0, "A": 1}""");
        using (var few = SpeechRecognizer.Load(tiny)) Assert.Equal(TinySpeech.Signs.Length, few.Labels.Count);
        File.WriteAllText(Path.Combine(tiny, "preprocessor_config.json"), """{"sampling_rate": 8000}""");
        Assert.Contains("sampling_rate", Assert.Throws<CheckpointException>(() => SpeechRecognizer.Load(tiny)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => AudioClassifier.FromPretrained(TinySpeech.Whisper(folder["whisper"])));
    }

    /// <summary>The likeliest sign of each frame, repetitions once, blanks and special signs left out.</summary>
    private static string Collapsed(ReadOnlySpan<float> logits, string[] signs)
    {
        var text = new System.Text.StringBuilder();
        int before = 0;
        for (int frame = 0; frame < logits.Length / signs.Length; frame++)
        {
            var row = logits.Slice(frame * signs.Length, signs.Length);
            int best = 0;
            for (int sign = 1; sign < row.Length; sign++)
                if (row[sign] > row[best]) best = sign;
            if (best != before && best > 3) text.Append(best == 4 ? " " : signs[best]);
            before = best;
        }
        return string.Join(' ', text.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private sealed class Stop(CancellationTokenSource interrupt, int at) : IProgress<FitProgress>
    {
        public void Report(FitProgress value)
        {
            if (value.Step == at) interrupt.Cancel();
        }
    }
}
