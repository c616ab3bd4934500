using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Image classification: published weights, fine-tuned on a folder of pictures, saved and loaded.</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say.</remarks>
/// <example><code>
/// var classifier = ImageClassifier.FromPretrained("resnet18", "resnet18.pth");
/// classifier.FineTune("photos/", epochs: 5);
/// Console.WriteLine(classifier.Predict("cat.jpg").Label);
/// classifier.Save("my-classifier");
/// </code></example>
public sealed partial class ImageClassifier : ImageTask<LabelledImages, Prediction>
{
    private ImageClassifier(ImageModelSource source, Device? device) : base(source, device)
    {
    }

    /// <summary>The classes' names in index order: <see cref="TaskModel{TModel, TInputs, TRecipe}.Labels"/>.</summary>
    public IReadOnlyList<string> ClassNames => Labels;

    /// <summary>The other task that the last fine-tuning learnt in the same steps (<see cref="ImageFineTuneOptions.Joint"/>): the same trunk, and a head of its own; null for none. It is
    /// disposed of with this one, and when another takes its place.</summary>
    public ImageClassifier? Joint { get; private set; }

    /// <summary>Loads published weights: PyTorch's or safetensors, with a head of any size or, to be fine-tuned or to give features, with
    /// none.</summary>
    /// <param name="model">The architecture's name, one of <see cref="ModelRegistry.Names"/>.</param>
    /// <param name="weights">The checkpoint's file or folder; a folder of timm's also says how pictures are prepared.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the file, and what to tolerate; null to find them.</param>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    /// <exception cref="CheckpointException">The file cannot be read or holds another model, or a folder's config asks for what is not done
    /// here.</exception>
    public static ImageClassifier FromPretrained(
        string model, string weights, Device? device = null, ulong seed = 0, LoadOptions? options = null) =>
        new(ImageModelSource.Pretrained(model, weights, seed, options), device);

    /// <summary>Starts from random weights: for a comparison, or with data enough.</summary>
    /// <param name="model">The architecture's name, one of <see cref="ModelRegistry.Names"/>.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of the initial values.</param>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    public static ImageClassifier FromScratch(string model, Device? device = null, ulong seed = 0) => new(ImageModelSource.Scratch(model, seed), device);

    /// <summary>Starts from a model of any source.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    public static ImageClassifier From(ImageModelSource source, Device? device = null) => new(source, device);

    /// <summary>Loads a folder that <see cref="TaskModel{TModel, TInputs, TRecipe}.Save"/> wrote.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the weights are of another model.</exception>
    public static ImageClassifier Load(string folder, Device? device = null) => new(ImageModelSource.Saved(folder, ModelConfig.SingleLabel), device);

    /// <summary>Fine-tunes the classifier on a folder of pictures, a sub-folder a class, with the default recipe.</summary>
    /// <param name="folder">The pictures.</param>
    /// <param name="epochs">The number of epochs.</param>
    /// <exception cref="ImageException">The folder or a picture in it cannot be used.</exception>
    public FitReport FineTune(string folder, int epochs) =>
        FineTune(folder, new ImageFineTuneOptions { Recipe = new FineTuneOptions { Epochs = epochs } });

    /// <summary>Fine-tunes the classifier on a folder of pictures, a sub-folder a class, or on a NumPy archive (<c>.npz</c>). Where the classes
    /// are not those of the head it gets a new one, which is trained alone first.</summary>
    /// <param name="folder">The pictures.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the classifier keeps what it learnt.</param>
    /// <exception cref="ImageException">A folder or a picture in it cannot be used; the classifier keeps what it learnt until then.</exception>
    /// <exception cref="ArgumentException">An option is impossible; nothing was changed.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the classifier is as it was before that step.</exception>
    /// <exception cref="InvalidOperationException">Another thread is fine-tuning it; nothing was changed.</exception>
    public FitReport FineTune(
        string folder, ImageFineTuneOptions options, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var (training, validation) = LabelledImages.OpenForTraining(folder, options);
        // cancelled already: the report has no step, as from training
        if (!cancellation.IsCancellationRequested)
        {
            training = Readable(training, options.Recipe.Seed, everyClass: true, options.Unreadable);
            validation = validation is null ? null : Readable(validation, null, everyClass: false, options.Unreadable);
        }
        return FineTune(training, validation, options, progress, cancellation);
    }

    /// <summary>Evaluates the classifier (loss, accuracy) on a folder of pictures, a sub-folder a class, or on a NumPy archive.</summary>
    /// <param name="folder">The pictures.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">The folder or a picture cannot be used, or it has classes that the classifier does not know.</exception>
    public Evaluation Evaluate(string folder, CancellationToken cancellation = default) =>
        Evaluate(Match(LabelledImages.Open(folder, DataUse.Evaluation), out _), null, cancellation);

    /// <summary>Evaluates the classifier (loss, accuracy) on a folder of pictures, a sub-folder a class, or on a NumPy archive; those that
    /// cannot be read are left out.</summary>
    /// <param name="folder">The pictures.</param>
    /// <param name="unreadable">Reports each that cannot be read.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">The folder cannot be used, or it has classes that the classifier does not know.</exception>
    public Evaluation Evaluate(string folder, Action<ImageException> unreadable, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(unreadable);
        return Evaluate(Match(LabelledImages.Open(folder, DataUse.Evaluation), out _), (_, problem) => unreadable(problem), cancellation);
    }

