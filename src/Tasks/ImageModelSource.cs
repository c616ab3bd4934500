namespace Graft.Tasks;

/// <summary>Where an image task's model comes from: published weights, nothing, or a folder that a task saved.</summary>
public sealed partial class ImageModelSource
{
    static ImageModelSource()
    {
        KnownFormats.Register();
    }

    private ImageModelSource(TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> state) => State = state;

    internal TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> State { get; }

    /// <summary>A model that is there.</summary>
    internal static ImageModelSource Of(TaskState<ImageModel, ImagePreprocessing, ImageFineTuneOptions> state) => new(state);

    internal LoadReport? Report { get; private init; }

    /// <summary>Published weights: PyTorch's or safetensors, with a head of any size or, to be fine-tuned or to give features, with none.</summary>
    /// <param name="model">The architecture's name, one of <see cref="ModelRegistry.Names"/>.</param>
    /// <param name="weights">The checkpoint's file or folder; a folder of timm's also says how pictures are prepared.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the file, and what to tolerate; null to find them.</param>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    /// <exception cref="CheckpointException">The file cannot be read or holds another model, or a folder's config asks for what is not done
    /// here.</exception>
    public static ImageModelSource Pretrained(string model, string weights, ulong seed = 0, LoadOptions? options = null)
    {
        var timm = TimmConfig.Find(weights);
        using var checkpoint = Checkpoint.Open(weights);
        timm?.Require(weights, model, timm.Classes ?? 0);
        return Pretrained(model, checkpoint, seed, options, timm);
    }

    /// <summary>Published weights from an open checkpoint, such as an embedded resource.</summary>
    /// <param name="model">The architecture's name, one of <see cref="ModelRegistry.Names"/>.</param>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of it, and what to tolerate; null to find them.</param>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    /// <exception cref="CheckpointException">It holds another model.</exception>
    public static ImageModelSource Pretrained(string model, Checkpoint checkpoint, ulong seed = 0, LoadOptions? options = null) =>
        Pretrained(model, checkpoint, seed, options, timm: null);

    /// <summary>Random initial values: for a comparison, or with data enough.</summary>
    /// <param name="model">The architecture's name, one of <see cref="ModelRegistry.Names"/>.</param>
    /// <param name="seed">The seed of the initial values.</param>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    public static ImageModelSource Scratch(string model, ulong seed = 0) => Make(ModelRegistry.Create(model, seed: seed), null, null, null);

    /// <summary>A folder of the Hugging Face hub: <c>config.json</c> of an image classifier or bare encoder, weights, and
    /// <c>preprocessor_config.json</c>. Saved again it is such a folder with the labels and weights that were learnt.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="preprocessing">What is done to pictures; null for what the folder says. One of another size than the model's has its
    /// positions interpolated.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the folder, and what to tolerate; null to find them.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or contradicts another, the architecture is not built, or the
    /// weights do not fit.</exception>
    public static ImageModelSource FromFolder(string folder, ImagePreprocessing? preprocessing = null, ulong seed = 0, LoadOptions? options = null)
    {
        string configPath = ModelFolder.PathOf(folder, ModelConfig.FileName), inputsPath = ModelFolder.PathOf(folder, PreprocessorConfig.FileName);
        var config = ModelConfig.Read(configPath);
        var model = PretrainedImageModel.Create(JsonFile.Read(configPath), config.Labels.Count, seed);
        if (config.ProblemType != ModelConfig.SingleLabel)
            throw new CheckpointException(configPath, $"'problem_type' is {Printable.Text(config.ProblemType)}; only {ModelConfig.SingleLabel} is built for pictures");
        if (preprocessing is null && !File.Exists(inputsPath))
            throw new CheckpointException(inputsPath, "is not there, so nothing says how pictures were prepared for the weights: add it, or say it by a preprocessing of your own");
        options = (options ?? new LoadOptions()) with { AllowMissingHead = true };
        if (preprocessing?.OutputSize is { } size && model.InputSize is { } own && size != own)
            (model, config, options) = (model.Resize(size, seed), config with { ImageSize = size }, options with { InterpolatePositions = true });
        using var checkpoint = Checkpoint.Open(folder);
        var report = model.Load(checkpoint, options);
        // augmentation is not in that file
        preprocessing ??= PreprocessorConfig.Read(inputsPath) with { Augmentation = ImagePreprocessing.ImageNet.Augmentation };
        RequireSize(model, preprocessing, inputsPath);
        var manifest = new ModelManifest<ImageFineTuneOptions> { Provenance = Provenance.Of(checkpoint), Receipt = report.Receipt };
        return new ImageModelSource(new(model, config with { Architecture = model.Name }, preprocessing, manifest)) { Report = report };
    }

    /// <summary>The same with adapters, as PEFT or a task saved them; a head comes with them, and its labels where <c>config.json</c> lies beside them.</summary>
    /// <param name="folder">A folder with <c>adapter_config.json</c>, or one that a task saved with adapters.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the adapters do not fit the model.</exception>
    public ImageModelSource WithAdapter(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return new ImageModelSource(SavedAdapter.On(State, folder, static (model, labels) => model.Remake(labels, model.Seed))) { Report = Report };
    }

