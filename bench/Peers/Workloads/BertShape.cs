
namespace Graft.Peers;

/// <summary>What is done with a BERT.</summary>
internal enum BertTask
{
    /// <summary>Forward alone.</summary>
    Evaluate,

    /// <summary>A step over all of it.</summary>
    Train,

    /// <summary>A step over a LoRA of rank 8 on queries and values, and the classifier.</summary>
    TrainLora,
}

/// <summary>A BERT with a classifier of two classes, on full sequences.</summary>
/// <param name="Sizes">Its sizes.</param>
/// <param name="Batch">B sequences.</param>
internal sealed record BertShape(BertSizes Sizes, int Batch)
{
    /// <summary>Tokens in each sequence.</summary>
    public const int Length = 128;

    public int HeadSize => Sizes.HiddenSize / BertSizes.Heads;

    /// <summary>[B, T], row by row.</summary>
    public int[] TokenIds => Inputs.Tokens(Batch * Length, BertSizes.VocabularySize);

    public int[] Labels => Inputs.Labels(Batch, BertSizes.Labels);

    /// <summary>The operations of the products: query, key, value and what joins the heads, the perceptron, scores and their sums of
    /// values, pooler and classifier. What is left over is a percent; a backward costs twice its forward, or once where weights are frozen.</summary>
    public double Operations(BertTask task)
    {
        double width = Sizes.HiddenSize, inner = Sizes.IntermediateSize;
        double layer = Length * (2 * 4 * width * width + 2 * 2 * width * inner) + 2 * 2 * Length * Length * width;
        double forward = Sizes.Layers * layer + 2 * width * width + 2 * width * BertSizes.Labels;
        return Batch * forward * task switch
        {
            BertTask.Evaluate => 1,
            BertTask.Train => 3,
            _ => 2,
        };
    }
}
