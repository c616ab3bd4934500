using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>Adaptation without a source (TENT; Wang et al. 2021): the norms' weights and biases learn to make the model sure of what it says about the target; nothing
/// else learns. Batch norms normalise by the target's batches.</summary>
/// <remarks>It hurts where batches are small or hold few classes, and in the end it makes any model sure, right or wrong: an epoch is enough.</remarks>
public static class TestTimeEntropy
{
    /// <summary>The mean entropy of rows of answers: -sum p ln p.</summary>
    /// <param name="logits">[rows, classes].</param>
    /// <returns>One element.</returns>
    public static Variable Of(Variable logits)
    {
        ArgumentNullException.ThrowIfNull(logits);
        var logarithms = logits.LogSoftmax();
        return (logarithms.Exp() * logarithms).Sum() * (-1f / logits.Shape[0]);
    }
}
