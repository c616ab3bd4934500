using Graft.Autograd;

namespace Graft.Samples.OwnNetwork;

/// <summary>A loss of one's own (Lin et al. 2017): the mean of -(1 - p)^2 ln p over the probabilities p of the right classes. What the
/// network is sure of already counts less.</summary>
internal static class FocalLoss
{
    /// <param name="logits">[N, classes].</param>
    /// <param name="labels">The class numbers [N].</param>
    public static Variable Of(Variable logits, ReadOnlySpan<int> labels)
    {
        int classes = logits.Shape[1];
        var chosen = new float[labels.Length * classes];
        for (int row = 0; row < labels.Length; row++) chosen[row * classes + labels[row]] = 1f;
        var isRight = logits.Pass.Constant(logits.Pass.Upload<float>(logits.Shape, chosen));

        var logarithm = (logits.LogSoftmax() * isRight).Sum(1);
        var doubt = logarithm.Exp() * -1f + 1f;
        return (doubt * doubt * logarithm).Mean() * -1f;
    }
}