    /// <summary>Evaluates the classifier (loss, accuracy), and reports each picture.</summary>
    /// <param name="pictures">The pictures, with the classifier's class indices (<see cref="Match"/>).</param>
    /// <param name="answered">Reports each picture, in order: its class and the predicted one.</param>
    /// <param name="unreadable">Reports each picture that cannot be read and is left out; null to end there.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">A picture cannot be decoded and <paramref name="unreadable"/> is null.</exception>
    public Evaluation Evaluate(
        LabelledImages pictures, Action<int, int> answered, Action<int, ImageException>? unreadable, CancellationToken cancellation = default) =>
        Measured(pictures, unreadable, (data, outputs) => Count(data, outputs, answered), cancellation);

    /// <summary>The pictures with the classifier's class indices: by name, or in order where its classes have no names.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="note">How they were matched, where it was not by name.</param>
    /// <exception cref="ImageException">They have a class that the classifier does not know.</exception>
    public LabelledImages Match(LabelledImages pictures, out string? note)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        return ClassNumbers.Match(pictures, ClassNames, out note);
    }

    /// <summary>Decodes pictures once, so that one that cannot be read is not found after an hour.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="trainingSeed">The seed of their training; null for pictures to evaluate on.</param>
    /// <param name="counted">Reports each picture that was looked at, from one thread at a time.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>Those that cannot be read, by index.</returns>
    public SortedList<int, ImageException> Check(
        LabelledImages pictures, ulong? trainingSeed, Action? counted = null, CancellationToken cancellation = default) =>
        base.Check(pictures, trainingSeed, counted, cancellation);

    /// <inheritdoc/>
    protected override IReadOnlyList<string> LabelsOf(LabelledImages data) => data.ClassNames;

    /// <inheritdoc/>
    protected override Variable Loss(Variable outputs, LabelledImages data, IReadOnlyList<int> examples, ImageFineTuneOptions options) =>
        LossOver(data, options)(outputs, examples);

    private protected override IReadOnlyList<int> ClassesOf(LabelledImages data) => [.. Enumerable.Range(0, data.Count).Select(data.Label)];

    private protected override LabelledImages EarlierOf(EarlierOptions options, IReadOnlyList<string> labels) =>
        (options.Pictures ?? LabelledImages.Open(options.Data!, DataUse.Training)).WithClasses(labels);

    private protected override LabelledImages JointOf(JointOptions options)
    {
        var pictures = options.Pictures ?? LabelledImages.Open(options.Data!, DataUse.Training);
        return pictures.ClassNames.Count > 1 ? pictures
            : throw new ArgumentException($"{pictures.Root} has the class {pictures.ClassNames[0]} alone, which says nothing to a second head: give pictures of two classes or more");
    }

    private protected override void Keep(TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions>? joint)
    {
        Joint?.Dispose();
        Joint = joint is null ? null : new ImageClassifier(ImageModelSource.Of(joint), Device);
    }

    private protected override void Release()
    {
        Joint?.Dispose();
        Joint = null;
    }

    private protected override LabelledImages SomeOfEach(LabelledImages data, int count, ulong seed) => data.OfEachClass(count, seed);

    private protected override ImageLoss LossOver(LabelledImages data, ImageFineTuneOptions options)
    {
        var loss = options.Classes.Loss(ClassesOf(data), data.ClassNames.Count, options.LabelSmoothing);
        return (outputs, examples) => loss.Of(outputs, [.. examples.Select(data.Label)]);
    }

    /// <inheritdoc/>
    protected override Evaluation Measure(LabelledImages data, IEnumerable<(int Example, ReadOnlyMemory<float> Outputs)> outputs) =>
        Count(data, outputs, answered: null);

    /// <inheritdoc/>
    protected override Prediction Answer(string name, ReadOnlyMemory<float> outputs, IReadOnlyList<string> labels) => new(
        name,
        [.. ImageInference.LogSoftmax(outputs.Span).Select((value, number) => new ClassProbability(labels[number], Math.Exp(value))).OrderByDescending(entry => entry.Probability)]);

    private static Evaluation Count(
        LabelledImages data, IEnumerable<(int Example, ReadOnlyMemory<float> Outputs)> outputs, Action<int, int>? answered)
    {
        int examples = 0, correct = 0;
        double loss = 0;
        foreach (var (example, scores) in outputs)
        {
            int label = data.Label(example), answer = ImageInference.IndexOfLargest(scores.Span);
            loss -= ImageInference.LogProbability(scores.Span, label, scores.Span[answer]);
            if (answer == label) correct++;
            examples++;
            answered?.Invoke(label, answer);
        }
        return new Evaluation(examples, correct, loss / Math.Max(1, examples));
    }

    /// <summary>The pictures without those that cannot be read, which are reported; without a callback they are refused.</summary>
    private LabelledImages Readable(LabelledImages pictures, ulong? trainingSeed, bool everyClass, Action<ImageException>? report)
    {
        var unreadable = Check(pictures, trainingSeed);
        if (unreadable.Count > 0 && report is null) throw new ImageException(PictureCheck.Summary(unreadable));
        foreach (var problem in unreadable.Values) report!(problem);
        return pictures.Without(unreadable, everyClass);
    }
}
