using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Tells pictures apart: published weights, adapted to a folder of pictures, saved and used again.</summary>
/// <remarks>Any number of threads may predict, evaluate and save at once, also while one fine-tunes: that works on a copy, which takes
/// the place of the network, its classes and its figures in one moment when training ends. Until then answers are the old network's;
/// each call keeps to the one that it began with. A second fine-tuning at the same time is refused.</remarks>
/// <example><code>
/// var classifier = ImageClassifier.FromPretrained("resnet18", "resnet18.pth");
/// classifier.FineTune("photos/", epochs: 5);
/// Console.WriteLine(classifier.Predict("cat.jpg").Label);
/// classifier.Save("my-classifier");
/// </code></example>
public sealed partial class ImageClassifier : IDisposable
{
    /// <summary>Pictures that are looked at together.</summary>
    internal const int InferenceBatch = 64;

    private readonly Device device;
    private readonly CpuDevice decoding;
    private readonly Lock changing = new();
    private Network network;
    private int tuning;

    private ImageClassifier(Network network, Device? device)
    {
        this.network = network;
        this.device = device ?? Device.Cpu;
        decoding = this.device as CpuDevice ?? (CpuDevice)Device.Cpu;
    }

    /// <summary>The network that answers now; a fine-tuning puts another in its place.</summary>
    public ImageModel Model => Current.Model;

    /// <summary>The classes' names, by number. Published weights whose classes have no known names have LABEL_0, LABEL_1 ...</summary>
    public IReadOnlyList<string> ClassNames => Current.ClassNames;

