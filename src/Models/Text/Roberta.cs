using Graft.Autograd;

namespace Graft.Models;

/// <summary>RoBERTa (Liu et al. 2019), and those that are trained and built like it: XLM-RoBERTa (Conneau et al. 2020) and CamemBERT (Martin et al.
/// 2020).</summary>
internal static class Roberta
{
    /// <summary>The head on the first token that RoBERTa has instead of the pooler.</summary>
    public static SequenceHeadKeys FirstToken { get; } = new()
    {
        Dense = "classifier.dense",
        Activation = Activation.Find("tanh"),
        DropsFirst = true,
        Output = "classifier.out_proj",
    };

    public static LanguageHeadKeys Language { get; } = new("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias") { Activation = Activation.Gelu };

    private static EncoderFamily Family { get; } = Row("roberta", "Roberta");

    public static EncoderFamily[] Families { get; } = [Family, Row("xlm-roberta", "XLMRoberta"), Row("camembert", "Camembert")];

    private static EncoderFamily Row(string type, string prefix)
    {
        EncoderFamily? own = null;
        return own = new EncoderFamily(type, prefix, "roberta", config => EncoderConfig.Read(config, Standard with { Family = own! }, new ConfigKeys()))
        {
            CountsPositions = true,
            Sequence = FirstToken,
            Language = Language,
        };
    }

    private static EncoderConfig Standard => EncoderConfig.Base with { VocabularySize = 50265, PaddingToken = 1 };
}
