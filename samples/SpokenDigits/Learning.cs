using Graft.Models;
using Graft.Tasks;
using Graft.Transfer;

namespace Graft.Samples.SpokenDigits;

/// <summary>What is done with a recogniser.</summary>
internal static class Learning
{
    private const int Batch = 16;

    /// <summary>The sample's network with random initial values: a small wav2vec 2.0.</summary>
    public static SpeechRecognizer FromScratch(ulong seed) => SpeechRecognizer.From(SpeechModelSource.FromConfig(AppContext.BaseDirectory, SpeechHead.Ctc, seed));

    public static void Learn(SpeechRecognizer recognizer, TranscribedSounds sounds, int epochs, double rate, ulong seed)
    {
        var options = new SpeechFineTuneOptions { BatchSize = Batch };
        var report = recognizer.FineTune(
            sounds, null, options with { Recipe = options.Recipe with { Epochs = epochs, LearningRate = rate, Seed = seed } }, new Told());
        Console.Error.WriteLine($"seed {seed}: {report.Steps} steps in {report.Seconds:0} s, loss {report.Epochs[^1].Loss:0.000}");
    }

    /// <summary>The word error rate.</summary>
    public static double ErrorRate(SpeechRecognizer recognizer, TranscribedSounds sounds) => recognizer.Evaluate(sounds).Metrics.Find("wer")!.Value;

    private sealed class Told : IProgress<FitProgress>
    {
        private const int Every = 100;

        public void Report(FitProgress value)
        {
            if (value.Step % Every == 0) Console.Error.WriteLine($"step {value.Step}: loss {value.Loss:0.000}");
        }
    }
}
