using Graft.Autograd;

namespace Graft.Models;

/// <summary>DistilBERT (Sanh et al. 2019): half of BERT's layers, no token types and no pooler.</summary>
internal static class DistilBert
{
    private static readonly ConfigKeys Keys = new()
    {
        HiddenSize = "dim",
        Layers = "n_layers",
        Heads = "n_heads",
        IntermediateSize = "hidden_dim",
        Activation = "activation",
        HiddenDropout = "dropout",
        AttentionDropout = "attention_dropout",
        ClassifierDropout = null,
    };

    private static readonly SequenceHeadKeys FirstToken = new() { Dense = "pre_classifier", Activation = Activation.Relu };

    public static EncoderFamily Family { get; } = new("distilbert", "DistilBert", "distilbert", Read)
    {
        LayersKey = "transformer.layer",
        LayerKeys = new LayerKeys
        {
            Attention = "attention",
            Query = "q_lin",
            Key = "k_lin",
            Value = "v_lin",
            Joined = "attention.out_lin",
            AttentionNorm = "sa_layer_norm",
            Intermediate = "ffn.lin1",
            Output = "ffn.lin2",
            OutputNorm = "output_layer_norm",
        },
        PoolerKey = null,
        DropsAttention = false,
        Sequence = FirstToken,
        Choice = FirstToken,
        Language = new LanguageHeadKeys("vocab_transform", "vocab_layer_norm", "vocab_projector", "vocab_projector.bias"),
    };

    private static EncoderConfig Read(HubConfig config)
    {
        // a saved table of sines is a table like another; only a new one would differ
        var read = EncoderConfig.Read(config, EncoderConfig.Base with { Family = Family, Layers = 6, TokenTypes = 0 }, Keys);
        return read with
        {
            LayerNormEpsilon = 1e-12f,
            ClassifierDropout = config.Share("seq_classif_dropout", 0.2f),
            AnswerDropout = config.Share("qa_dropout", 0.1f),
        };
    }
}
