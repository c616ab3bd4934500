using System.CommandLine;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary>How speech is written down; what is not given is as the model's folder says.</summary>
internal sealed class HearingOptions
{
    private readonly Option<string?> language = new("--language")
    {
        Description = "The language that is spoken, of a Whisper of several: en, de ... The model tells it where it is not given.",
        HelpName = "CODE",
        Arity = ArgumentArity.ExactlyOne,
    };
    private readonly Option<string> task = Options.Choice(
        "--task", "What a Whisper of several languages does: write down what is said, or translate it into English.", ["transcribe", "translate"], null);
    private readonly Option<bool> timestamps = new("--timestamps") { Description = "Tell when it is said: each word of wav2vec 2.0, each stretch of a Whisper." };
    private readonly Option<double> chunk = Options.Number(
        "--chunk-seconds", "SECONDS", "How much wav2vec 2.0 hears at a time, 30 where it is not given; what is longer is heard in windows that overlap by a sixth on each side.");

    private readonly WritingOptions writing;

    /// <param name="command">The command that has the options.</param>
    /// <param name="writing">How texts are written.</param>
    /// <param name="isForSpeech">Whether it is for speech alone.</param>
    public HearingOptions(Command command, WritingOptions writing, bool isForSpeech)
    {
        this.writing = writing;
        command.Add(language);
        if (!isForSpeech) return;
        command.Add(task);
        command.Add(timestamps);
        command.Add(chunk);
    }

    /// <summary>Refuses them where nothing is heard.</summary>
    /// <exception cref="WrongInputException">One is given.</exception>
    public void RequireNone(ParseResult parsed)
    {
        if (parsed.GetResult(language) is { Implicit: false }) throw new WrongInputException($"{language.Name} is for models that write down speech: leave it out");
    }

    /// <exception cref="WrongInputException">An option is impossible.</exception>
    public TranscriptionOptions Read(ParseResult parsed, SpeechRecognizer recognizer)
    {
        var standard = new TranscriptionOptions();
        if (parsed.Find(chunk) is <= 0) throw new WrongInputException($"{chunk.Name} is a number above 0");
        return standard with
        {
            Language = parsed.GetResult(language) is null ? null : parsed.GetValue(language),
            Task = (parsed.GetResult(task) is null ? null : parsed.GetValue(task)) ?? standard.Task,
            HasTimestamps = parsed.GetResult(timestamps) is not null && parsed.GetValue(timestamps),
            ChunkSeconds = parsed.Find(chunk) ?? standard.ChunkSeconds,
            Beams = recognizer.Generation is null ? writing.BeamsAlone(parsed) : null,
            Generation = recognizer.Generation is { } own ? writing.Read(parsed, own) : null,
        };
    }
}
