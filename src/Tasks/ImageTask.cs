using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A task over pictures. A task of one's own defines its labels, its loss, its metrics and its predictions; everything else is
/// here.</summary>
/// <remarks>Threads may share it as the remarks on <see cref="TaskModel{TModel, TInputs, TRecipe}"/> say.</remarks>
/// <typeparam name="TData">Pictures with what is to be learnt of them.</typeparam>
/// <typeparam name="TPrediction">The answer to a picture.</typeparam>
public abstract partial class ImageTask<TData, TPrediction> : TaskModel<ImageModel, ImagePreprocessing, ImageFineTuneOptions>
    where TData : class, IImageDataset
{
    /// <summary>The batch size of inference.</summary>
    internal const int InferenceBatch = 64;

    private readonly CpuDevice decoding;

    /// <summary>Begins with a model.</summary>
    /// <param name="source">Where it comes from.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    protected ImageTask(ImageModelSource source, Device? device) : base(StateOf(source), device)
    {
        decoding = Device as CpuDevice ?? (CpuDevice)Device.Cpu;
        WeightsReport = source.Report;
    }

    /// <summary>What is done to a picture before the model sees it.</summary>
    public ImagePreprocessing Preprocessing
    {
        get => Current.Inputs;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Change(now => now with { Inputs = value });
        }
    }

    /// <summary>What was taken of the file of published weights; null for a model from elsewhere.</summary>
    public LoadReport? WeightsReport { get; }

    private protected override IReadOnlyCollection<string> NewTensors => WeightsReport?.Replaced ?? [];

    private protected override RecipeTable<ImageFineTuneOptions> Options => ImageRecipe.Options;

    /// <summary>Adapts the model to pictures. Where their labels are not those of the head it gets a new one, which is trained alone
    /// first.</summary>
    /// <param name="training">What is learnt from.</param>
    /// <param name="validation">What is evaluated on after each epoch; null for nothing.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the model keeps what it learnt.</param>
    /// <exception cref="ImageException">A picture cannot be used; the model keeps what it learnt until then.</exception>
    /// <exception cref="ArgumentException">An option is impossible; nothing was changed.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the model is as it was before that step.</exception>
    /// <exception cref="InvalidOperationException">Another thread is fine-tuning it; nothing was changed.</exception>
    public FitReport FineTune(
        TData training, TData? validation, ImageFineTuneOptions options, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Fit(LabelsOf(training), options.Recipe.Seed, copy => Prepare(copy, training, validation, options, cancellation), progress, cancellation);
    }

    /// <summary>Looks for the learning rate of a fine-tuning (fastai's <c>lr_find</c>). Nothing of the model changes.</summary>
    /// <param name="training">What would be learnt from.</param>
    /// <param name="options">How it would be learnt.</param>
    /// <param name="finder">How rates rise; null for the usual hundred steps.</param>
    /// <param name="phase">The phase of the fine-tuning; null for the first.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Ends the search after the step that is running; the curve is as long as it came.</param>
    /// <exception cref="ImageException">A picture cannot be used.</exception>
    /// <exception cref="ArgumentException">An option is impossible, or there is no such phase.</exception>
    public RateSearch FindRate(
        TData training, ImageFineTuneOptions options, RateFinder? finder = null, string? phase = null, IProgress<FitProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return FindRate(LabelsOf(training), options.Recipe.Seed, copy => Prepare(copy, training, null, options, cancellation), finder, phase, progress, cancellation);
    }

    private static void AddTo(DataFingerprint print, IImageDataset pictures)
    {
        print.Add(pictures.Count);
        for (int index = 0; index < pictures.Count; index++) pictures.AddTo(print, index);
    }

    /// <summary>Evaluates the model on pictures.</summary>
    /// <param name="data">The pictures, labelled with the model's class indices or targets.</param>
    /// <param name="unreadable">Reports each picture that cannot be read and is left out; null to end there.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ImageException">A picture cannot be decoded and <paramref name="unreadable"/> is null.</exception>
    public Evaluation Evaluate(TData data, Action<int, ImageException>? unreadable = null, CancellationToken cancellation = default) =>
        Measured(data, unreadable, Measure, cancellation);

    /// <summary>The names of the outputs that pictures want.</summary>
    /// <param name="data">The pictures.</param>
    protected abstract IReadOnlyList<string> LabelsOf(TData data);

    /// <summary>The loss of outputs.</summary>
    /// <param name="outputs">The model's outputs [N, labels].</param>
    /// <param name="data">The pictures that are learnt from.</param>
    /// <param name="examples">The indices in it of the pictures that the outputs are of.</param>
    /// <param name="options">How the model is fine-tuned.</param>
    /// <returns>The mean over the examples, one element.</returns>
    protected abstract Variable Loss(Variable outputs, TData data, IReadOnlyList<int> examples, ImageFineTuneOptions options);

    /// <summary>The class of each picture; null where they have not one each.</summary>
    private protected virtual IReadOnlyList<int>? ClassesOf(TData data) => null;

    /// <summary>The loss as a fine-tuning uses it.</summary>
    private protected virtual ImageLoss LossOver(TData data, ImageFineTuneOptions options) => (outputs, examples) => Loss(outputs, data, examples, options);

    /// <summary>The metrics of outputs.</summary>
    /// <param name="data">The pictures.</param>
    /// <param name="outputs">The outputs for each of them that can be read, with its index; they are computed lazily.</param>
    protected abstract Evaluation Measure(TData data, IEnumerable<(int Example, ReadOnlyMemory<float> Outputs)> outputs);

    /// <summary>The prediction that outputs make for a picture.</summary>
    /// <param name="name">The picture's name.</param>
    /// <param name="outputs">The model's outputs for it, one a label.</param>
    /// <param name="labels">The outputs' names.</param>
    protected abstract TPrediction Answer(string name, ReadOnlyMemory<float> outputs, IReadOnlyList<string> labels);

    private protected override ImageModel Remake(ImageModel like, int labels, ulong seed) => like.Remake(labels, seed);

    private protected override byte[] FormatInputs(ImagePreprocessing inputs) => PreprocessorConfig.Format(inputs);

    private protected override void WriteInputs(string folder, ImagePreprocessing inputs) =>
        File.WriteAllBytes(Path.Combine(folder, PreprocessorConfig.FileName), PreprocessorConfig.Format(inputs));

    private protected override ModelConfig ConfigOf(TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> now) =>
        // Hugging Face's settings have the size that the architecture was made for
        now.Config.Architecture is null ? now.Config with { ImageSize = now.Inputs.OutputSize } : now.Config;

    private protected override ImagePreprocessing Adopt(ImagePreprocessing inputs, ImageFineTuneOptions recipe, IReadOnlyList<string> labels) =>
        inputs with { Augmentation = recipe.Augmentation ?? inputs.Augmentation };

    private protected Evaluation Measured(
        TData data, Action<int, ImageException>? unreadable, Func<TData, IEnumerable<(int Example, ReadOnlyMemory<float> Outputs)>, Evaluation> measure,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(data);
        var now = Current;
        now.RequireTrainedHead();
        return measure(data, ImageInference.Rows(now.Model, Device, InOrder(now.Inputs, data, unreadable), cancellation));
    }

    /// <summary>Which pictures cannot be read, by index.</summary>
    private protected SortedList<int, ImageException> Check(IImageDataset pictures, ulong? trainingSeed, Action? counted, CancellationToken cancellation) =>
        PictureCheck.Run(pictures, new ImageTransforms(Preprocessing, trainingSeed), decoding.Threads, counted, cancellation);

    private ImageLoader InOrder(ImagePreprocessing inputs, IImageDataset pictures, Action<int, ImageException>? unreadable) => new(
        pictures, inputs, decoding,
        new ImageLoaderOptions { BatchSize = InferenceBatch, CacheBytes = 0, Workers = decoding.Threads, Unreadable = unreadable });

    /// <summary>Pictures that are learnt beside those of a training, in an order of their own, so that the same pictures in the same places are not learnt in pairs.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="inputs">How they are prepared.</param>
    /// <param name="how">How the training learns.</param>
    /// <param name="stream">What their order is drawn by.</param>
    /// <param name="unreadable">Reports each that cannot be read; null to end there.</param>
    /// <param name="variation">What is done to them; null for what is done to the others.</param>
    /// <param name="batchSize">How many there are in a step; null for as many as of the others.</param>
    private ImageLoader Beside(
        IImageDataset pictures, ImagePreprocessing inputs, ImageFineTuneOptions how, string stream, Action<int, ImageException>? unreadable, VariationOptions? variation = null,
        int? batchSize = null) => new(pictures, inputs, decoding, new ImageLoaderOptions
        {
            BatchSize = batchSize ?? how.BatchSize!.Value,
            Training = true,
            Variation = variation ?? how.Variation,
            Seed = SeedOf(how, stream),
            Workers = decoding.Threads,
            Unreadable = unreadable,
        });

    private static ulong SeedOf(ImageFineTuneOptions how, string stream) => new RandomStream(how.Recipe.Seed, stream).Bits(0).First;

    /// <summary>What a copy of the model is to be trained on.</summary>
    private TaskRun<ImageFineTuneOptions> Prepare(
        TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> copy, TData training, TData? validation, ImageFineTuneOptions options,
        CancellationToken cancellation)
    {
        var how = options.Resolved(copy.Model, training.Count, options.Augmentation ?? copy.Inputs.Augmentation);
        copy = copy with { Inputs = copy.Inputs with { Augmentation = how.Augmentation! } };
        var unreadable = Once(options.Unreadable);
        var classes = ClassesOf(training);
        if (how.Classes != new ClassOptions() && classes is null)
            throw new ArgumentException("weights and sampling of classes and focal loss are for pictures of one class each: leave them out");
        if (how.Distillation.Teacher is not null && classes is null) throw new ArgumentException("a teacher is for pictures of one class each: leave it out");
        if (how.Adaptation.Method is not null && classes is null) throw new ArgumentException("models are adapted to other domains of pictures of one class each: leave that out");
        if (how.FeatureAttention == FeatureAttention.Supervised && classes is null)
            throw new ArgumentException("channels are judged by classes, and the pictures have not one each: hold all alike");
        var loader = new ImageLoader(training, copy.Inputs, decoding, new ImageLoaderOptions
        {
            BatchSize = how.BatchSize!.Value,
            Training = true,
            Variation = how.Variation,
            Order = how.Classes.Order(classes, how.Recipe.Seed),
            Seed = how.Recipe.Seed,
            Workers = decoding.Threads,
            Views = how.Views,
            Unreadable = unreadable,
        });
        var held = validation is null ? null : InOrder(copy.Inputs, validation, Once(options.Unreadable));
        var teacher = how.Distillation.Teacher is null ? null : new ImageTeacher(how.Distillation, copy.Inputs, copy.Labels);
        var beside = teacher is not null && how.FeatureDistillation is { } strength
            ? teacher.Match(copy.Model, Device, copy.Inputs.OutputSize, strength, how.FeatureStage, how.TeacherStage) : null;
        var start = how.FeaturePenalty is { } alpha ? new ImageStart(copy.Model, alpha) : null;
        if (start is not null && how.FeatureAttention == FeatureAttention.Supervised && classes is not null)
            start.Judge(
                Device, model => new ImageTrainingSet(model, loader, LossOver(training, how)), loader.Epoch(0, cancellation), index => classes[index], how.Recipe.Seed, cancellation);
        var (target, pictures) = TargetOf(copy.Model, copy.Inputs, how, loader.Count, unreadable);
        if (target is { KeepsSource: true })
            how = how with { Recipe = how.Recipe with { Freeze = string.Join(',', new[] { how.Recipe.Freeze, copy.Model.Stages[^1].Name }.OfType<string>()) } };
        var data = new ImageTrainingSet(copy.Model, loader, LossOver(training, how), how.Mixing.Mixer(how.Recipe.Seed), teacher, start, target);
        var (kept, elastic, earlier) = WithEarlier(copy, data, how, Once(options.Unreadable), cancellation);
        var (all, joint, others) = WithJoint(copy, kept, how, Once(options.Unreadable));
        return new TaskRun<ImageFineTuneOptions>(
            all,
            held is null ? null : token => Measure(validation!, ImageInference.Rows(copy.Model, Device, held, token)),
            how with { Recipe = how.Recipe with { Run = null } }, how.Recipe,
            print =>
            {
                AddTo(print, training);
                if (pictures is not null) AddTo(print, pictures);
                if (earlier is not null) AddTo(print, earlier);
                if (others is not null) AddTo(print, others);
            })
        {
            Held = new Companions(teacher, start, target, elastic, joint),
            Observers = elastic is null ? [] : [elastic],
            Beside = [.. new[] { beside, target?.Group, joint?.Group }.OfType<ParameterGroup>()],
            Learnt = () => Keep(joint is null ? null : Learnt(joint, others!, copy)),
        };
    }

    private static TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> StateOf(ImageModelSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.State;
    }

    /// <summary>A callback that reports each picture once, however many epochs miss it.</summary>
    private static Action<int, ImageException>? Once(Action<ImageException>? unreadable)
    {
        if (unreadable is null) return null;
        var told = new HashSet<int>();
        return (index, problem) =>
        {
            if (told.Add(index)) unreadable(problem);
        };
    }
}
