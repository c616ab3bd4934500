namespace Graft.Models;

/// <summary>Makes the model that a folder of the Hugging Face hub describes.</summary>
internal static class PretrainedModel
{
    private static readonly Dictionary<string, Func<BertConfig, ulong, TextModel>> Berts = new(StringComparer.Ordinal)
    {
        [nameof(BertModel)] = (config, seed) => new BertModel(config) { Seed = seed },
        [nameof(BertForSequenceClassification)] = (config, seed) => new BertForSequenceClassification(config) { Seed = seed },
        [nameof(BertForTokenClassification)] = (config, seed) => new BertForTokenClassification(config) { Seed = seed },
        [nameof(BertForQuestionAnswering)] = (config, seed) => new BertForQuestionAnswering(config) { Seed = seed },
        [nameof(BertForMaskedLM)] = (config, seed) => new BertForMaskedLM(config) { Seed = seed },
    };

    /// <summary>The architectures that can be made.</summary>
    public static IEnumerable<string> Architectures => Berts.Keys;

    /// <summary>Makes the model that <c>config.json</c> names, and fills it with the folder's weights.</summary>
    /// <param name="folder">A folder with <c>config.json</c> and a checkpoint.</param>
    /// <param name="withoutDropout">Whether a pass that trains computes what one that infers does.</param>
    /// <exception cref="CheckpointException">Something is missing, damaged or not built, or the weights do not fit.</exception>
    public static TextModel Open(string folder, bool withoutDropout = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var model = Create(HubConfig.Read(folder), withoutDropout: withoutDropout);
        using var checkpoint = OpenWeights(folder);
        model.Load(checkpoint);
        return model;
    }

    /// <summary>Makes the model that a config names, with random weights.</summary>
    /// <exception cref="CheckpointException">The config asks for what is not built.</exception>
    public static TextModel Create(HubConfig config, ulong seed = 0, bool withoutDropout = false)
    {
        string? architecture = config.Architecture(), type = config.ModelType();
        if (architecture is null && type is null) throw config.Fail("names neither 'architectures' nor 'model_type', so nothing says what the weights are");
        // a config without the class is one of the bare encoder
        if (architecture is null && type == "bert") architecture = nameof(BertModel);
        if (architecture is null)
            throw config.Fail("model_type", $"is '{Printable.Text(type!)}', which is not built; built is bert");
        if (!Berts.TryGetValue(architecture, out var make))
            throw config.Fail("architectures", $"names {Printable.Text(architecture)}, which is not built; built are {string.Join(", ", Architectures)}");
        if (type is not (null or "bert"))
            throw config.Fail("model_type", $"is '{Printable.Text(type)}', which does not go with the architecture {architecture}");
        var sizes = BertConfig.Read(config);
        return make(withoutDropout ? sizes.WithoutDropout() : sizes, seed);
    }

    /// <summary>The weights under the names that the hub uses, so that other checkpoints in the folder are in nobody's way.</summary>
    private static Checkpoint OpenWeights(string folder)
    {
        foreach (string name in (string[])["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"])
            if (Path.Combine(folder, name) is var path && File.Exists(path)) return Checkpoint.Open(path);
        return Checkpoint.Open(folder);
    }
}
