using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>A network that learns predicts what an average of its past makes of another view (BYOL; Grill et al. 2020).</summary>
public static class PredictedView
{
    /// <summary>The mean over examples of 2 - 2 cos(prediction, target).</summary>
    /// <param name="prediction">[n, features]: what the learning network predicts of a view.</param>
    /// <param name="target">[n, features]: what the average makes of the other; nothing is learnt by it.</param>
    /// <returns>One element.</returns>
    /// <exception cref="Graft.Tensors.ShapeException">They are no matrices of one shape with two rows or more.</exception>
    public static Variable Loss(Variable prediction, Variable target)
    {
        ViewShapes.Require("BYOL", prediction, target);
        return 2f - (prediction.Normalise() * target.Detach().Normalise()).Sum() * (2f / prediction.Shape[0]);
    }
}
