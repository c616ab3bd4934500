using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>A layer that is nothing forward and turns the gradient around backward, so that what is below it learns to make worse what is above it learns to make
/// better (Ganin and Lempitsky 2015).</summary>
public static class GradientReversal
{
    /// <summary>y = x, and dx = -strength dy.</summary>
    /// <param name="features">x, of any shape.</param>
    /// <param name="strength">lambda: how much of the gradient comes through; 0 for nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">The strength is negative or not finite.</exception>
    public static Variable Apply(Variable features, double strength)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (!(strength >= 0 && double.IsFinite(strength))) throw new ArgumentOutOfRangeException(nameof(strength), strength, "the strength of a reversal is a number from 0 up");
        return features.Map(new Reversed((float)-strength));
    }

    /// <summary>The strength along a training, 2 / (1 + exp(-gamma p)) - 1: nothing while the features still mean nothing, then soon all of it.</summary>
    /// <param name="progress">p: the share of the training that is done, in [0, 1].</param>
    /// <param name="gamma">How steep; 10 in the paper.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is none, or gamma is not above 0.</exception>
    public static double Ramp(double progress, double gamma = 10)
    {
        if (progress is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(progress), progress, "the share of a training that is done is in [0, 1]");
        if (!(gamma > 0 && double.IsFinite(gamma))) throw new ArgumentOutOfRangeException(nameof(gamma), gamma, "the steepness of a ramp is above 0");
        return 2 / (1 + Math.Exp(-gamma * progress)) - 1;
    }

    private readonly struct Reversed(float slope) : IUnaryOp
    {
        public static Saves Saves => Saves.Nothing;

        public S Forward<S>(S x) where S : unmanaged, ILane<S> => x;

        public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(slope);
    }
}
