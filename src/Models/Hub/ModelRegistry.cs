namespace Graft.Models;

/// <summary>The architectures by the names that torchvision and the CIFAR checkpoints use, and those that a program adds.</summary>
/// <remarks>Any number of threads may ask and register at once.</remarks>
public static class ModelRegistry
{
    private static readonly Lock Registering = new();

    // replaced as a whole by a registration, so that concurrent readers see the rows before it or after it
    private static OrderedDictionary<string, ModelRegistration> rows = new(
        [
            .. CifarResNet.Rows,
            .. ResNet.Rows,
            .. ConvNeXt.Rows,
            .. SwinTransformer.Rows,
            .. VisionTransformer.Rows,
            .. AlexNet.Rows,
            .. Vgg.Rows,
            .. SqueezeNet.Rows,
            .. MobileNetV2.Rows,
            .. MobileNetV3.Rows,
            .. DenseNet.Rows,
            .. EfficientNet.Rows,
            .. GoogLeNet.Rows,
            .. InceptionV3.Rows,
            .. RegNet.Rows,
            .. Conv4.Rows,
        ],
        StringComparer.Ordinal);

    // kinds of models that are made from files of their folder, by config.json's model_type
    private static OrderedDictionary<string, FolderModel> folders = new(
        PretrainedImageModel.ModelTypes.Select(type => KeyValuePair.Create<string, FolderModel>(
            type, static (pathOf, classes) => PretrainedImageModel.Create(new HubConfig(JsonFile.Read(pathOf(HubConfig.FileName))), classes))),
        StringComparer.Ordinal);

    /// <summary>All names.</summary>
    public static IEnumerable<string> Names => Rows.Keys;

    private static OrderedDictionary<string, ModelRegistration> Rows => Volatile.Read(ref rows);

    /// <summary>Adds an architecture, which can then be made, fine-tuned, saved and loaded by its name as the others.</summary>
    /// <param name="name">A name that is not taken; saved models are loaded by it.</param>
    /// <param name="registration">How it is made and how its pictures are prepared.</param>
    /// <exception cref="ArgumentException">The name is empty or taken.</exception>
    public static void Register(string name, ModelRegistration registration)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(registration);
        lock (Registering)
        {
            if (rows.ContainsKey(name)) throw new ArgumentException($"there is a model '{name}' already: register it under another name", nameof(name));
            Volatile.Write(ref rows, new OrderedDictionary<string, ModelRegistration>(rows, StringComparer.Ordinal) { [name] = registration });
        }
    }

    /// <summary>Adds a kind of models that are made from files of their folder (<see cref="Model.WriteArchitecture"/>): a graph, say. A kind that
    /// is there already is left as it is.</summary>
    /// <param name="modelType">What <c>config.json</c> calls the kind (<see cref="Model.ModelType"/>).</param>
    /// <param name="create">Makes such a model.</param>
    public static void RegisterFolders(string modelType, FolderModel create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(modelType);
        ArgumentNullException.ThrowIfNull(create);
        lock (Registering)
        {
            if (!folders.ContainsKey(modelType))
                Volatile.Write(ref folders, new OrderedDictionary<string, FolderModel>(folders, StringComparer.Ordinal) { [modelType] = create });
        }
    }

    /// <summary>Makes the model of a saved folder, with initial values: one of <see cref="Names"/>, or of a kind that was added by
    /// <see cref="RegisterFolders"/>.</summary>
    /// <param name="modelType">What <c>config.json</c> calls it.</param>
    /// <param name="pathOf">The path of a file of the folder, by its name.</param>
    /// <param name="classes">The number of classes.</param>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    /// <exception cref="CheckpointException">A file of the folder is missing or malformed.</exception>
    public static ImageModel FromFolder(string modelType, Func<string, string> pathOf, int classes)
    {
        ArgumentNullException.ThrowIfNull(pathOf);
        return Volatile.Read(ref folders).TryGetValue(modelType, out var create) ? create(pathOf, classes) : Create(modelType, classes);
    }

    /// <summary>How pictures are prepared for a model here, where they are prepared so for the network of its weights alone, as timm has it.</summary>
    internal static ImagePreprocessing PreprocessingFor(string name, ImagePreprocessing network) =>
        Rows.TryGetValue(name, out var row) && row.TransformsInput ? InceptionParts.BeforeTransform(network) : network;

    /// <summary>What is known of an architecture's published weights; null for one that is not of the registry.</summary>
    /// <param name="name">A model's name.</param>
    public static PretrainedInfo? FindPretrained(string name) => Rows.TryGetValue(name, out var row) ? row.Pretrained : null;

    /// <summary>What is known of an architecture's published weights.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    public static PretrainedInfo Pretrained(string name) => Row(name).Pretrained;

    /// <summary>Makes a model; its parameters are made when they are first used.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="classes">The number of classes (<c>num_classes</c>); 0 for that of the published weights.</param>
    /// <param name="seed">The seed of parameters that no checkpoint fills.</param>
    /// <exception cref="ArgumentException">There is no such model, or a negative number of classes.</exception>
    public static ImageModel Create(string name, int classes = 0, ulong seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(classes);
        var row = Row(name);
        return row.Create(name, classes == 0 ? row.Pretrained.Classes : classes, seed);
    }

    /// <summary>Makes a model with as many classes as the head in a checkpoint has (where it has none, as many as the published weights), and
    /// for pictures of the size that its positions are of.
    /// The checkpoint's weights are not loaded yet.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="checkpoint">An open checkpoint.</param>
    /// <param name="options">Which of its weights are meant.</param>
    /// <param name="seed">The seed of parameters that no checkpoint fills.</param>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    /// <exception cref="CheckpointException">Several sets of weights fit and no rule decides.</exception>
    public static ImageModel CreateFor(string name, Checkpoint checkpoint, LoadOptions options, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(options);
        var model = Create(name, seed: seed);
        if (!options.InterpolatePositions && model.SizeOf(tensor => ModelLoader.Find(model, tensor, checkpoint, options)) is { } size) model = model.Resize(size, seed);
        var head = model.HeadTensors().First();
        int classes = ModelLoader.Find(model, head, checkpoint, options) is { } found && found.Lengths.Count == head.Shape.Rank ? found.Shape[0] : 0;
        return classes is 0 || classes == head.Shape[0] ? model : model.Remake(classes, seed);
    }

    /// <summary>", perhaps ..." with the name that looks most like another; empty where none does.</summary>
    internal static string Nearest(string name) => NearName.Find(name, Names) is { } nearest ? $", perhaps {nearest}" : "";

    private static ModelRegistration Row(string name) => Rows.TryGetValue(name, out var row)
        ? row
        : throw new ArgumentException($"there is no model '{name}'{Nearest(name)}; there are {string.Join(", ", Names)}");
}
