namespace Graft.Models;

/// <summary>BERT (Devlin et al. 2018).</summary>
internal static class Bert
{
    public static EncoderFamily Family { get; } = new("bert", "Bert", "bert", static config => EncoderConfig.Read(config, EncoderConfig.Base, new ConfigKeys()))
    {
        Language = new LanguageHeadKeys("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder", "cls.predictions.bias")
        {
            Beside = ["cls.seq_relationship"],
        },
    };
}
