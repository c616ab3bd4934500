namespace Graft.Models;

/// <summary>Makes the image model that a folder of the Hugging Face hub describes (<c>AutoModelForImageClassification</c>).</summary>
/// <remarks>A bare encoder is made as the class with a head: loaded, its head is new, and its features are those that the head would see.</remarks>
public static class PretrainedImageModel
{
    private static readonly ImageFamily[] Families = [ResNet.Family, ConvNeXt.Family, SwinTransformer.Family, .. VisionTransformer.Families];

    /// <summary>The architectures that can be made.</summary>
    public static IEnumerable<string> Architectures => Families.SelectMany(family => family.Architectures);

    /// <summary>The values of <c>model_type</c> that are known.</summary>
    internal static IEnumerable<string> ModelTypes => Families.Select(family => family.ModelType);

    /// <summary>Makes the model that <c>config.json</c> names, and fills it with the folder's weights.</summary>
    /// <param name="folder">A folder with <c>config.json</c> and a checkpoint.</param>
    /// <param name="options">Which weights of the folder; null to find them. Weights without a head are taken, and the head is then new.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="withoutDropout">Whether dropout and stochastic depth are left out of training passes too.</param>
    /// <exception cref="CheckpointException">Something is missing, damaged or not built, or the weights do not fit.</exception>
    public static (ImageModel Model, LoadReport Report) Open(string folder, LoadOptions? options = null, ulong seed = 0, bool withoutDropout = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        using var checkpoint = Checkpoint.Open(folder);
        return Open(HubConfig.Read(folder), checkpoint, options, seed, withoutDropout);
    }

    /// <summary>Makes the model that a config names, with random weights (Hugging Face's <c>AutoModelForImageClassification.from_config</c>).</summary>
    /// <param name="config">What <c>config.json</c> says: <c>architectures</c> or <c>model_type</c>, and sizes; what is left out is as in the
    /// family's base model.</param>
    /// <param name="classes">The number of classes; null for as many as <c>id2label</c> names.</param>
    /// <param name="seed">The seed of the weights.</param>
    /// <param name="withoutDropout">Whether dropout and stochastic depth are left out of training passes too.</param>
    /// <exception cref="CheckpointException">The config asks for what is not built.</exception>
    public static ImageModel Create(JsonObjectReader config, int? classes = null, ulong seed = 0, bool withoutDropout = false) =>
        Create(new HubConfig(config), classes, seed, withoutDropout);

    /// <summary>Whether a config describes an image model.</summary>
    /// <param name="config">What <c>config.json</c> says.</param>
    /// <exception cref="CheckpointException">A name in it is no text.</exception>
    public static bool Knows(JsonObjectReader config) => Knows(new HubConfig(config));

    internal static bool Knows(HubConfig config) => HubFamilies.Know(Families, config);

    internal static (ImageModel Model, LoadReport Report) Open(HubConfig config, Checkpoint checkpoint, LoadOptions? options, ulong seed = 0, bool withoutDropout = false)
    {
        var model = Create(config, classes: null, seed, withoutDropout);
        return (model, model.Load(checkpoint, (options ?? new LoadOptions()) with { AllowMissingHead = true }));
    }

    internal static ImageModel Create(HubConfig config, int? classes, ulong seed = 0, bool withoutDropout = false)
    {
        var (family, architecture) = HubFamilies.Require(Families, config);
        // the bare encoder is the class with a head, which is then new
        if (architecture == family.Architectures[0]) architecture = family.Architectures[1];
        return family.Create(architecture, config, classes ?? config.LabelCount(), seed, withoutDropout);
    }
}