    /// <summary>What is done to a picture before the network sees it.</summary>
    public ImagePreprocessing Preprocessing
    {
        get => Current.Preprocessing;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Change(now => now with { Preprocessing = value });
        }
    }

    /// <summary>Figures of the last fine-tuning and evaluation, saved with the classifier.</summary>
    public IReadOnlyDictionary<string, double> Metrics => Current.Manifest.Metrics;

    /// <summary>What <see cref="FromPretrained"/> took of its file; null for a classifier from elsewhere.</summary>
    public LoadReport? WeightsReport { get; private init; }

    private Network Current => Volatile.Read(ref network);

    /// <summary>Takes published weights: PyTorch's or safetensors, with a head of any size or, to be fine-tuned or to give features, with
    /// none.</summary>
    /// <param name="model">The architecture's name, one of <see cref="ModelRegistry.Names"/>.</param>
    /// <param name="weights">The checkpoint's file or folder; a folder of timm's also says how pictures are prepared.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of a new head's numbers.</param>
    /// <param name="options">Which weights of the file, and what to put up with; null to find them.</param>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    /// <exception cref="CheckpointException">The file cannot be read or holds another model, or a folder's config asks for what is not done here.</exception>
    public static ImageClassifier FromPretrained(
        string model, string weights, Device? device = null, ulong seed = 0, LoadOptions? options = null)
    {
        options = (options ?? new LoadOptions()) with { AllowMissingHead = true };
        var timm = TimmConfig.Find(weights);
        using var checkpoint = Checkpoint.Open(weights);
        timm?.Require(weights, model, timm.Classes ?? 0);
        var network = ModelRegistry.CreateFor(model, checkpoint, options, seed);
        var report = network.Load(checkpoint, options);
        int classes = network.Stages[^1].Modules.SelectMany(module => module.Parameters()).First().Shape[0];
        if (!network.IsHeadNew) timm?.Require(weights, model, classes);
        return Make(network, BaseCheckpoint.Of(checkpoint), device, report, timm);
    }

    /// <summary>Begins without weights: for a comparison, or where there is data enough.</summary>
    /// <param name="model">The architecture's name, one of <see cref="ModelRegistry.Names"/>.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    /// <param name="seed">The seed of the first numbers.</param>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    public static ImageClassifier FromScratch(string model, Device? device = null, ulong seed = 0) =>
        Make(ModelRegistry.Create(model, seed: seed), null, device);

    /// <summary>Loads a folder that <see cref="Save"/> wrote.</summary>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the weights are of another model.</exception>
    public static ImageClassifier Load(string folder, Device? device = null)
    {
        var (model, config, preprocessing, manifest) = ClassifierBundle.Read(folder);
        return new ImageClassifier(new Network(model, config, preprocessing, manifest ?? NewManifest(null)), device);
    }

    /// <summary>Adapts the classifier to a folder of pictures, a sub-folder a class, with the default recipe.</summary>
    /// <exception cref="ImageException">The folder or a picture in it cannot be used.</exception>
    public FitReport FineTune(string folder, int epochs) =>
        FineTune(folder, new ImageFineTuneOptions { Recipe = new FineTuneOptions { Epochs = epochs } });

    /// <summary>Adapts the classifier to a folder of pictures, a sub-folder a class, or to a NumPy archive (<c>.npz</c>). Where the classes
    /// are not those of the head it gets a new one, which is trained alone first.</summary>
    /// <param name="folder">The pictures.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Is told of every step.</param>
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
        var (training, validation) = Readable(TrainingPictures.Open(folder, options), options, cancellation);
        return FineTune(training, validation, options, progress, cancellation);
    }

    /// <summary>Counts how many pictures of a folder, a sub-folder a class, the classifier gets right.</summary>
    /// <exception cref="ImageException">The folder or a picture cannot be used, or it has classes that the classifier does not know.</exception>
    public Evaluation Evaluate(string folder, CancellationToken cancellation = default) =>
        Evaluate(folder, default(Action<int, ImageException>), cancellation);

    /// <summary>What the classifier makes of a picture.</summary>
    /// <exception cref="ImageException">The picture cannot be decoded.</exception>
    public Prediction Predict(string file) => Predict([file]).Single();

    /// <summary>What the classifier makes of pictures, in their order.</summary>
    /// <exception cref="ImageException">A picture cannot be decoded.</exception>
    public IEnumerable<Prediction> Predict(IReadOnlyList<string> files, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        // one network answers all of a call, also where another takes its place meanwhile
        return Predict(Current, new ImageFiles(files), unreadable: null, cancellation).Select(static answer => answer.Prediction);
    }

    /// <summary>What the trunk makes of pictures, before the head: one row of features a picture, in their order.</summary>
    /// <exception cref="ImageException">A picture cannot be decoded.</exception>
    public IEnumerable<float[]> Features(IReadOnlyList<string> files, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Features(Current, new ImageFiles(files), unreadable: null, cancellation).Select(static answer => answer.Row);
    }

    /// <summary>Saves the classifier as a folder that Hugging Face's users recognise: <c>model.safetensors</c>, <c>config.json</c>,
    /// <c>preprocessor_config.json</c>, and <c>graft.json</c> with the recipe, the base checkpoint's SHA-256 and the metrics.</summary>
    /// <exception cref="IOException">The folder cannot be written; an older classifier in it is as it was.</exception>
    public void Save(string folder)
    {
        var now = Current;
        RequireTrainedHead(now);
        ClassifierBundle.Write(folder, now.Model, now.Config with { ImageSize = now.Preprocessing.OutputSize }, now.Preprocessing, now.Manifest);
    }

    /// <summary>Gives the network's memory back, once the calls that are running have ended; the classifier is not used again.</summary>
    public void Dispose() => Current.Model.Dispose();

    /// <summary>Adapts a copy of the network to these classes, with a new head unless it has one for them, and puts it in the network's
    /// place as soon as training has ended, in whatever way.</summary>
    internal FitReport Fit(
        IReadOnlyList<string> classNames, LabelledImages training, LabelledImages? validation, ImageFineTuneOptions options,
        IProgress<FitProgress>? progress, CancellationToken cancellation)
    {
        if (Interlocked.CompareExchange(ref tuning, 1, 0) != 0)
            throw new InvalidOperationException("the classifier is being fine-tuned already: wait until that has ended, or load it a second time");
        try
        {
            return Fit(Copy(Current, classNames, options.Recipe.Seed), training, validation, options, progress, cancellation);
        }
        finally
        {
            Volatile.Write(ref tuning, 0);
        }
    }

    private FitReport Fit(
        Network copy, LabelledImages training, LabelledImages? validation, ImageFineTuneOptions options,
        IProgress<FitProgress>? progress, CancellationToken cancellation)
    {
        int batchSize = options.BatchSizeFor(training.Count);
        var how = new ImageLoaderOptions { BatchSize = batchSize, Training = true, Seed = options.Recipe.Seed, Workers = decoding.Threads };
        var batches = new ImageLoader(training, copy.Preprocessing, decoding, how with { Unreadable = Once(options.Unreadable) });
        var held = validation is null ? null : InOrder(copy, validation, Once(options.Unreadable));
        var recipe = RecipeFile.Of(copy.Model, options, batchSize, copy.Preprocessing.Augmentation);
        copy = copy with { Manifest = copy.Manifest with { Recipe = recipe } };
        FitReport? report = null;
        FineTuner? tuner = null;
        try
        {
            tuner = new FineTuner(copy.Model, device, options.Recipe);
            return report = tuner.FineTune(
                new ImageTrainingSet(copy.Model, batches, training, options.LabelSmoothing),
                held is null ? null : token => ImageInference.Evaluate(copy.Model, device, held, validation!, token),
                progress, cancellation);
        }
        finally
        {
            if (report is not null) copy = copy with { Manifest = copy.Manifest with { Metrics = RecipeFile.Metrics(report) } };
            if (tuner?.StepsMade > 0) copy.Model.IsHeadNew = false;
            if (tuner?.StepsMade > 0) Change(now => copy with { Preprocessing = now.Preprocessing });
            else copy.Model.Dispose();
        }
    }

    /// <param name="source">The pictures, numbered as the classifier's classes.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <param name="answered">Is told of each picture, in order: its class and the one that the classifier took it for.</param>
    /// <param name="unreadable">Is told of each picture that cannot be read and is left out; null to end there.</param>
    internal Evaluation Evaluate(
        LabelledImages source, CancellationToken cancellation, Action<int, int>? answered = null, Action<int, ImageException>? unreadable = null) =>
        Evaluate(Current, source, cancellation, answered, unreadable);

    private Evaluation Evaluate(
        Network now, LabelledImages source, CancellationToken cancellation, Action<int, int>? answered = null, Action<int, ImageException>? unreadable = null)
    {
        RequireTrainedHead(now);
        return ImageInference.Evaluate(now.Model, device, InOrder(now, source, unreadable), source, cancellation, answered);
    }

    /// <summary>Refuses to answer with a head that nothing has trained.</summary>
    /// <exception cref="CheckpointException">The weights had no head, and no fine-tuning has trained one.</exception>
    internal void RequireTrainedHead() => RequireTrainedHead(Current);

    private static void RequireTrainedHead(Network now)
    {
        if (now.Model.IsHeadNew)
            throw new CheckpointException(now.Manifest.BaseCheckpoint?.FileName ?? now.Model.Name,
                $"has no head for {now.Model.Name}, so the classifier's is untrained "
                + "and its answers would mean nothing: fine-tune it first, or take features");
    }

    /// <summary>The network as one to be trained for these classes; its head is new unless it has one for them.</summary>
    private static Network Copy(Network now, IReadOnlyList<string> classNames, ulong seed)
    {
        bool sameHead = classNames.SequenceEqual(now.ClassNames) ||
            (ClassNumbers.AreUnnamed(now.ClassNames) && classNames.Count == now.ClassNames.Count);
        var model = ModelRegistry.Create(now.Model.Name, classNames.Count, seed);
        if (sameHead) model.Take(now.Model);
        else model.TakeTrunk(now.Model);
        // without trained weights below it a new head is not the only thing that is new
        if (!sameHead) model.IsHeadNew = now.Manifest.BaseCheckpoint is not null || now.Manifest.Recipe is not null;
        return now with { Model = model, Config = now.Config with { Labels = [.. classNames] } };
    }

    private void Change(Func<Network, Network> change)
    {
        lock (changing) Volatile.Write(ref network, change(network));
    }

    private static ImageClassifier Make(
        ImageModel network, BaseCheckpoint? weights, Device? device, LoadReport? report = null, TimmConfig? timm = null)
    {
        var published = ModelRegistry.Pretrained(network.Name);
        var head = network.Stages[^1].Modules.SelectMany(module => module.Parameters()).First();
        var config = new ModelConfig { Model = network.Name, Labels = timm?.ClassNames ?? published.NamesOf(head.Shape[0]) };
        var preprocessing = timm?.Preprocessing ?? published.Preprocessing;
        return new ImageClassifier(new Network(network, config, preprocessing, NewManifest(weights)), device) { WeightsReport = report };
    }

    private static GraftManifest NewManifest(BaseCheckpoint? weights) =>
        new() { GraftVersion = typeof(ImageClassifier).Assembly.GetName().Version!.ToString(3), BaseCheckpoint = weights };

    private ImageLoader InOrder(Network now, IImageDataset source, Action<int, ImageException>? unreadable = null) => new(
        source, now.Preprocessing, decoding,
        new ImageLoaderOptions { BatchSize = InferenceBatch, CacheBytes = 0, Workers = decoding.Threads, Unreadable = unreadable });

    /// <summary>What belongs together and changes at once: a network, what its answers mean, and what is known of it.</summary>
    private sealed record Network(
        ImageModel Model, ModelConfig Config, ImagePreprocessing Preprocessing, GraftManifest Manifest)
    {
        public IReadOnlyList<string> ClassNames => Config.Labels;
    }
}
