namespace Graft.Models;

/// <summary>Makes the text model that a folder of the Hugging Face hub describes; <see cref="PretrainedImageModel"/> makes image models.</summary>
public static class PretrainedModel
{
    private static readonly ITextFamily[] Families =
    [
        Bert.Family, DistilBert.Family, .. Roberta.Families, Albert.Family, Electra.Family, Mpnet.Family, Gpt2.Family, .. Llama.Families, T5.Family, Bart.Family, Bart.Marian,
    ];

    /// <summary>The architectures that can be made.</summary>
    public static IEnumerable<string> Architectures => Families.SelectMany(family => family.Architectures).Concat(WordFamilies.Architectures);

    /// <summary>What stands above the encoder in a folder; null where it is no folder of a text model.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="CheckpointException">Its <c>config.json</c> is malformed.</exception>
    public static TextHead? HeadOf(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!File.Exists(Path.Combine(folder, HubConfig.FileName))) return null;
        var config = HubConfig.Read(folder);
        if (PretrainedImageModel.Knows(config)) return null;
        if (WordFamilies.Knows(config)) return TextHead.SequenceClassification;
        if (!HubFamilies.Know(Families, config)) return Array.Exists(Families, row => row.ModelType == config.ModelType()) ? TextHead.None : null;
        var (family, architecture) = HubFamilies.Require(Families, config);
        return family.HeadOf(architecture);
    }

    /// <summary>Makes the model that <c>config.json</c> names, and fills it with the folder's weights.</summary>
    /// <param name="folder">A folder with <c>config.json</c> and a checkpoint.</param>
    /// <param name="withoutDropout">Whether dropout is left out of training passes too.</param>
    /// <exception cref="CheckpointException">Something is missing, damaged or not built, or the weights do not fit.</exception>
    public static TextModel Open(string folder, bool withoutDropout = false) => Open(folder, new LoadOptions(), withoutDropout).Model;

    /// <summary>Loads with options, and reports the load. An encoder without its pooler is taken as Hugging Face takes it: the pooler is
    /// new, and said to be.</summary>
    public static (TextModel Model, LoadReport Report) Open(string folder, LoadOptions options, bool withoutDropout = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var model = Create(HubConfig.Read(folder), withoutDropout: withoutDropout);
        using var checkpoint = Checkpoint.Open(folder);
        return (model, model.Load(checkpoint, options with { AllowMissingHead = options.AllowMissingHead || model is EncoderModel }));
    }

    /// <summary>Makes the model that a config names, with random weights (Hugging Face's <c>AutoModel.from_config</c>).</summary>
    /// <param name="config">What <c>config.json</c> says: <c>architectures</c> or <c>model_type</c>, and sizes; what is left out is as in the
    /// family's base model.</param>
    /// <param name="seed">The seed of the weights.</param>
    /// <param name="withoutDropout">Whether dropout is left out of training passes too.</param>
    /// <exception cref="CheckpointException">The config asks for what is not built.</exception>
    public static TextModel Create(JsonObjectReader config, ulong seed = 0, bool withoutDropout = false) =>
        Create(new HubConfig(config), seed, withoutDropout);

    /// <summary>Makes the class of a head of the folder's family, and fills it with the folder's weights. A head that the file has not, or that is of
    /// another number of labels, is new, to be trained: <see cref="Model.IsHeadNew"/> and the report say so. A bare encoder whose file has no pooler is
    /// made without one.</summary>
    /// <param name="folder">A folder with <c>config.json</c> and a checkpoint.</param>
    /// <param name="head">What is to stand above the encoder, whatever the file has there.</param>
    /// <param name="labels">The names of the labels in index order; null for those of the config.</param>
    /// <param name="seed">The seed of a new head's initial values.</param>
    /// <param name="options">Which weights of the folder; null to find them.</param>
    /// <exception cref="ArgumentException">The family has no such head.</exception>
    /// <exception cref="CheckpointException">Something is missing, damaged or not built, or the weights do not fit.</exception>
    public static (TextModel Model, LoadReport Report) Open(
        string folder, TextHead head, IReadOnlyList<string>? labels = null, ulong seed = 0, LoadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options = (options ?? new LoadOptions()) with { ReplaceHead = true };
        using var checkpoint = Checkpoint.Open(folder);
        var model = For(checkpoint, folder, head, labels, seed, options);
        return (model, model.Load(checkpoint, options));
    }

    /// <summary>The model for a folder's weights, which are not loaded yet.</summary>
    internal static TextModel For(Checkpoint checkpoint, string folder, TextHead head, IReadOnlyList<string>? labels, ulong seed, LoadOptions options)
    {
        var model = Create(HubConfig.Read(folder), head, labels, seed);
        return model is EncoderModel { HasPooler: true } bare && bare.HeadTensors().Any(tensor => ModelLoader.Find(bare, tensor, checkpoint, options) is null)
            ? bare.WithoutPooler() : model;
    }

    /// <summary>Makes the class of a head of the family that a config names, with random weights.</summary>
    /// <param name="config">What <c>config.json</c> says.</param>
    /// <param name="head">What is to stand above the encoder.</param>
    /// <param name="labels">The names of the labels in index order; null for those of the config.</param>
    /// <param name="seed">The seed of the weights.</param>
    /// <exception cref="ArgumentException">The family has no such head.</exception>
    /// <exception cref="CheckpointException">The config asks for what is not built.</exception>
    public static TextModel Create(JsonObjectReader config, TextHead head, IReadOnlyList<string>? labels = null, ulong seed = 0) =>
        Create(new HubConfig(config), head, labels, seed);

    /// <summary>Makes the model that a config names, with random weights.</summary>
    /// <exception cref="CheckpointException">The config asks for what is not built.</exception>
    internal static TextModel Create(HubConfig config, ulong seed = 0, bool withoutDropout = false)
    {
        RequireText(config);
        if (WordFamilies.Create(config, head: null, labels: null, seed, withoutDropout) is { } words) return words;
        return HubFamilies.Require(Families, config).Family.Create(head: null, config, labels: null, seed, withoutDropout);
    }

    private static TextModel Create(HubConfig config, TextHead head, IReadOnlyList<string>? labels, ulong seed)
    {
        RequireText(config);
        if (WordFamilies.Create(config, head, labels, seed, withoutDropout: false) is { } words) return words;
        // the class may be of a head that is not built: what matters here is the family
        var family = (HubFamilies.Know(Families, config) ? null : Array.Find(Families, row => row.ModelType == config.ModelType()))
            ?? HubFamilies.Require(Families, config).Family;
        if (labels is not null) ArgumentOutOfRangeException.ThrowIfZero(labels.Count, nameof(labels));
        return family.Create(head, config, labels, seed, withoutDropout: false);
    }

    private static void RequireText(HubConfig config)
    {
        if (config.Architecture() is null && config.ModelType() is null && config.TimmArchitecture() is { } timm)
            throw config.Fail("architecture", $"is '{Printable.Text(timm)}' in the way of timm: an image model, which is opened by its name "
                + $"({string.Join(", ", ModelRegistry.Names)})");
        if (PretrainedImageModel.Knows(config)) throw config.Fail("architectures", $"is of an image model ({config.Architecture() ?? config.ModelType()}), not of a text model");
    }
}
