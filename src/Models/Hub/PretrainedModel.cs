namespace Graft.Models;

/// <summary>Makes the text model that a folder of the Hugging Face hub describes; <see cref="PretrainedImageModel"/> makes image models.</summary>
public static class PretrainedModel
{
    private static readonly TextFamily[] Families =
    [
        TextFamily.Of("bert", BertConfig.Read, config => config.WithoutDropout(), new()
        {
            [nameof(BertModel)] = (config, seed) => new BertModel(config) { Seed = seed },
            [nameof(BertForSequenceClassification)] = (config, seed) => new BertForSequenceClassification(config) { Seed = seed },
            [nameof(BertForTokenClassification)] = (config, seed) => new BertForTokenClassification(config) { Seed = seed },
            [nameof(BertForQuestionAnswering)] = (config, seed) => new BertForQuestionAnswering(config) { Seed = seed },
            [nameof(BertForMaskedLM)] = (config, seed) => new BertForMaskedLM(config) { Seed = seed },
        }),
    ];

    /// <summary>The architectures that can be made.</summary>
    public static IEnumerable<string> Architectures => Families.SelectMany(family => family.Architectures);

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
        return (model, model.Load(checkpoint, options with { AllowMissingHead = options.AllowMissingHead || model is BertModel }));
    }

    /// <summary>Makes the model that a config names, with random weights (Hugging Face's <c>AutoModel.from_config</c>).</summary>
    /// <param name="config">What <c>config.json</c> says: <c>architectures</c> or <c>model_type</c>, and sizes; what is left out is as in the
    /// family's base model.</param>
    /// <param name="seed">The seed of the weights.</param>
    /// <param name="withoutDropout">Whether dropout is left out of training passes too.</param>
    /// <exception cref="CheckpointException">The config asks for what is not built.</exception>
    public static TextModel Create(JsonObjectReader config, ulong seed = 0, bool withoutDropout = false) =>
        Create(new HubConfig(config), seed, withoutDropout);

    /// <summary>Makes the model that a config names, with random weights.</summary>
    /// <exception cref="CheckpointException">The config asks for what is not built.</exception>
    internal static TextModel Create(HubConfig config, ulong seed = 0, bool withoutDropout = false)
    {
        if (config.Architecture() is null && config.ModelType() is null && config.TimmArchitecture() is { } timm)
            throw config.Fail("architecture", $"is '{Printable.Text(timm)}' in the way of timm: an image model, which is opened by its name "
                + $"({string.Join(", ", ModelRegistry.Names)})");
        if (PretrainedImageModel.Knows(config)) throw config.Fail("architectures", $"is of an image model ({config.Architecture() ?? config.ModelType()}), not of a text model");
        var (family, architecture) = HubFamilies.Require(Families, config);
        return family.Create(architecture, config, seed, withoutDropout);
    }
}
