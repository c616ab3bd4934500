using Graft.Tensors;
using Graft.Text;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>How well a language model tells tokens that it does not see: summed over batches.</summary>
internal sealed class TokenScores
{
    private double loss;
    private int tokens;
    private int correct;

    /// <summary>Adds those places of a batch that have a label.</summary>
    /// <param name="logits">Of each place [..., V].</param>
    /// <param name="labels">The right token of each, or <see cref="TextTargets.Ignored"/>.</param>
    public void Add(Tensor<float> logits, ReadOnlySpan<int> labels)
    {
        float[] numbers = logits.ToArray();
        int vocabulary = logits.Shape[^1];
        for (int place = 0; place < labels.Length; place++)
            if (labels[place] != TextTargets.Ignored) Add(numbers.AsSpan(place * vocabulary, vocabulary), labels[place]);
    }

    /// <summary>Adds a place.</summary>
    /// <param name="scores">The logits of all tokens.</param>
    /// <param name="token">The right one.</param>
    public void Add(ReadOnlySpan<float> scores, int token)
    {
        int best = ImageInference.IndexOfLargest(scores);
        loss -= ImageInference.LogProbability(scores, token, scores[best]);
        if (best == token) correct++;
        tokens++;
    }

    /// <summary>The mean <c>loss</c> of a token, its exponential <c>perplexity</c>, and the <c>accuracy</c>.</summary>
    public Evaluation Evaluate()
    {
        int count = Math.Max(1, tokens);
        return new Evaluation(
            tokens, correct, new Metrics((Transfer.Metrics.Loss, loss / count), ("perplexity", Perplexity.Of(loss, count)), (Transfer.Metrics.Accuracy, (double)correct / count)));
    }
}
