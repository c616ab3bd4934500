using Graft.Audio;
using Graft.Autograd;
using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Writes down what is said: wav2vec 2.0 that tells a sign for each frame (<c>Wav2Vec2ForCTC</c>), or a Whisper.</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say. A sound may have any rate, number of channels and length:
/// what is longer than a window is heard in windows (<see cref="TranscriptionOptions.ChunkSeconds"/>; of a Whisper one after another by its tokens of time).</remarks>
/// <example><code>
/// using var recognizer = SpeechRecognizer.FromPretrained("wav2vec2-base-960h");
/// Console.WriteLine(recognizer.Transcribe("question.wav").Text);
/// recognizer.FineTune(TranscribedSounds.Open("digits/metadata.csv"));
/// recognizer.Save("my-recognizer");
/// </code></example>
public sealed class SpeechRecognizer : SpeechTask
{
    private readonly WhisperSettings? settings;

    private SpeechRecognizer(SpeechModelSource source, Device? device) : base(source, device)
    {
        if (source.State.Model is WhisperModel writer) settings = WhisperSettings.Of(source.Folder, writer, source.State.Inputs.Tokeniser!);
    }

    /// <summary>The languages that the model tells apart, by their codes; empty for one of one language.</summary>
    public IReadOnlyCollection<string> Languages => settings is null ? [] : [.. settings.Languages.Keys];

    /// <summary>How a Whisper writes where nothing else is said; null for other models.</summary>
    public GenerationOptions? Generation => settings?.Options;

    /// <summary>Opens a folder of the hub: of a Whisper, or of wav2vec 2.0 with its signs (<c>vocab.json</c>) or without, which is given them by a fine-tuning.</summary>
    /// <param name="folder">A folder with <c>config.json</c> and weights.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, the architecture is not built, or the weights do not fit.</exception>
    /// <exception cref="ArgumentException">The model tells classes.</exception>
    public static SpeechRecognizer FromPretrained(string folder, Device? device = null, ulong seed = 0, LoadOptions? options = null) =>
        From(SpeechModelSource.FromFolder(folder, HeadIn(folder), seed, options), device);

    /// <summary>Starts from a model of any source that tells signs of frames, or writes.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="ArgumentException">It has another head.</exception>
    public static SpeechRecognizer From(SpeechModelSource source, Device? device = null) => new(
        SpeechModelSource.Fitting(
            source, static model => model.Head is SpeechHead.Ctc or SpeechHead.SequenceToSequence,
            "does not write down what is said: wav2vec 2.0 with signs of frames does, and Whisper"), device);

    /// <summary>Loads a folder that <see cref="TaskModel{TModel, TInputs, TRecipe}.Save"/> wrote, or a recogniser's folder of the hub.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the model is of another task.</exception>
    public static SpeechRecognizer Load(string folder, Device? device = null)
    {
        var recognizer = FromPretrained(folder, device);
        recognizer.RequireTrainedHead();
        return recognizer;
    }

    /// <summary>What stands above the encoder of a folder that can be a recogniser's: a Whisper writes, all others tell signs of frames.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="CheckpointException">Its <c>config.json</c> is missing or malformed.</exception>
    public static SpeechHead HeadIn(string folder) => PretrainedSpeechModel.HeadOf(folder) == SpeechHead.SequenceToSequence ? SpeechHead.SequenceToSequence : SpeechHead.Ctc;

    /// <summary>What is said in a wave file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How; null for the model's own way.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <inheritdoc cref="Transcribe(IEnumerable{string}, TranscriptionOptions, CancellationToken)" path="/exception"/>
    public Transcript Transcribe(string path, TranscriptionOptions? options = null, CancellationToken cancellation = default) => Transcribe([path], options, cancellation).Single();

    /// <summary>What is said in wave files, in their order; they are read as they are needed.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="options">How; null for the model's own way.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="AudioException">A file cannot be read, has no samples, or is too short for one frame.</exception>
    /// <exception cref="ArgumentException">The model does not know a language or task, or the options contradict themselves.</exception>
    /// <exception cref="CheckpointException">The head is untrained, or its signs are not known.</exception>
    public IEnumerable<Transcript> Transcribe(IEnumerable<string> paths, TranscriptionOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return Transcribe(paths.Select(static path => (path, Waveform.Read(path))), options, cancellation);
    }

