using Graft.Audio;
using Graft.Testing;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

/// <summary>Classes of sounds: learnt from folders, saved, loaded, and the keyword transformer on the same seam.</summary>
public sealed class AudioClassifierTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static SpeechFineTuneOptions Learning { get; } = new()
    {
        BatchSize = 6,
        Recipe = new SpeechFineTuneOptions().Recipe with { Epochs = 12, LearningRate = 2e-3, HeadRateFactor = 1, Seed = 1 },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tones_are_told_apart_saved_and_loaded(bool hidesPadding)
    {
        string data = TinySpeech.Classes(folder["data"], 12, 1), test = TinySpeech.Classes(folder["test"], 4, 901);
        using var classifier = AudioClassifier.FromPretrained(TinySpeech.Wav2Vec2(folder["tiny"], "Wav2Vec2Model", hasVocabulary: false, hidesPadding));
        Assert.False(classifier.CanPredict);
        var report = classifier.FineTune(data, Learning with { Validation = test });
        var confusion = new int[3, 3];
        var evaluation = classifier.Evaluate(LabelledSounds.Open(test), (expected, predicted) => confusion[expected, predicted]++, out string? note);
        TestContext.Current.TestOutputHelper?.WriteLine($"{report.Steps} steps, {report.Seconds:0.0} s: {string.Join(", ", evaluation.Metrics.All)}");
        Assert.Null(note);
        Assert.True(evaluation.Accuracy > 0.9, $"{evaluation.Accuracy}");
        Assert.Equal(evaluation.Correct, confusion[0, 0] + confusion[1, 1] + confusion[2, 2]);
        Assert.Equal(evaluation.Accuracy, report.Epochs[^1].Validation!.Accuracy);
        Assert.Equal(["tone-a", "tone-b", "tone-c"], classifier.Labels);

        classifier.Save(folder["saved"]);
        using var same = AudioClassifier.Load(folder["saved"]);
        string file = Path.Combine(test, "tone-b", "0.wav");
        var prediction = same.Predict(file);
        Assert.Equal("tone-b", prediction.Label);
        Assert.Equal(classifier.Predict(file).Probability, prediction.Probability);
        Assert.Equal(1, prediction.Classes.Sum(static one => one.Probability), 1e-6);
        Assert.Equal(hidesPadding, same.Preparation.HidesPadding);
        Assert.Equal(same.Labels, same.Model.Labels);
        // a sound's answer does not depend on the files beside it where padding is seen
        if (!hidesPadding)
            Assert.Equal(prediction.Probability, same.Predict([file, Path.Combine(test, "tone-a", "1.wav")]).First().Probability);
    }

    [Fact]
    public void A_run_that_goes_on_makes_the_same_bits_and_a_recipe_makes_them_again()
    {
        string data = TinySpeech.Classes(folder["data"], 6, 1), tiny = TinySpeech.Wav2Vec2(folder["tiny"], "Wav2Vec2Model", hasVocabulary: false);
        var options = Learning with { HeldOut = 0.2, LabelSmoothing = 0.1f, Recipe = Learning.Recipe with { Epochs = 2 } };
        using var whole = AudioClassifier.FromPretrained(tiny);
        whole.FineTune(data, options);
        whole.Save(folder["saved"]);
        using var repeated = AudioClassifier.FromPretrained(tiny);
        repeated.FineTune(data, SpeechFineTuneOptions.Load(folder["saved"]));
        Assert.Equal(Weights(whole), Weights(repeated));

        using var interrupt = new CancellationTokenSource();
        using var first = AudioClassifier.FromPretrained(tiny);
        first.FineTune(data, Kept(resume: false), new Stop(interrupt, at: 3), interrupt.Token);
        using var second = AudioClassifier.FromPretrained(tiny);
        Assert.True(second.FineTune(data, Kept(resume: true)).ResumedFrom > 0);
        Assert.Equal(Weights(whole), Weights(second));

        SpeechFineTuneOptions Kept(bool resume) => options with
        {
            Recipe = options.Recipe with { Run = new RunOptions { Checkpoints = new TrainingCheckpoints(folder["checkpoints"]) { EverySteps = 1, Resume = resume } } },
        };
    }

    [Fact]
    public void The_keyword_transformer_learns_on_the_same_seam()
    {
        string data = TinySpeech.Classes(folder["data"], 4, 1), own = folder["kwt"];
        Directory.CreateDirectory(own);
        File.WriteAllText(Path.Combine(own, "config.json"),
            """
            {"model_type": "keyword-transformer", "architectures": ["KeywordTransformer"], "hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 64,
             "num_labels": 3}
            """);
        using var classifier = AudioClassifier.From(SpeechModelSource.FromConfig(own, SpeechHead.SequenceClassification, seed: 1));
        Assert.Equal(16000, classifier.Preparation.Window);
        classifier.FineTune(data, Learning with { Recipe = Learning.Recipe with { Epochs = 4 } });
        classifier.Save(folder["saved"]);
        using var same = AudioClassifier.Load(folder["saved"]);
        // longer and shorter than its second
        foreach (var sound in (Waveform[])[TinySpeech.Say("A"), new Waveform(new float[40000], 16000)])
            Assert.Equal(classifier.Predict(sound).Probability, same.Predict(sound).Probability);
        Assert.Throws<ArgumentException>(() => classifier.FineTune(data, Learning with { HiddenShare = 0.1 }));
    }

    [Fact]
    public void Bad_sounds_and_folders_are_one_clear_error()
    {
        using var classifier = AudioClassifier.FromPretrained(TinySpeech.Wav2Vec2(folder["tiny"], "Wav2Vec2Model", hasVocabulary: false));
        Assert.Throws<CheckpointException>(() => classifier.Predict(TinySpeech.Say("A")));
        string data = TinySpeech.Classes(folder["data"], 2, 1);
        classifier.FineTune(data, Learning with { Recipe = Learning.Recipe with { Epochs = 1 } });
        Assert.InRange(classifier.Predict(new Waveform(new float[8000 * 2], 8000, 2)).Probability, 0, 1);
        Assert.Contains("no samples", Assert.Throws<AudioException>(() => classifier.Predict(new Waveform([], 16000))).Message, StringComparison.Ordinal);
        Assert.Contains("too short", Assert.Throws<AudioException>(() => classifier.Predict(new Waveform(new float[10], 16000))).Message, StringComparison.Ordinal);
        new Waveform([], 16000).Write(Path.Combine(data, "tone-a", "empty.wav"));
        Assert.Contains("empty.wav", Assert.Throws<AudioException>(() => classifier.FineTune(data, Learning)).Message, StringComparison.Ordinal);
        Assert.Throws<AudioException>(() => LabelledSounds.Open(folder["nowhere"]));
        Directory.CreateDirectory(Path.Combine(folder["odd"], "one"));
        Assert.Contains("no wave file", Assert.Throws<AudioException>(() => LabelledSounds.Open(folder["odd"])).Message, StringComparison.Ordinal);
        var one = new LabelledSounds("one", ["a"], [TinySpeech.Say("A")], [0]);
        Assert.Contains("nothing to tell apart", Assert.Throws<AudioException>(() => classifier.FineTune(one)).Message, StringComparison.Ordinal);
        var unknown = new LabelledSounds("unknown", ["tone-a", "tone-d"], [TinySpeech.Say("A")], [0]);
        Assert.Contains("tone-d", Assert.Throws<AudioException>(() => classifier.Evaluate(unknown)).Message, StringComparison.Ordinal);
    }

    private static float[] Weights(AudioClassifier classifier) => [.. classifier.Model.Parameters().SelectMany(static parameter => parameter.Value.ToArray())];

    private sealed class Stop(CancellationTokenSource interrupt, int at) : IProgress<FitProgress>
    {
        public void Report(FitProgress value)
        {
            if (value.Step == at) interrupt.Cancel();
        }
    }
}
