using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A trunk that learns from pictures without labels, to be fine-tuned on few that have some.</summary>
/// <remarks>Used by one thread at a time.</remarks>
/// <example><code>
/// using var pretraining = new ImagePretraining(ImageModelSource.Scratch("cifar-resnet20", seed: 0));
/// pretraining.Train(UnlabelledImages.Open("photos"), new ImagePretrainingOptions { Epochs = 50 });
/// pretraining.Save("trunk.safetensors");
/// using var classifier = ImageClassifier.FromPretrained("cifar-resnet20", "trunk.safetensors");
/// </code></example>
public sealed class ImagePretraining : IDisposable
{
    private static readonly string[] ViewNames = ["first view", "second view"];

    private readonly TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> state;
    private readonly Device device;
    private readonly CpuDevice decoding;

    /// <summary>Begins with a model.</summary>
    /// <param name="source">Where it comes from; its head is not looked at.</param>
    /// <param name="device">Where to compute; null for the CPU.</param>
    public ImagePretraining(ImageModelSource source, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        state = source.State;
        this.device = device ?? Device.Cpu;
        decoding = this.device as CpuDevice ?? (CpuDevice)Device.Cpu;
    }

    /// <summary>The model; its head is as it came.</summary>
    public ImageModel Model => state.Model;

    /// <summary>Learns.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Reports each step.</param>
    /// <param name="cancellation">Stops after the step that is running; the trunk keeps what it learnt.</param>
    /// <exception cref="ImageException">A picture cannot be used.</exception>
    /// <exception cref="ArgumentException">An option is impossible, or there are fewer than two pictures.</exception>
    /// <exception cref="NonFiniteException">The loss is not finite; the trunk is as it was before that step.</exception>
    public FitReport Train(IImageDataset pictures, ImagePretrainingOptions options, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (pictures.Count < 2)
            throw new ArgumentException($"there {(pictures.Count == 1 ? "is one picture" : "are no pictures")}, and nothing can be learnt by comparing: give some hundred at least");
        if (options.Augmentation.ResizedCrop is not null && state.Inputs.OutputSize is null)
            throw new ArgumentException($"{Model.Name} takes pictures of any size, and views are parts that are scaled to one: set a size in its preprocessing");
        var size = state.Inputs.OutputSize;
        var method = options.Method.Create(new PretrainingSetting(Model, ImageTarget.FeaturesOf(Model, device, size), size));
        using var keeping = method as IDisposable;
        var order = new ShuffledOrder(pictures.Count, options.Seed);
        var recipe = new FineTuneOptions
        {
            Strategy = FineTuneStrategy.Full,
            Epochs = options.Epochs,
            FrozenEpochs = 0,
            LearningRate = options.LearningRate,
            RateDecayPerStage = 1,
            Optimiser = options.Optimiser,
            WeightDecay = options.WeightDecay,
            Freeze = Model.Stages[^1].Name,
            Seed = options.Seed,
            Run = options.Run,
        };
        bool wasNew = Model.IsHeadNew;
        try
        {
            return new FineTuner(Model, device, recipe, new ParameterGroup("projection", method)) { Observers = method.Observers }
                .FineTune(new ImageViews(Model, method, [.. ViewNames.Take(method.Views).Select(View)]), null, progress, cancellation);
        }
        finally
        {
            Model.Unfreeze();
            Model.IsHeadNew = wasNew;
        }

        ImageLoader View(string name) => new(pictures, state.Inputs with { Augmentation = options.Augmentation }, decoding, new ImageLoaderOptions
        {
            BatchSize = options.BatchSize,
            Training = true,
            Variation = options.Variation ?? new VariationOptions { Policy = method.Views > 1 ? AugmentationPolicy.ColorJitter : null },
            Order = order,
            Seed = new RandomStream(options.Seed, name).Bits(0).First,
            Workers = decoding.Threads,
            Unreadable = options.Unreadable is { } report && name == ViewNames[0] ? (_, problem) => report(problem) : options.Unreadable is null ? null : static (_, _) => { },
        });
    }

    /// <summary>Saves the trunk without the head as safetensors, under PyTorch's keys: the <c>--weights</c> of a fine-tuning.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be written; an older one is as it was.</exception>
    public void Save(string path) => Model.SaveTrunk(path, new Dictionary<string, string> { ["format"] = "pt" });

    /// <summary>Gives the model's memory back.</summary>
    public void Dispose() => Model.Dispose();
}
