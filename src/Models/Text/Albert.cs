using Graft.Autograd;

namespace Graft.Models;

/// <summary>ALBERT (Lan et al. 2020): narrow embeddings, and one set of weights for all layers, or a set for each group of them.</summary>
internal static class Albert
{
    private const int MostInGroup = 16;

    private static readonly ConfigKeys Keys = new() { ClassifierDropout = null };

    public static EncoderFamily Family { get; } = new("albert", "Albert", "albert", Read)
    {
        LayersKey = "encoder.albert_layer_groups",
        LayerKeys = new LayerKeys
        {
            Attention = "attention",
            Joined = "attention.dense",
            AttentionNorm = "attention.LayerNorm",
            Intermediate = "ffn",
            Output = "ffn_output",
            OutputNorm = "full_layer_layer_norm",
        },
        ProjectionKey = "encoder.embedding_hidden_mapping_in",
        AlwaysProjects = true,
        PoolerKey = "pooler",
        DropsPerceptron = false,
        Language = new LanguageHeadKeys("predictions.dense", "predictions.LayerNorm", "predictions.decoder", "predictions.bias")
        {
            Beside = ["sop_classifier.classifier"],
        },
    };

    private static EncoderConfig Read(HubConfig config)
    {
        var standard = EncoderConfig.Base with
        {
            Family = Family,
            VocabularySize = 30000,
            HiddenSize = 4096,
            Heads = 64,
            IntermediateSize = 16384,
            Activation = Activation.Find("gelu_new")!,
            HiddenDropout = 0,
            AttentionDropout = 0,
        };
        var read = EncoderConfig.Read(config, standard, Keys);
        float dropout = config.Share("classifier_dropout_prob", 0.1f);
        int groups = config.Count("num_hidden_groups", 1, read.Layers), inGroup = config.Count("inner_group_num", 1, MostInGroup);
        if (groups * inGroup > HubConfig.MostLayers) throw config.Fail("num_hidden_groups", $"is {groups}, of {inGroup} layers each: {HubConfig.MostLayers} at most are built");
        return read with
        {
            OwnEmbeddingSize = config.Count("embedding_size", 128),
            SharedGroups = groups,
            LayersInGroup = inGroup,
            ClassifierDropout = dropout,
            TokenDropout = dropout,
        };
    }
}
