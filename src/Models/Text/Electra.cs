using Graft.Autograd;

namespace Graft.Models;

/// <summary>ELECTRA (Clark et al. 2020): an encoder that learns by telling which words a smaller one has put in place of others.</summary>
internal static class Electra
{
    public static EncoderFamily Family { get; } = new("electra", "Electra", "electra", Read)
    {
        ProjectionKey = "embeddings_project",
        PoolerKey = null,
        Sequence = Roberta.FirstToken with { Activation = Activation.Gelu },
        Choice = new SequenceHeadKeys { Dense = "sequence_summary.summary", Activation = Activation.Gelu },
        Language = new LanguageHeadKeys("generator_predictions.dense", "generator_predictions.LayerNorm", "generator_lm_head", "generator_lm_head.bias")
        {
            Activation = Activation.Gelu,
        },
        Detection = ("discriminator_predictions.dense", "discriminator_predictions.dense_prediction"),
    };

    private static EncoderConfig Read(HubConfig config)
    {
        var standard = EncoderConfig.Base with { Family = Family, HiddenSize = 256, Heads = 4, IntermediateSize = 1024 };
        return EncoderConfig.Read(config, standard, new ConfigKeys()) with { OwnEmbeddingSize = config.Count("embedding_size", 128) };
    }
}