    /// <summary>The same architecture and pictures with random initial values, for a comparison.</summary>
    /// <param name="seed">The seed of the initial values.</param>
    public ImageModelSource FromScratch(ulong seed = 0) => new(State with
    {
        Model = State.Model.Remake(State.Labels.Count, seed),
        Manifest = new ModelManifest<ImageFineTuneOptions>(),
    });

    /// <summary>A folder that a task saved.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="problemType">What the outputs have to mean, in Hugging Face's words.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, the weights are of another model, or the model is of another
    /// task.</exception>
    public static ImageModelSource Saved(string folder, string problemType)
    {
        var (config, manifest) = ModelFolder.Read(folder, ImageRecipe.Options);
        string configPath = ModelFolder.PathOf(folder, ModelConfig.FileName);
        if (config.ProblemType != problemType)
            throw new CheckpointException(configPath, $"'problem_type' is {Printable.Text(config.ProblemType)}, and this task's is {problemType}");
        var preprocessing = PreprocessorConfig.Read(ModelFolder.PathOf(folder, PreprocessorConfig.FileName));
        var model = Make(config, configPath, file => ModelFolder.PathOf(folder, file));
        FolderContradictions.Require(folder, config, model, manifest, preprocessing);
        // Hugging Face's settings have the size that the architecture was made for
        if (config.Architecture is null && config.ImageSize is { } size) model = model.Resize(size);
        if (preprocessing.OutputSize is not null) RequireSize(model, preprocessing, ModelFolder.PathOf(folder, PreprocessorConfig.FileName));
        using (var checkpoint = Checkpoint.Open(ModelFolder.PathOf(folder, ModelFolder.WeightsFileName)))
        {
            FolderContradictions.RequireHead(configPath, model, checkpoint);
            model.Load(checkpoint);
        }
        // augmentation is not in that file: the last training's, or the model's own
        var augmentation = manifest.Recipe?.Options.Augmentation ?? ModelRegistry.FindPretrained(config.Model)?.Preprocessing.Augmentation
            ?? ImagePreprocessing.ImageNet.Augmentation;
        var source = new ImageModelSource(new(model, config, preprocessing with { Augmentation = augmentation }, manifest));
        return manifest.HasAdapter ? source.WithAdapter(ModelFolder.PathOf(folder, SavedAdapter.FolderName)) : source;
    }

    /// <summary>The same for a task whose outputs mean something else than a classifier's.</summary>
    internal ImageModelSource For(string problemType) =>
        new(State with { Config = State.Config with { ProblemType = problemType } }) { Report = Report };

    /// <summary>Refuses pictures of another size than the model takes.</summary>
    private static void RequireSize(ImageModel model, ImagePreprocessing preprocessing, string inputsPath)
    {
        if (model.InputSize is { } taken && preprocessing.OutputSize != taken)
            throw new CheckpointException(inputsPath, $"makes pictures of {(preprocessing.OutputSize is { } made ? $"{made.Height} x {made.Width}" : "any size")}, "
                + $"but {model.Name} takes {taken.Height} x {taken.Width} ('image_size' of {ModelConfig.FileName})");
    }

    private static ImageModel Make(ModelConfig config, string configPath, Func<string, string> pathOf)
    {
        try
        {
            return ModelRegistry.FromFolder(config.Model, pathOf, config.Labels.Count);
        }
        catch (ArgumentException exception)
        {
            throw new CheckpointException(configPath, Printable.Text(exception.Message), exception);
        }
    }

    private static ImageModelSource Pretrained(string model, Checkpoint checkpoint, ulong seed, LoadOptions? options, TimmConfig? timm)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        options = (options ?? new LoadOptions()) with { AllowMissingHead = true };
        var network = ModelRegistry.CreateFor(model, checkpoint, options, seed);
        var report = network.Load(checkpoint, options);
        if (!network.IsHeadNew) timm?.Require(checkpoint.Path, model, network.Classes);
        return Make(network, Provenance.Of(checkpoint), report, timm);
    }

    private static ImageModelSource Make(ImageModel model, Provenance? provenance, LoadReport? report, TimmConfig? timm)
    {
        var pretrained = ModelRegistry.Pretrained(model.Name);
        var config = new ModelConfig { Model = model.ModelType, Labels = timm?.ClassNames ?? pretrained.NamesOf(model.Classes) };
        var manifest = new ModelManifest<ImageFineTuneOptions> { Provenance = provenance, Receipt = report?.Receipt };
        return new ImageModelSource(new(model, config, timm?.Preprocessing ?? Fitting(model, pretrained.Preprocessing), manifest)) { Report = report };
    }

    /// <summary>The published preprocessing in proportion, where the weights are of pictures of another size.</summary>
    private static ImagePreprocessing Fitting(ImageModel model, ImagePreprocessing published) =>
        model.InputSize is { } taken && published is { ResizeShorterSide: { } side, CropSize: { } crop } && taken != crop
            ? published with { ResizeShorterSide = (int)Math.Round((double)side * taken.Height / crop.Height), CropSize = taken } : published;
}
