using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The losses of a classifier whose targets are no class numbers.</summary>
internal static class TextLosses
{
    /// <summary>The mean of (logits - values)^2 (PyTorch's <c>MSELoss</c>). logits and values: [B, L].</summary>
    public static Variable MeanSquaredError(Variable logits, float[] values) => (logits - Targets(logits, values)).Map(default(Square)).Mean();

    /// <summary>The mean of ln(1 + e^x) - x z over logits x and targets z in [0, 1] (PyTorch's <c>BCEWithLogitsLoss</c>).</summary>
    public static Variable BinaryCrossEntropy(Variable logits, float[] values)
    {
        // ln(1 + e^x) = (x + |x|) / 2 + ln(1 + e^-|x|), which no x overflows; with |x|' = 0 at 0 its slope there is 1/2, as it should be
        var magnitude = logits.Map(default(Absolute));
        var rest = (magnitude * -1f).Exp().Map(new AddScalar(1f)).Log();
        return ((logits + magnitude) * 0.5f + rest - logits * Targets(logits, values)).Mean();
    }

    private static Variable Targets(Variable logits, float[] values)
    {
        if (values.Length != logits.Shape.ElementCount)
            throw new ArgumentException($"{values.Length} target values do not fit logits {logits.Shape}: there has to be one for each");
        var targets = logits.Pass.Rent(logits.Shape);
        targets.CopyFrom(values);
        return logits.Pass.Untracked(targets);
    }
}
