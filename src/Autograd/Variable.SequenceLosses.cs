using Graft.Tensors;

namespace Graft.Autograd;

// losses of sequences that are not aligned to what they are made of
public sealed partial class Variable
{
    /// <summary>-log of the probability of labels under all their alignments to frames (Graves et al. 2006; PyTorch's <c>log_softmax</c> and
    /// <c>ctc_loss</c>) of logits [B, T, V].</summary>
    /// <param name="labels">The labels of each sequence, none of them the blank.</param>
    /// <param name="lengths">How many frames of each sequence count [B].</param>
    /// <param name="blank">The label that means none.</param>
    /// <param name="reduction">What is made of the sequences' losses.</param>
    /// <param name="zeroInfinity">Whether a sequence of more labels than frames has the loss 0 and no gradient; else its loss is infinite.</param>
    /// <returns>[], or [B] without a reduction.</returns>
    /// <exception cref="ShapeException">The logits are not [B, T, V], or labels or lengths are not one for each sequence.</exception>
    /// <exception cref="ArgumentException">A label is none of the V or the blank, or a length is none of 0 to T.</exception>
    public Variable CtcLoss(
        IReadOnlyList<int[]> labels, ReadOnlySpan<int> lengths, int blank = 0, CtcReduction reduction = CtcReduction.Mean, bool zeroInfinity = false)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (Shape.Rank != 3) ShapeException.Throw("ctc_loss", $"logits {Shape}", "the logits have to be [sequences, frames, labels]");
        int sequences = Shape[0], classes = Shape[2];
        if (labels.Count != sequences || lengths.Length != sequences)
            ShapeException.Throw("ctc_loss", $"logits {Shape} do not fit {labels.Count} rows of labels and {lengths.Length} lengths", $"each of the {sequences} sequences has one");
        if ((uint)blank >= (uint)classes) throw new ArgumentException($"ctc_loss: the blank {blank} is not one of the {classes} labels 0 ... {classes - 1}");
        var weights = new float[sequences];
        for (int row = 0; row < sequences; row++)
        {
            if (lengths[row] < 0 || lengths[row] > Shape[1]) throw new ArgumentException($"ctc_loss: {lengths[row]} frames of sequence {row} are not 0 to {Shape[1]}");
            foreach (int label in labels[row])
                if ((uint)label >= (uint)classes || label == blank)
                    throw new ArgumentException($"ctc_loss: label {label} of sequence {row} is not one of 0 ... {classes - 1} without the blank {blank}");
            weights[row] = reduction == CtcReduction.Mean ? 1f / (Math.Max(1, labels[row].Length) * sequences) : 1;
        }
        var losses = CtcLossFunction.Apply(LogSoftmax(), labels, lengths, blank, weights, zeroInfinity);
        return reduction == CtcReduction.None ? losses : losses.Sum();
    }
}

/// <summary>What is made of the losses of sequences (<c>reduction</c> of PyTorch's <c>ctc_loss</c>).</summary>
public enum CtcReduction
{
    /// <summary>Each divided by its number of labels, and the mean of that.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>Nothing.</summary>
    None,
}
