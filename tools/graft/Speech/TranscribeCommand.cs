using System.CommandLine;
using System.Globalization;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>graft transcribe</c>: wave files in, what is said in them out.</summary>
internal static class TranscribeCommand
{
    public static Command Make()
    {
        var command = new Command(
            "transcribe",
            "Writes down what is said in wave files, with wav2vec 2.0 or a Whisper: the text of a file, or a line FILE: TEXT for each of several. "
            + "A file may have any rate, number of channels and length; what is longer than the model hears at a time is heard in windows.");
        var inputs = new Argument<string[]>("FILE") { Description = "Wave files, or folders of them.", Arity = ArgumentArity.OneOrMore };
        command.Add(inputs);
        var model = new ModelOptions(command, ofTexts: true);
        var adapter = new AdapterOption(command);
        var hearing = new HearingOptions(command, new WritingOptions(command), isForSpeech: true);
        var device = new DeviceOptions(command);
        var json = Options.Json();
        command.Add(json);
        command.SetAction((parsed, interrupt) =>
        {
            string[] files = Sounds.List(parsed.GetRequiredValue(inputs));
            string folder = model.SpeechFolder(parsed, interrupt);
            if (PretrainedSpeechModel.HeadOf(folder) == SpeechHead.SequenceClassification)
                throw new WrongInputException($"--model {Printable.Whole(folder)} tells classes of sounds: use graft predict");
            using var where = device.Open(parsed);
            using var recognizer = SpeechTasks.Load(SpeechTasks.Recognition, folder, adapter.Folder(parsed), where, SpeechRecognizer.From);
            Write(recognizer, files, hearing.Read(parsed, recognizer), parsed.GetValue(json), parsed.InvocationConfiguration.Output, interrupt);
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    /// <summary>A line a file, or with times one for each stretch, or a JSON object a file.</summary>
    public static void Write(SpeechRecognizer recognizer, string[] files, TranscriptionOptions options, bool asJson, TextWriter output, CancellationToken interrupt)
    {
        try
        {
            foreach (var transcript in recognizer.Transcribe(files, options, interrupt))
            {
                if (asJson) WriteJson(output, transcript);
                else WriteText(output, transcript, hasName: files.Length > 1);
            }
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException(Shell.Line(exception.Message));
        }
    }

    private static void WriteText(TextWriter output, Transcript transcript, bool hasName)
    {
        string name = hasName ? $"{Printable.Whole(transcript.Name)}: " : "";
        if (transcript.Segments.Count == 0) output.WriteLine(name + Printable.Text(transcript.Text.ReplaceLineEndings(" ")));
        foreach (var segment in transcript.Segments)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}[{segment.Start:0.00} - {segment.End:0.00}] {Printable.Text(segment.Text.ReplaceLineEndings(" "))}"));
    }

    private static void WriteJson(TextWriter output, Transcript transcript) => JsonOutput.Write(output, json =>
    {
        json.WriteString("file", transcript.Name);
        json.WriteString("text", transcript.Text);
        if (transcript.Language is { } language) json.WriteString("language", language);
        json.WriteFigure("seconds", transcript.Seconds);
        if (transcript.Segments.Count == 0) return;
        json.WriteStartArray("segments");
        foreach (var segment in transcript.Segments)
        {
            json.WriteStartObject();
            json.WriteFigure("start", segment.Start);
            json.WriteFigure("end", segment.End);
            json.WriteString("text", segment.Text);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}
