using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The loss of classifiers of sequences, by what their outputs mean, as Hugging Face's classes have it.</summary>
internal static class SequenceLoss
{
    /// <param name="name">The model's name.</param>
    /// <param name="problemType">What its outputs mean; null to go by the targets.</param>
    /// <param name="logits">[B, L].</param>
    /// <param name="targets">What it should have been.</param>
    /// <exception cref="ArgumentException">The targets are not those that it learns from.</exception>
    public static Variable Of(string name, string? problemType, Variable logits, TextTargets targets)
    {
        // as Hugging Face's class guesses where the config does not say
        var kind = HubConfig.ProblemOf(problemType)
            ?? (logits.Shape[1] == 1 ? ProblemType.Regression : targets.Labels is null ? ProblemType.MultiLabel : ProblemType.SingleLabel);
        return kind switch
        {
            ProblemType.SingleLabel => CrossEntropy(logits, Needed(name, targets.Labels, "class numbers")),
            ProblemType.MultiLabel => logits.BinaryCrossEntropyWithLogits(Needed(name, targets.Values, "a 0 or 1 for each label")),
            _ => logits.MeanSquaredError(Needed(name, targets.Values, "values")),
        };
    }

    /// <summary>The mean cross-entropy of [..., L] over those that are not ignored (<c>ignore_index</c>).</summary>
    public static Variable CrossEntropy(Variable logits, int[] labels, float labelSmoothing = 0)
    {
        int odd = Array.FindIndex(labels, label => label < 0 && label != TextTargets.Ignored);
        if (odd >= 0) throw new ArgumentException($"the label {labels[odd]} is neither a class nor {TextTargets.Ignored}, which leaves a token out");
        int classes = logits.Shape[^1];
        return logits.Reshape([checked((int)(logits.Shape.ElementCount / classes)), classes]).CrossEntropy(labels, labelSmoothing);
    }

    /// <summary>What a decoder reads to write labels: for each place the label of the place before it, and at the first the start token (Hugging Face's
    /// <c>shift_tokens_right</c>).</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="labels">[B, T], <see cref="TextTargets.Ignored"/> where a shorter text has ended.</param>
    /// <param name="sequences">B.</param>
    /// <param name="start">The token at the first place.</param>
    /// <param name="padding">The token behind an end.</param>
    /// <exception cref="ArgumentException">The labels are not as many in each sequence.</exception>
    public static TextBatch Shifted(string name, int[] labels, int sequences, int start, int padding)
    {
        int length = labels.Length / sequences;
        if (length == 0 || labels.Length % sequences != 0) throw new ArgumentException($"{name}: {labels.Length} labels do not fit {sequences} sequences: each has as many");
        var ids = new int[labels.Length];
        for (int row = 0; row < sequences; row++)
        {
            ids[row * length] = start;
            for (int place = 1; place < length; place++)
            {
                int label = labels[row * length + place - 1];
                ids[row * length + place] = label == TextTargets.Ignored ? padding : label;
            }
        }
        return new TextBatch(sequences, length, ids);
    }

    /// <summary>The places of a batch that have a label, and their labels.</summary>
    public static (int[] Places, int[] Labels) Labelled(string name, int[] labels, Shape tokens)
    {
        if (labels.Length != tokens.ElementCount)
            ShapeException.Throw(name, $"{labels.Length} labels do not fit tokens {tokens}", $"each token has a label, {TextTargets.Ignored} to leave it out");
        int count = labels.Length - labels.AsSpan().Count(TextTargets.Ignored);
        if (count == 0) throw new ArgumentException($"{name}: every token is left out of the loss");
        var (places, kept) = (new int[count], new int[count]);
        for (int place = 0, at = 0; place < labels.Length; place++)
            if (labels[place] != TextTargets.Ignored) (places[at], kept[at++]) = (place, labels[place]);
        return (places, kept);
    }

    public static T Needed<T>(string name, T? targets, string what) where T : class =>
        targets ?? throw new ArgumentException($"{name} learns from {what}, and there are none");
}
