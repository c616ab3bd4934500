using Graft.Audio;
using Graft.Testing;

namespace Graft.Tasks.Tests;

/// <summary>A Whisper through the task: Hugging Face's words, prompts of languages and tasks, long sounds, learning.</summary>
public sealed class WhisperTaskTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_written_is_what_Hugging_Face_writes()
    {
        string golden = RealData.Require("hf-goldens/whisper-s2s"), own = folder["golden"];
        Directory.CreateDirectory(own);
        foreach (string file in (string[])["config.json", "generation_config.json", "model.safetensors"]) File.Copy(Path.Combine(golden, file), Path.Combine(own, file));
        string[] words = [.. Enumerable.Range(0, 97).Select(static word => $"w{word}"), "<start>", "<end>"];
        File.WriteAllText(Path.Combine(own, "tokenizer.json"), TinySpeech.Tokens(words));
        using var reference = Checkpoint.Open(Path.Combine(golden, "reference.safetensors"));
        var features = reference["generate.greedy.input.input_features"];
        int sounds = features.Shape[0], bands = features.Shape[1], frames = features.Shape[2];
        float[] stored = features.ToSingleArray(), values = new float[stored.Length];
        for (int at = 0; at < stored.Length; at++) values[(at / (bands * frames) * frames + at % frames) * bands + at / frames % bands] = stored[at];
        using var recognizer = SpeechRecognizer.Load(own);
        var options = new TranscriptionOptions { Generation = recognizer.Generation! with { MaximumNewTokens = 11 } };
        var expected = reference["generate.greedy.sequences"].ToInt64Array().Chunk(12).Select(row => string.Join(' ', row.Where(static token => token < 97).Select(token => words[token])));
        Assert.Equal(expected, recognizer.Transcribe(new SpeechBatch(sounds, frames, values, width: bands), options).Select(static one => one.Text));
        // one language: neither it nor a task can be asked for
        Assert.Throws<ArgumentException>(() => recognizer.Transcribe(TinySpeech.Say("A"), new TranscriptionOptions { Language = "en" }));
        Assert.Throws<ArgumentException>(() => recognizer.Transcribe(TinySpeech.Say("A"), new TranscriptionOptions { Task = "translate" }));
        Assert.Throws<ArgumentException>(() => recognizer.Transcribe(TinySpeech.Say("A"), new TranscriptionOptions { HasTimestamps = true }));
    }

    [Fact]
    public void Languages_and_tasks_stand_before_what_is_written()
    {
        using var recognizer = SpeechRecognizer.Load(TinySpeech.Whisper(folder["whisper"]));
        Assert.Equal(["en", "de"], recognizer.Languages);
        var sound = TinySpeech.Say("ABC");
        Assert.True(sound.Length <= 6400);
        var model = (WhisperModel)recognizer.Model;
        using var step = new WhisperStep(model, Tensors.Device.Cpu);
        var bands = new FeatureExtractor(FeatureOptions.Whisper(16)).Extract(sound.PadOrTrim(6400).Samples);
        step.Read(new SpeechBatch(1, 40, bands.Values, width: 16));
        foreach (var (language, task, prompt) in ((string, string, int[])[])[("en", "transcribe", [41, 42, 44, 46]), ("<|de|>", "translate", [41, 43, 45, 46])])
        {
            var tokens = TokenGenerator.Generate(step, [prompt], recognizer.Generation! with { MaximumNewTokens = 28 })[0].Tokens;
            var transcript = recognizer.Transcribe(sound, new TranscriptionOptions { Language = language, Task = task });
            Assert.Equal(string.Join(' ', tokens.Where(static token => token < 40).Select(static token => $"w{token}")), transcript.Text);
            Assert.Equal(prompt[1] == 42 ? "en" : "de", transcript.Language);
        }
        var logits = new float[68];
        step.Begin([[41]], 1, 1, logits);
        var heard = recognizer.Transcribe(sound);
        Assert.Equal(logits[42] >= logits[43] ? "en" : "de", heard.Language);
        Assert.Equal(recognizer.Transcribe(sound, new TranscriptionOptions { Language = heard.Language }).Text, heard.Text);
        var unknown = new TranscriptionOptions { Language = "enn" };
        Assert.Contains("(nearest: en)", Assert.Throws<ArgumentException>(() => recognizer.Transcribe(sound, unknown)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => recognizer.Transcribe(sound, new TranscriptionOptions { Task = "sing" }));
        var timed = recognizer.Transcribe(sound, new TranscriptionOptions { HasTimestamps = true });
        Assert.All(timed.Segments, static one => Assert.InRange(one.End, one.Start, 0.4 + 1e-9));
    }

    [Fact]
    public void A_long_sound_is_heard_window_by_window_to_its_end()
    {
        using var recognizer = SpeechRecognizer.Load(TinySpeech.Whisper(folder["whisper"]));
        var sound = TinySpeech.Say("ABCDABCDABCD ABCDABCD AB");
        Assert.True(sound.Length > 2 * 6400);
        var transcript = recognizer.Transcribe(sound, new TranscriptionOptions { HasTimestamps = true, Language = "de" });
        Assert.NotEmpty(transcript.Segments);
        Assert.Equal(transcript.Text, string.Join(' ', transcript.Segments.Select(static one => one.Text)));
        for (int at = 0; at < transcript.Segments.Count; at++)
        {
            var segment = transcript.Segments[at];
            Assert.True(segment.Start <= segment.End && (at == 0 || transcript.Segments[at - 1].Start <= segment.Start), $"{segment}");
        }
        Assert.True(transcript.Segments[^1].Start > 0.4);
        Assert.Equal((double)sound.Length / 16000, transcript.Seconds, 1e-9);
        Assert.Empty(recognizer.Transcribe(sound).Segments);
        // beside others it is written as alone
        var (small, both) = (TinySpeech.Say("AB"), new TranscriptionOptions { Language = "de" });
        Assert.Equal([recognizer.Transcribe(small, both).Text, transcript.Text, recognizer.Transcribe(small, both).Text],
            recognizer.Transcribe([("one", small), ("long", sound), ("two", small)], both).Select(static one => one.Text));
    }

    [Fact]
    public void Windows_are_divided_by_pairs_of_times()
    {
        var times = new WhisperTimestamps(firstToken: 50, endToken: 40);
        // <0.00> a <0.10> <0.10> b <0.20> <0.20>: the next window begins at 0.20
        Check([50, 1, 55, 55, 2, 60, 60], [(0, 0.1, [1]), (0.1, 0.2, [2])], 0.2);
        // a stretch that is open is heard again
        Check([50, 1, 55, 55, 2, 3], [(0, 0.1, [1])], 0.1);
        // a single time at the end: nothing follows
        Check([50, 1, 55, 55, 2, 60], [(0, 0.1, [1]), (0.1, 0.2, [2])], null);
        Check([50, 1, 2, 60], [(0, 0.2, [1, 2])], null);
        Check([52, 1, 2], [(0.04, 0.04, [1, 2])], null);
        Check([50, 1, 2], [(0, 0.3, [1, 2])], null);
        Check([], [(0, 0.3, [])], null);

        void Check(int[] written, (double Start, double End, int[] Tokens)[] expected, double? next)
        {
            var (segments, moved) = WhisperWindow.Divide(written, times, 0.3);
            Assert.Equal(next, moved is { } seconds ? Math.Round(seconds, 9) : null);
            Assert.Equal(expected.Length, segments.Count);
            for (int at = 0; at < expected.Length; at++)
            {
                Assert.Equal((expected[at].Start, expected[at].End), (Math.Round(segments[at].Start, 9), Math.Round(segments[at].End, 9)));
                Assert.Equal(expected[at].Tokens, segments[at].Tokens);
            }
        }
    }

    [Fact]
    public void Tones_are_learnt_as_words_saved_and_loaded()
    {
        using var recognizer = SpeechRecognizer.FromPretrained(TinySpeech.Whisper(folder["whisper"]));
        var options = new SpeechFineTuneOptions { BatchSize = 8, Language = "en", Recipe = new SpeechFineTuneOptions().Recipe with { Epochs = 40, LearningRate = 3e-3, Seed = 1 } };
        TranscribedSounds training = new("training", Words(48, 1)), test = new("test", Words(12, 501));
        Assert.Contains("language", Assert.Throws<ArgumentException>(() => recognizer.FineTune(training, null, options with { Language = null })).Message, StringComparison.Ordinal);
        var report = recognizer.FineTune(training, test, options);
        var evaluation = recognizer.Evaluate(test, new TranscriptionOptions { Language = "en" });
        TestContext.Current.TestOutputHelper?.WriteLine($"{report.Steps} steps, {report.Seconds:0.0} s: {string.Join(", ", evaluation.Metrics.All)}");
        Assert.True(evaluation.Metrics.Find("wer") < 0.2, $"{evaluation.Metrics.Find("wer")}");
        recognizer.Save(folder["saved"]);
        using var same = SpeechRecognizer.Load(folder["saved"]);
        Assert.Equal(recognizer.Transcribe(TinySpeech.Say("CA")).Text, same.Transcribe(TinySpeech.Say("CA")).Text);
        Assert.Equal(recognizer.Languages, same.Languages);
        foreach (string file in (string[])["generation_config.json", "tokenizer.json", "preprocessor_config.json"]) Assert.True(File.Exists(Path.Combine(folder["saved"], file)), file);
        var slow = new TranscribedSounds("slow", [(TinySpeech.Say("ABCDABCDABCDABCD"), "w1")]);
        Assert.Contains("0.4 s at most", Assert.Throws<AudioException>(() => recognizer.FineTune(slow, null, options)).Message, StringComparison.Ordinal);

        static IReadOnlyList<(Waveform, string)> Words(int count, int seed) => [.. Enumerable.Range(0, count).Select(number =>
        {
            string letters = $"{"ABCD"[number % 4]}{"ABCD"[number / 4 % 4]}";
            return (TinySpeech.Say(letters, seed + number), $"w{letters[0] - 'A' + 1} w{letters[1] - 'A' + 10}");
        })];
    }
}
