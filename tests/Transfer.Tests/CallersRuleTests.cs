using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>An update rule that Graft does not have, written as a user would write it: from its paper to a recipe by name.</summary>
public sealed class CallersRuleTests : IDisposable
{
    private const double Momentum = 0.9;

    private static readonly OptimiserKind LionKind = new(
        "lion", "evolved sign momentum",
        (groups, options) => Optimiser.Of(
            groups, step => new Lion(step.Rate, (float)options.Momentum, step.WeightDecay, step.GradientScale),
            options.WeightDecay, options.ClipNorm));

    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    [Fact]
    public void It_steps_as_its_formula_says_decay_by_group_included()
    {
        var model = new LinearModel();
        var (weight, bias) = (model.Parameters().First(), model.Parameters().Last());
        weight.Value.CopyFrom([1f, -2f, 0.5f, 3f]);
        bias.Value.CopyFrom([0.5f, -1f]);
        var groups = new ParameterGroups(
            new ParameterGroup("weights", [weight]), new ParameterGroup("biases", [bias]) { DecaysVectors = true, WeightDecay = 0.5 });
        groups.Rates(0.1);
        using var optimiser = LionKind.Create(groups, new OptimiserOptions { WeightDecay = 0.2 });
        using var x = Tensor.From<float>([3, 2], [1f, 2f, -1f, 0.5f, 3f, -2f], device);
        double[] expected = [1, -2, 0.5, 3, 0.5, -1], mean = new double[6];
        for (int step = 0; step < 5; step++)
        {
            using var pass = Pass.Train(device);
            var gradients = pass.Backward(model.Forward(pass.Constant(x)).CrossEntropy([1, 0, 1]));
            float[] gradient = [.. gradients.Of(weight)!.ToArray(), .. gradients.Of(bias)!.ToArray()];
            optimiser.Step(gradients);
            for (int i = 0; i < expected.Length; i++)
            {
                double direction = Math.Sign(Momentum * mean[i] + (1 - Momentum) * gradient[i]);
                expected[i] -= 0.1 * (direction + (i < 4 ? 0.2 : 0.5) * expected[i]);
                mean[i] = 0.99 * mean[i] + 0.01 * gradient[i];
            }
            float[] actual = [.. weight.Value.ToArray(), .. bias.Value.ToArray()];
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 2e-6);
        }
    }

    [Fact]
    public void A_recipe_takes_it_as_one_of_its_own()
    {
        var model = new SmallModel();
        var options = new FineTuneOptions { Epochs = 20, FrozenEpochs = 0, Optimiser = LionKind, LearningRate = 0.01, RateDecayPerStage = 1 };
        var report = new FineTuner(model, device, options).FineTune(new Noise(model, device, size: 8));
        Assert.True(report.Epochs[^1].Loss < report.Epochs[0].Loss / 2, $"{report.Epochs[0].Loss} to {report.Epochs[^1].Loss}");
    }

    [Fact]
    public void Optimisers_are_found_by_the_names_of_recipes()
    {
        Assert.Same(OptimiserKind.AdamW, OptimiserKind.Named("adamw"));
        Assert.Same(OptimiserKind.Sgd, OptimiserKind.Named("sgd"));
        Assert.Equal(
            "there is no optimiser 'adamx' (nearest: adamw); there are sgd, nesterov, adamw, adam, rmsprop, adagrad, lamb, lion",
            Assert.Throws<ArgumentException>(() => OptimiserKind.Named("adamx")).Message);
    }

    /// <summary>Lion (Chen et al. 2023): w -= rate * (sign(beta1 * m + (1 - beta1) * g) + decay * w); m = 0.99 * m + 0.01 * g.</summary>
    private readonly struct Lion(float rate, float beta1, float decay, float gradientScale) : IUpdateRule
    {
        private const float Beta2 = 0.99f;

        public static int StateCount => 1;

        public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
        {
            gradient *= S.Splat(gradientScale);
            S zero = S.Splat(0f), blend = S.FusedMultiplyAdd(S.Splat(beta1), first - gradient, gradient);
            var sign = S.WhereGreater(blend, zero, S.Splat(1f), S.WhereGreater(zero, blend, S.Splat(-1f), zero));
            weight -= S.Splat(rate) * S.FusedMultiplyAdd(S.Splat(decay), weight, sign);
            first = S.FusedMultiplyAdd(S.Splat(Beta2), first - gradient, gradient);
        }
    }
}