    /// <summary>What is said in a sound.</summary>
    /// <param name="sound">The sound, of any rate and number of channels.</param>
    /// <param name="options">How; null for the model's own way.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <inheritdoc cref="Transcribe(IEnumerable{string}, TranscriptionOptions, CancellationToken)" path="/exception"/>
    public Transcript Transcribe(Waveform sound, TranscriptionOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sound);
        return Transcribe([("sound", sound)], options, cancellation).Single();
    }

    /// <summary>What is said in sounds, in their order; they are read as they are needed. One model answers all of a call.</summary>
    /// <param name="sounds">The sounds with their names.</param>
    /// <param name="options">How; null for the model's own way.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <inheritdoc cref="Transcribe(IEnumerable{string}, TranscriptionOptions, CancellationToken)" path="/exception"/>
    public IEnumerable<Transcript> Transcribe(IEnumerable<(string Name, Waveform Sound)> sounds, TranscriptionOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sounds);
        var now = Current;
        Require(now);
        options ??= new TranscriptionOptions();
        Check(now.Model, options);
        return Read(now.Model, now.Inputs, sounds.Select(one => (one.Name, SoundList.SamplesOf(one.Sound, now.Inputs.SampleRate, one.Name))), options, cancellation);
    }

    /// <summary>Learns sounds and what is said in them. Signs of frames stay as they are where they spell every text; else the signs of the texts take their place,
    /// with a new head. A Whisper learns to write the texts behind the tokens of its language and of no times.</summary>
    /// <param name="training">What is learnt from.</param>
    /// <param name="validation">What is evaluated on after each epoch, as <see cref="Evaluate"/> does; null for nothing.</param>
    /// <param name="options">How; null for the default recipe.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the model keeps what it learnt.</param>
    /// <exception cref="AudioException">A sound cannot be read, has no samples, or is too short for its text or too long for the model; nothing was changed.</exception>
    /// <exception cref="ArgumentException">An option is impossible; nothing was changed.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the model is as it was before that step.</exception>
    /// <exception cref="InvalidOperationException">Another thread is fine-tuning it; nothing was changed.</exception>
    public FitReport FineTune(
        TranscribedSounds training, TranscribedSounds? validation = null, SpeechFineTuneOptions? options = null, IProgress<FitProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        options ??= new SpeechFineTuneOptions();
        options.Validate();
        if (options.HeldOut > 0 && validation is null) (training, validation) = training.Split(options.HeldOut, options.Recipe.Seed);
        var how = new TranscriptionOptions { Language = options.Language };
        Check(Model, how);
        return Fit(
            LabelsOf(training.Texts, Current), (model, preparation) => Examples(model, preparation, training, how),
            validation is null ? null : (model, preparation, token) => Measure(model, preparation, validation, how, token), options, progress, cancellation);
    }

    /// <summary>Evaluates the model: the <c>loss</c> (of a sound's signs, or of a next token), and <c>wer</c> and <c>cer</c>, word and character error rates of all sounds
    /// together (JiWER's rule). Nothing is done to the texts beforehand but that signs of frames count in the letters that they have. What is right is
    /// the number of sounds without a mistake.</summary>
    /// <param name="sounds">The sounds with what is said in them.</param>
    /// <param name="options">How speech is written down; null for the model's own way.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="AudioException">A sound cannot be used.</exception>
    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    /// <exception cref="CheckpointException">The head is untrained, or its signs are not known.</exception>
    public Evaluation Evaluate(TranscribedSounds sounds, TranscriptionOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sounds);
        var now = Current;
        Require(now);
        options ??= new TranscriptionOptions();
        Check(now.Model, options);
        return Measure(now.Model, now.Inputs, sounds, options, cancellation);
    }

    /// <summary>What is written of sounds that are prepared already.</summary>
    internal IReadOnlyList<Transcript> Transcribe(SpeechBatch batch, TranscriptionOptions options)
    {
        using var reader = new WhisperReader((WhisperModel)Model, Device, Preparation, settings!, options);
        return reader.ReadWindows(batch, default);
    }

    private protected override void WriteInputs(string folder, SpeechPreparation inputs)
    {
        base.WriteInputs(folder, inputs);
        settings?.Save(folder);
    }

    private static SpeechExamples Examples(SpeechModel model, SpeechPreparation preparation, TranscribedSounds sounds, int[] prompt) =>
        model is WhisperModel writer ? new WrittenExamples(preparation, sounds, writer, prompt) : new CtcExamples(preparation, sounds, model);

    private SpeechExamples Examples(SpeechModel model, SpeechPreparation preparation, TranscribedSounds sounds, TranscriptionOptions options) =>
        Examples(model, preparation, sounds, model is WhisperModel writer ? PromptOf(writer, options) : []);

    /// <summary>What a Whisper begins with where the right words follow.</summary>
    private int[] PromptOf(WhisperModel writer, TranscriptionOptions options)
    {
        if (settings!.Languages.Count == 0) return settings.Prompt(writer, null, options.Task, hasTimes: false);
        return options.Language is { } language ? settings.Prompt(writer, settings.TokenOf(writer, language), options.Task, hasTimes: false)
            : throw new ArgumentException($"{writer.Name} knows several languages: say which one is spoken in what it learns from (language)");
    }

    /// <summary>The signs that the outputs are to be: those that are there where they spell every text.</summary>
    private static IReadOnlyList<string> LabelsOf(IReadOnlyList<string> texts, TaskState<SpeechModel, SpeechPreparation, SpeechFineTuneOptions> now)
    {
        if (now.Model.Head != SpeechHead.Ctc) return [];
        return now.Inputs.Vocabulary is { } own && texts.All(own.Spells) ? own.Tokens : CtcVocabulary.Of(texts, now.Model.Blank!.Value).Tokens;
    }

    private void Check(SpeechModel model, TranscriptionOptions options)
    {
        options.Generation?.Check();
        if (options.Beams is { } beams) ArgumentOutOfRangeException.ThrowIfLessThan(beams, 1, nameof(options));
        if (model is WhisperModel writer)
        {
            int? language = options.Language is { } asked ? settings!.TokenOf(writer, asked) : null;
            _ = settings!.Prompt(writer, language, options.Task, options.HasTimestamps);
        }
        else if (options.Language is not null || options.Task != new TranscriptionOptions().Task || options.Generation is not null)
        {
            throw new ArgumentException($"{model.Name} tells the signs that it hears: a language, a task and how tokens are chosen are for a Whisper");
        }
        else if (options is { Beams: > 1, HasTimestamps: true })
        {
            throw new ArgumentException($"a search with {options.Beams} beams tells no times of words: take 1");
        }
    }

    private void Require(TaskState<SpeechModel, SpeechPreparation, SpeechFineTuneOptions> now)
    {
        now.RequireTrainedHead();
        if (now.Model.Head == SpeechHead.Ctc && now.Inputs.Vocabulary is null)
        {
            throw new CheckpointException(
                Folder ?? now.Model.Name, $"has no {CtcVocabulary.FileName}, so nothing says which signs the network tells: put it into the folder, or fine-tune it");
        }
    }

    private IEnumerable<Transcript> Read(
        SpeechModel model, SpeechPreparation preparation, IEnumerable<(string Name, float[] Samples)> sounds, TranscriptionOptions options, CancellationToken cancellation)
    {
        if (model is WhisperModel writer)
        {
            using var reader = new WhisperReader(writer, Device, preparation, settings!, options);
            foreach (var transcript in reader.Read(sounds, cancellation)) yield return transcript;
            yield break;
        }
        foreach (var (transcript, _) in ReadFrames(model, preparation, sounds, options, cancellation)) yield return transcript;
    }

    private IEnumerable<(Transcript Transcript, float[] Logits)> ReadFrames(
        SpeechModel model, SpeechPreparation preparation, IEnumerable<(string Name, float[] Samples)> sounds, TranscriptionOptions options, CancellationToken cancellation)
    {
        var asked = new Queue<(string Name, int Length)>();
        var watched = sounds.Select(sound =>
        {
            asked.Enqueue((sound.Name, sound.Samples.Length));
            return sound;
        });
        foreach (float[] logits in CtcReader.Logits(model, Device, preparation, watched, options.ChunkSeconds, cancellation))
        {
            var (name, length) = asked.Dequeue();
            var (text, segments) = CtcReader.Read(logits, model, preparation, options);
            yield return (new Transcript(name, text) { Segments = segments, Seconds = (double)length / preparation.SampleRate }, logits);
        }
    }

    private Evaluation Measure(SpeechModel model, SpeechPreparation preparation, TranscribedSounds sounds, TranscriptionOptions options, CancellationToken cancellation)
    {
        var all = Enumerable.Range(0, sounds.Count).Select(index => (sounds.Name(index), sounds.Samples(index, preparation.SampleRate)));
        var (written, references) = (new List<string>(), sounds.Texts);
        List<(string, double)> figures = [];
        if (model is WhisperModel writer)
        {
            var told = Told(writer, preparation, sounds, options, cancellation);
            if (told is not null) figures.AddRange([(Transfer.Metrics.Loss, told.Loss), ("perplexity", told.Metrics.Find("perplexity")!.Value)]);
            written.AddRange(Read(model, preparation, all, options, cancellation).Select(static one => one.Text));
        }
        else
        {
            double loss = 0;
            foreach (var (transcript, logits) in ReadFrames(model, preparation, all, options, cancellation))
            {
                loss += LossOf(logits, preparation.Vocabulary!.Encode(references[written.Count]), preparation.Vocabulary.Tokens.Count, model.Blank!.Value);
                written.Add(transcript.Text);
            }
            figures.Add((Transfer.Metrics.Loss, loss / Math.Max(1, sounds.Count)));
            references = [.. references.Select(preparation.Vocabulary!.Spelled)];
        }
        int right = written.Zip(references).Count(static pair => pair.First == pair.Second);
        return new Evaluation(sounds.Count, right, new Metrics(
            [.. figures, ("wer", EditCounts.OfWords(written, references).ErrorRate), ("cer", EditCounts.OfCharacters(written, references).ErrorRate)]));
    }

    /// <summary>How unlikely the right signs are over all their alignments; a sound that is too short for them counts 0, as in training.</summary>
    private double LossOf(float[] logits, int[] labels, int classes, int blank)
    {
        using var pass = Pass.Infer(Device);
        int frames = logits.Length / classes;
        return pass.Constant(pass.Upload<float>([1, frames, classes], logits)).CtcLoss([labels], [frames], blank, CtcReduction.Sum, zeroInfinity: true).Value.ToArray()[0];
    }

    /// <summary>How well each next token is told, the right ones before it being given; null where a sound is longer than a window, or the language is not said.</summary>
    private Evaluation? Told(WhisperModel writer, SpeechPreparation preparation, TranscribedSounds sounds, TranscriptionOptions options, CancellationToken cancellation)
    {
        if (settings!.Languages.Count > 0 && options.Language is null) return null;
        for (int index = 0; index < sounds.Count; index++)
            if (sounds.Samples(index, preparation.SampleRate).Length > preparation.Window) return null;
        var examples = new WrittenExamples(preparation, sounds, writer, PromptOf(writer, options));
        var scores = new TokenScores();
        foreach (int[] chosen in Enumerable.Range(0, sounds.Count).Chunk(8))
        {
            cancellation.ThrowIfCancellationRequested();
            int[] labels = examples.Labels(chosen);
            using var pass = Pass.Infer(Device);
            scores.Add(writer.Forward(pass, writer.WithLabels(examples.Batch(writer, chosen), labels))["logits"].Value, labels);
        }
        return scores.Evaluate();
    }
}
