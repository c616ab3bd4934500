using Graft.Tensors;

namespace Graft.Transfer;

public abstract partial class Optimiser
{
    /// <summary>LAMB (You et al. 2020): Adam's direction of each parameter, as long as the parameter itself; for large batches.</summary>
    /// <param name="groups">The parameters and their rates.</param>
    /// <param name="beta1">The decay of the first moment, in [0, 1).</param>
    /// <param name="beta2">The decay of the second moment, in [0, 1).</param>
    /// <param name="epsilon">Added to the root of the second moment (<c>eps</c>).</param>
    /// <param name="weightDecay">The share of a weight that is added to the direction.</param>
    /// <param name="clipNorm">The largest norm of all gradients together; null for no clipping.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is impossible.</exception>
    public static Optimiser Lamb(
        ParameterGroups groups, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-6, double weightDecay = 0.01, double? clipNorm = null)
    {
        RequireMoments(beta1, beta2, epsilon);
        return new LambOptimiser(groups, (float)beta1, (float)beta2, (float)epsilon, weightDecay, clipNorm);
    }

    private sealed class LambOptimiser(ParameterGroups groups, float beta1, float beta2, float epsilon, double weightDecay, double? clipNorm)
        : Optimiser(groups, weightDecay, clipNorm)
    {
        /// <summary>The directions of a step, until the norms of all are known.</summary>
        private readonly List<(Tensor<float> Weight, Tensor<float> Direction, float Rate)> waiting = [];

        private protected override int StateCount => LambDirection.StateCount;

        private protected override void Move(Tensor<float> weight, Tensor<float> gradient, State state, UpdateStep step)
        {
            var direction = weight.Device.Rent<float>(weight.Shape);
            waiting.Add((weight, direction, step.Rate));
            weight.Device.Copy(weight, direction);
            weight.Device.Update(
                new LambDirection(step.Momentum ?? beta1, beta2, epsilon, step.WeightDecay, step.Number, step.GradientScale), direction, gradient, state.First, state.Second);
        }

        private protected override void BeginMoves()
        {
            foreach (var (_, direction, _) in waiting) direction.Dispose();
            waiting.Clear();
        }

        private protected override void EndMoves()
        {
            if (waiting.Count == 0) return;
            // one read for all parameters: on a GPU each would wait for the queue
            using var squares = waiting[0].Weight.Device.Rent<float>([2 * waiting.Count]);
            for (int i = 0; i < waiting.Count; i++)
            {
                var (weight, direction, _) = waiting[i];
                weight.Device.Reduce<SumOfSquares>(weight, squares.View([], default, offset: 2 * i));
                weight.Device.Reduce<SumOfSquares>(direction, squares.View([], default, offset: 2 * i + 1));
            }
            float[] sums = squares.ToArray();
            for (int i = 0; i < waiting.Count; i++)
            {
                var (weight, direction, rate) = waiting[i];
                float ofWeight = sums[2 * i], ofDirection = sums[2 * i + 1];
                float trust = ofWeight > 0 && ofDirection > 0 ? (float)Math.Sqrt((double)ofWeight / ofDirection) : 1f;
                weight.Device.Update(new Descent(rate * trust), weight, direction, null, null);
            }
            BeginMoves();
        }
    }
}

/// <summary>LAMB's direction, which takes the place of a copy of the weight: Adam's step of rate 1 and the decay.</summary>
internal readonly struct LambDirection(float beta1, float beta2, float epsilon, float weightDecay, int step, float gradientScale) : IUpdateRule
{
    private readonly float firstScale = (float)(1 / (1 - Math.Pow(beta1, step)));
    private readonly float rootScale = (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, step)));

    public static int StateCount => 2;

    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
    {
        gradient *= S.Splat(gradientScale);
        first = S.FusedMultiplyAdd(S.Splat(1f - beta1), gradient - first, first);
        second = S.FusedMultiplyAdd(S.Splat(beta2), second, S.Splat(1f - beta2) * gradient * gradient);
        var direction = S.Splat(firstScale) * first / S.FusedMultiplyAdd(S.Sqrt(second), S.Splat(rootScale), S.Splat(epsilon));
        weight = S.FusedMultiplyAdd(S.Splat(weightDecay), weight, direction);
    }
}

/// <summary>w -= rate * g.</summary>
internal readonly struct Descent(float learningRate) : IUpdateRule
{
    public static int StateCount => 0;

    public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S> =>
        weight = S.FusedMultiplyAdd(S.Splat(-learningRate), gradient, weight);
}
