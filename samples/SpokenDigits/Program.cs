// Rows of digits by voices that were never heard, from a few that were: a recogniser that learnt other words by other voices first, against the same network from nothing.
//
//     python3 samples/SpokenDigits/make_speech.py SPEECH
//     dotnet run -c Release --project samples/SpokenDigits -- SPEECH MODELS [--source-epochs N] [--epochs N] [--seeds N]
using System.Globalization;
using Graft.Samples.SpokenDigits;
using Graft.Tasks;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (Settings.Read(args) is not { } settings) return 2;
TranscribedSounds source = Open("source"), sourceTest = Open("source-test"), few = Open("digits"), test = Open("digits-test");
Console.WriteLine($"{source.Count} phrases to learn from first; {few.Count} rows of digits to learn from, {test.Count} to be tested on");
Console.WriteLine("seed | phrases, WER | digits before, WER | after, WER | from scratch, WER");
for (ulong seed = 0; seed < (ulong)settings.Seeds; seed++)
{
    string saved = Path.Combine(settings.Models, $"source-{seed}");
    double phrases, before, after;
    using (var recognizer = File.Exists(Path.Combine(saved, ModelFolder.WeightsFileName)) ? SpeechRecognizer.Load(saved) : Learning.FromScratch(seed))
    {
        if (recognizer.Recipe is null)
        {
            Learning.Learn(recognizer, source, settings.SourceEpochs, rate: 1e-3, seed);
            recognizer.Save(saved);
        }
        phrases = Learning.ErrorRate(recognizer, sourceTest);
        before = Learning.ErrorRate(recognizer, test);
        Learning.Learn(recognizer, few, settings.Epochs, rate: 5e-4, seed);
        after = Learning.ErrorRate(recognizer, test);
        recognizer.Save(Path.Combine(settings.Models, $"digits-{seed}"));
    }
    using var scratch = Learning.FromScratch(seed);
    Learning.Learn(scratch, few, settings.Epochs, rate: 1e-3, seed);
    Console.WriteLine($"{seed} | {phrases:P1} | {before:P1} | {after:P1} | {Learning.ErrorRate(scratch, test):P1}");
}
return 0;

TranscribedSounds Open(string part) => TranscribedSounds.Open(Path.Combine(settings.Speech, part));
