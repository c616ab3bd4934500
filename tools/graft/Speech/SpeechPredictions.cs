using System.CommandLine;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>graft predict</c> of a model of sounds: the classes of each file, or what is said in it.</summary>
internal static class SpeechPredictions
{
    public static int Run(
        SpeechHead head, string folder, string? adapter, IReadOnlyList<string> inputs, int top, OpenDevice where, bool asJson, ParseResult parsed, CancellationToken interrupt)
    {
        string[] files = Sounds.List(inputs);
        var output = parsed.InvocationConfiguration.Output;
        switch (head)
        {
            case SpeechHead.None:
                throw new WrongInputException($"--model {Printable.Whole(folder)} has no head that gives answers: fine-tune it first");
            case SpeechHead.SequenceClassification:
                using (var classifier = SpeechTasks.Load(SpeechTasks.Classification, folder, adapter, where, AudioClassifier.From))
                {
                    var predictions = classifier.Predict(files, interrupt);
                    if (!asJson)
                    {
                        foreach (var prediction in predictions) output.WriteLine(PredictCommand.Line(prediction, top));
                        return ExitCode.Done;
                    }
                    Prediction[] all = [.. predictions];
                    JsonOutput.Write(output, json =>
                    {
                        json.WriteString("model", folder);
                        json.WriteStartArray("predictions");
                        foreach (var prediction in all) PredictCommand.Write(json, prediction.Path, prediction, null, top);
                        json.WriteEndArray();
                    });
                    return ExitCode.Done;
                }
            default:
                using (var recognizer = SpeechTasks.Load(SpeechTasks.Recognition, folder, adapter, where, SpeechRecognizer.From))
                    TranscribeCommand.Write(recognizer, files, new TranscriptionOptions(), asJson, output, interrupt);
                return ExitCode.Done;
        }
    }
}
