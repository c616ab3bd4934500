namespace Graft.Models;

/// <summary>MPNet (Song et al. 2020): attention adds to its scores by the distance of the tokens.</summary>
internal static class Mpnet
{
    // Hugging Face's class has these fixed, whatever a config says
    private const int Buckets = 32, Padding = 1;

    public static EncoderFamily Family { get; } = new("mpnet", "MPNet", "mpnet", Read)
    {
        LayerKeys = new LayerKeys
        {
            Attention = "attention.attn",
            Query = "q",
            Key = "k",
            Value = "v",
            Joined = "attention.attn.o",
            AttentionNorm = "attention.LayerNorm",
        },
        CountsPositions = true,
        Sequence = Roberta.FirstToken,
        Language = Roberta.Language,
    };

    private static EncoderConfig Read(HubConfig config)
    {
        var standard = EncoderConfig.Base with { Family = Family, VocabularySize = 30527, TokenTypes = 0, RelativeBuckets = Buckets };
        return EncoderConfig.Read(config, standard, new ConfigKeys { ClassifierDropout = null, FixedPaddingToken = Padding });
    }
}
