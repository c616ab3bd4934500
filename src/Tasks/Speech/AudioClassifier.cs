using Graft.Audio;
using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Tells the class of a sound: wav2vec 2.0 whose states are averaged (<c>Wav2Vec2ForSequenceClassification</c>), or the keyword transformer.</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say.</remarks>
/// <example><code>
/// using var classifier = AudioClassifier.FromPretrained("wav2vec2-base");
/// classifier.FineTune("commands");
/// Console.WriteLine(classifier.Predict("yes.wav").Label);
/// classifier.Save("my-classifier");
/// </code></example>
public sealed class AudioClassifier : SpeechTask
{
    private AudioClassifier(SpeechModelSource source, Device? device) : base(source, device)
    {
    }

    /// <summary>Opens a folder of the hub, with a classifier or of an encoder alone, which is given one by a fine-tuning.</summary>
    /// <param name="folder">A folder with <c>config.json</c> and weights.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, the architecture is not built, or the weights do not fit.</exception>
    /// <exception cref="ArgumentException">The model is one that writes.</exception>
    public static AudioClassifier FromPretrained(string folder, Device? device = null, ulong seed = 0, LoadOptions? options = null) =>
        From(SpeechModelSource.FromFolder(folder, SpeechHead.SequenceClassification, seed, options), device);

    /// <summary>Starts from a model of any source with a head for classes.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="ArgumentException">It has another head.</exception>
    public static AudioClassifier From(SpeechModelSource source, Device? device = null) => new(
        SpeechModelSource.Fitting(
            source, static model => model.Head == SpeechHead.SequenceClassification, "tells no classes of sounds: wav2vec 2.0 does, and the keyword transformer"), device);

    /// <summary>Loads a folder that <see cref="TaskModel{TModel, TInputs, TRecipe}.Save"/> wrote, or a classifier's folder of the hub.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the model is of another task.</exception>
    public static AudioClassifier Load(string folder, Device? device = null)
    {
        var classifier = FromPretrained(folder, device);
        classifier.RequireTrainedHead();
        return classifier;
    }

    /// <summary>Fine-tunes the classifier on a folder of wave files, a sub-folder a class.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How; null for the default recipe.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the classifier keeps what it learnt.</param>
    /// <inheritdoc cref="FineTune(LabelledSounds, LabelledSounds, SpeechFineTuneOptions, IProgress{FitProgress}, CancellationToken)" path="/exception"/>
    public FitReport FineTune(string folder, SpeechFineTuneOptions? options = null, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default) =>
        FineTune(LabelledSounds.Open(folder), options?.Validation is { } other ? LabelledSounds.Open(other) : null, options, progress, cancellation);

    /// <summary>Fine-tunes the classifier on sounds of classes. Where the classes are not those of the head it gets a new one.</summary>
    /// <param name="training">What is learnt from.</param>
    /// <param name="validation">What is evaluated on after each epoch; null for nothing.</param>
    /// <param name="options">How; null for the default recipe.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the classifier keeps what it learnt.</param>
    /// <exception cref="AudioException">A sound cannot be read, has no samples, or is too short for one frame; or all are of one class. Nothing was changed.</exception>
    /// <exception cref="ArgumentException">An option is impossible; nothing was changed.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the classifier is as it was before that step.</exception>
    /// <exception cref="InvalidOperationException">Another thread is fine-tuning it; nothing was changed.</exception>
    public FitReport FineTune(
        LabelledSounds training, LabelledSounds? validation = null, SpeechFineTuneOptions? options = null, IProgress<FitProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        options ??= new SpeechFineTuneOptions();
        options.Validate();
        if (training.ClassNames.Count < 2)
            throw new AudioException(training.Source, $"has the class '{Printable.Text(string.Concat(training.ClassNames))}' alone: there is nothing to tell apart");
        if (options.HeldOut > 0 && validation is null) (training, validation) = training.Split(options.HeldOut, options.Recipe.Seed);
        var held = validation?.Match(training.ClassNames, out _);
        return Fit(
            training.ClassNames, (_, preparation) => new ClassExamples(preparation, training, options),
            held is null ? null : (model, preparation, token) => Measure(model, preparation, held, null, token), options, progress, cancellation);
    }

