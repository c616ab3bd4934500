using Graft.Models;
using Graft.Tensors;

namespace Graft.Peers;

/// <summary>Which half of writing a text is timed.</summary>
internal enum GenerationPart
{
    /// <summary>Prompts are read at once.</summary>
    Prefill,

    /// <summary>One token of each sequence, behind a prompt and those before it.</summary>
    Decode,
}

/// <summary>A GPT-2 of 124 million random weights that reads prompts and writes behind them.</summary>
/// <param name="Batch">B sequences.</param>
/// <param name="Part">What is timed.</param>
/// <param name="Precision">In which numbers our weights are kept.</param>
internal sealed record Gpt2Shape(int Batch, GenerationPart Part, WeightPrecision Precision = WeightPrecision.Float32)
{
    /// <summary>Tokens of a prompt, and how many are written behind it.</summary>
    public const int Prompt = 128, Written = 128;

    public const int VocabularySize = 50257, Positions = 1024, Width = 768, Layers = 12, Heads = 12, HeadSize = Width / Heads;

    public const float LayerNormEpsilon = 1e-5f;

    /// <summary>The weights of the layers' products.</summary>
    private const double LayerWeights = Layers * 12.0 * Width * Width;

    public int[][] Prompts => [.. Inputs.Tokens(Batch * Prompt, VocabularySize).Chunk(Prompt)];

    /// <summary>The tokens that each sequence goes on with, whatever the scores are: [W][B].</summary>
    public int[][] Following => [.. Inputs.Tokens(Batch * Written, VocabularySize).Reverse().Chunk(Batch)];

    /// <summary>The operations of the products: those of the layers and of attention for each token, the last map for one token of each sequence.</summary>
    public double Operations => Part == GenerationPart.Prefill
        ? Batch * (Prompt * (2 * LayerWeights + Layers * 2.0 * Prompt * Width) + 2.0 * VocabularySize * Width)
        : Batch * (2 * LayerWeights + 2.0 * VocabularySize * Width + Layers * 4.0 * MeanLength * Width);

    /// <summary>The bytes that a step has to read, weights and the keys and values so far; 0 for the prefill, which is arithmetic.</summary>
    public double Bytes => Part == GenerationPart.Prefill
        ? 0 : BytesOfWeight * (LayerWeights + (double)VocabularySize * Width) + Batch * Layers * 2.0 * MeanLength * Width * sizeof(float);

    private int BytesOfWeight => Precision switch
    {
        WeightPrecision.Int8 => sizeof(sbyte),
        WeightPrecision.BFloat16 => sizeof(ushort),
        _ => sizeof(float),
    };

    private static double MeanLength => Prompt + (Written + 1) / 2.0;

    /// <summary>Ours, with random weights.</summary>
    public static TextModel Create()
    {
        byte[] config = JsonFile.Format(writer =>
        {
            writer.WriteStartArray("architectures");
            writer.WriteStringValue("GPT2LMHeadModel");
            writer.WriteEndArray();
            writer.WriteString("model_type", "gpt2");
            writer.WriteNumber("vocab_size", VocabularySize);
            writer.WriteNumber("n_positions", Positions);
            writer.WriteNumber("n_embd", Width);
            writer.WriteNumber("n_layer", Layers);
            writer.WriteNumber("n_head", Heads);
            writer.WriteNumber("layer_norm_epsilon", LayerNormEpsilon);
        });
        return PretrainedModel.Create(JsonFile.Parse(config, "config.json"), seed: 1);
    }
}
