using Graft.Tensors;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>Writes down what a Whisper hears. One call's own: it keeps what it recorded of the model.</summary>
/// <remarks>A sound of one window at most is heard at once, silence behind it. A longer one is heard in windows one after another, with tokens of time: the next
/// begins where the last stretch ended that the model closed, or behind the window where it closed none (Radford et al. 2022, section 3.8, as OpenAI's and
/// Hugging Face's code have it); what was written before is not given to the next window, and no window is tried again at a temperature, which are Hugging
/// Face's defaults. The mel bands of all windows are those of the whole sound with a window of silence behind it.</remarks>
internal sealed class WhisperReader(WhisperModel model, Device device, SpeechPreparation preparation, WhisperSettings settings, TranscriptionOptions options) : IDisposable
{
    /// <summary>How many short sounds are written together.</summary>
    private const int SoundsTogether = 8;

    private readonly WhisperStep step = new(model, device);

    /// <summary>The tokens of a text, without special ones.</summary>
    public static int[] TokensOf(Tokeniser tokeniser, string text) => tokeniser.Encode(text, null, new TokeniseOptions { AddSpecialTokens = false }).Ids;

    public IEnumerable<Transcript> Read(IEnumerable<(string Name, float[] Samples)> sounds, CancellationToken cancellation)
    {
        foreach (var together in sounds.Chunk(SoundsTogether))
        {
            var transcripts = new Transcript[together.Length];
            int[] some = [.. Enumerable.Range(0, together.Length).Where(index => together[index].Samples.Length <= preparation.Window)];
            if (some.Length > 0)
            {
                var written = ReadWindows(preparation.Batch(model, Array.ConvertAll(some, index => together[index].Samples)), cancellation);
                for (int at = 0; at < some.Length; at++) transcripts[some[at]] = written[at] with { Name = together[some[at]].Name };
            }
            for (int index = 0; index < together.Length; index++)
            {
                var (name, samples) = together[index];
                transcripts[index] = (transcripts[index] ?? ReadLong(name, samples, cancellation)) with { Seconds = (double)samples.Length / preparation.SampleRate };
            }
            foreach (var transcript in transcripts) yield return transcript;
        }
    }

    /// <summary>What is written of windows, one a sound.</summary>
    public IReadOnlyList<Transcript> ReadWindows(SpeechBatch batch, CancellationToken cancellation)
    {
        var (tokens, languages) = Write(batch, options.HasTimestamps, Spoken(), cancellation);
        return [.. tokens.Select((written, row) => new Transcript("", TextOf(written))
        {
            Language = languages[row],
            Segments = options.HasTimestamps ? [.. Times.Segments(written).Select(one => new TranscriptSegment(one.Start ?? 0, one.End ?? WindowSeconds, TextOf(one.Tokens)))] : [],
        })];
    }

    public void Dispose() => step.Dispose();

    private double WindowSeconds => (double)preparation.Window!.Value / preparation.SampleRate;

    private WhisperTimestamps Times => new(settings.NoTimestamps!.Value + 1, settings.Options.EndTokens is [var end, ..] ? end : settings.NoTimestamps.Value);

    private int? Spoken() => options.Language is { } language ? settings.TokenOf(model, language) : null;

    /// <summary>A sound that is longer than a window.</summary>
    private Transcript ReadLong(string name, float[] samples, CancellationToken cancellation)
    {
        var bands = preparation.Whole(samples);
        int window = model.Frames, content = (samples.Length + preparation.Hop - 1) / preparation.Hop;
        double secondsPerFrame = (double)preparation.Hop / preparation.SampleRate;
        int? spoken = Spoken();
        string? language = null;
        var segments = new List<TranscriptSegment>();
        var words = new List<int>();
        for (int seek = 0; seek < content;)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = new SpeechBatch(1, window, bands.Values[(seek * bands.Width)..((seek + window) * bands.Width)], width: bands.Width);
            var (rows, languages) = Write(batch, hasTimes: true, spoken, cancellation);
            // the first window says the language of all
            language ??= languages[0];
            if (spoken is null && language is not null) spoken = settings.Languages[language];
            int size = Math.Min(window, content - seek);
            double offset = seek * secondsPerFrame;
            var (found, moved) = WhisperWindow.Divide(rows[0], Times, size * secondsPerFrame);
            foreach (var (start, end, tokens) in found)
            {
                string text = TextOf(tokens);
                if (text.Length == 0) continue;
                words.AddRange(tokens);
                segments.Add(new TranscriptSegment(offset + start, offset + end, text));
            }
            int frames = moved is { } seconds ? (int)Math.Round(seconds / secondsPerFrame) : 0;
            seek += frames > 0 ? Math.Min(frames, size) : size;
        }
        return new Transcript(name, TextOf(words)) { Language = language, Segments = options.HasTimestamps ? segments : [] };
    }

    /// <summary>What is written of sounds, and the codes of their languages.</summary>
    private (int[][] Tokens, string?[] Languages) Write(SpeechBatch batch, bool hasTimes, int? spoken, CancellationToken cancellation)
    {
        step.Read(batch);
        int?[] languages = settings.Languages.Count == 0 ? new int?[batch.Sounds] : spoken is null ? Hear(batch.Sounds) : [.. Enumerable.Repeat(spoken, batch.Sounds)];
        int[][] prompts = Array.ConvertAll(languages, language => settings.Prompt(model, language, options.Task, hasTimes));
        var given = options.Generation ?? settings.Options;
        int begun = prompts[0].Length, room = model.MaximumTargetLength - begun;
        bool hasLength = given.MaximumLength > new GenerationOptions().MaximumLength;
        int length = given.MaximumNewTokens ?? (hasLength ? given.MaximumLength - begun : room);
        given = given with
        {
            Beams = options.Beams ?? given.Beams,
            MaximumNewTokens = Math.Clamp(length, 1, Math.Max(1, room)),
            ReturnedSequences = 1,
            // what the prompt says is not forced a second time
            ForcedTokens = prompts[0].Length > 1 ? [] : given.ForcedTokens,
            Processors = hasTimes ? [.. given.Processors, Times.Rules(settings.LatestStart)] : given.Processors,
        };
        var tokens = new int[batch.Sounds][];
        foreach (var sequence in TokenGenerator.Generate(step, prompts, given, cancellation)) tokens[sequence.Prompt] = [.. sequence.Tokens.Where(token => !given.EndTokens.Contains(token))];
        return (tokens, Array.ConvertAll(languages, language => language is { } token ? settings.Languages.First(pair => pair.Value == token).Key : null));
    }

    /// <summary>The likeliest language of each sound, by the token behind the first.</summary>
    private int?[] Hear(int sounds)
    {
        var logits = new float[sounds * model.VocabularySize];
        step.Begin(step.Starts, 1, 1, logits);
        return [.. Enumerable.Range(0, sounds).Select(row => (int?)settings.Languages.Values.MaxBy(token => logits[row * model.VocabularySize + token]))];
    }

    private string TextOf(IEnumerable<int> tokens)
    {
        var tokeniser = preparation.Tokeniser!;
        int most = settings.NoTimestamps ?? int.MaxValue;
        return tokeniser.Decode([.. tokens.Where(token => token < most && token < tokeniser.VocabularySize)], skipSpecialTokens: true).Trim();
    }
}