    /// <summary>Evaluates the classifier: <c>loss</c>, <c>accuracy</c>, <c>f1</c> and others of classes.</summary>
    /// <param name="sounds">The sounds; their classes are matched with the classifier's by name.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="AudioException">A sound cannot be used, or a class is none of the classifier's.</exception>
    public Evaluation Evaluate(LabelledSounds sounds, CancellationToken cancellation = default) => Evaluate(sounds, answered: null, out _, cancellation);

    /// <summary>Evaluates the classifier, and reports each sound: a confusion matrix counts these.</summary>
    /// <param name="sounds">The sounds.</param>
    /// <param name="answered">Reports each sound in order: its class and the predicted one, indices of <see cref="TaskModel{TModel, TInputs, TRecipe}.Labels"/>.</param>
    /// <param name="note">How the classes were matched, where it was not by name.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="AudioException">A sound cannot be used, or a class is none of the classifier's.</exception>
    public Evaluation Evaluate(LabelledSounds sounds, Action<int, int>? answered, out string? note, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sounds);
        var now = Current;
        now.RequireTrainedHead();
        return Measure(now.Model, now.Inputs, sounds.Match(now.Labels, out note), answered, cancellation);
    }

    /// <summary>The prediction for a wave file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="AudioException">It cannot be read, has no samples, or is too short for one frame.</exception>
    public Prediction Predict(string path) => Predict([path]).Single();

    /// <summary>The predictions for wave files, in their order; they are read as they are needed.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="AudioException">One cannot be read, has no samples, or is too short for one frame.</exception>
    public IEnumerable<Prediction> Predict(IEnumerable<string> paths, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return Predictions(Current, paths.Select(static path => (path, Waveform.Read(path))), cancellation);
    }

    /// <summary>The prediction for a sound.</summary>
    /// <param name="sound">The sound, of any rate and number of channels.</param>
    /// <param name="name">What it is called.</param>
    /// <exception cref="AudioException">It has no samples, or is too short for one frame.</exception>
    public Prediction Predict(Waveform sound, string name = "sound")
    {
        ArgumentNullException.ThrowIfNull(sound);
        return Predictions(Current, [(name, sound)], default).Single();
    }

    private IEnumerable<Prediction> Predictions(
        TaskState<SpeechModel, SpeechPreparation, SpeechFineTuneOptions> now, IEnumerable<(string Name, Waveform Sound)> sounds, CancellationToken cancellation)
    {
        now.RequireTrainedHead();
        var asked = new Queue<string>();
        var samples = sounds.Select(one =>
        {
            asked.Enqueue(one.Name);
            return (one.Name, SoundList.SamplesOf(one.Sound, now.Inputs.SampleRate, one.Name));
        });
        foreach (float[] logits in SpeechInference.Logits(now.Model, Device, now.Inputs, samples, cancellation))
        {
            yield return new Prediction(
                asked.Dequeue(),
                [.. ImageInference.LogSoftmax(logits).Select((value, number) => new ClassProbability(now.Labels[number], Math.Exp(value))).OrderByDescending(static one => one.Probability)]);
        }
    }

    private Evaluation Measure(SpeechModel model, SpeechPreparation preparation, LabelledSounds sounds, Action<int, int>? answered, CancellationToken cancellation)
    {
        int[] expected = [.. Enumerable.Range(0, sounds.Count).Select(sounds.Label)], predicted = new int[sounds.Count];
        int correct = 0;
        double loss = 0;
        var all = Enumerable.Range(0, sounds.Count).Select(index => (sounds.Name(index), sounds.Samples(index, preparation.SampleRate)));
        foreach (var (index, logits) in SpeechInference.Logits(model, Device, preparation, all, cancellation).Index())
        {
            predicted[index] = ImageInference.IndexOfLargest(logits);
            loss -= ImageInference.LogProbability(logits, expected[index], logits[predicted[index]]);
            if (predicted[index] == expected[index]) correct++;
            answered?.Invoke(expected[index], predicted[index]);
        }
        var scores = ClassificationScores.Of(expected, predicted, sounds.ClassNames.Count);
        return new Evaluation(sounds.Count, correct, new Metrics([(Transfer.Metrics.Loss, loss / Math.Max(1, sounds.Count)), .. scores.Figures]));
    }
}
