using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

public sealed class OptimiserTests : IDisposable
{
    private readonly CpuDevice device = new(1);

    public void Dispose() => device.Dispose();

    /// <summary>Four steps at rate 0.1 with gradients clipped to 0.25, a decay of 0.1 on the matrix and none on the vector, against
    /// PyTorch 1.13 with two parameter groups and <c>clip_grad_norm_</c>.</summary>
    [Theory]
    [InlineData(true, new[] { 0.777809262f, -1.737764f, 0.588520229f, 2.64865017f, 0.492907822f, -0.992907763f })]
    [InlineData(false, new[] { 0.566568494f, -1.52713943f, 0.874325573f, 2.48773599f, 0.0988287851f, -0.598828793f })]
    public void Steps_with_clipping_and_decay_are_PyTorchs(bool sgd, float[] expected)
    {
        var model = new LinearModel();
        var (weight, bias) = (model.Parameters().First(), model.Parameters().Last());
        weight.Value.CopyFrom([1f, -2f, 0.5f, 3f]);
        bias.Value.CopyFrom([0.5f, -1f]);
        var groups = new ParameterGroups(model);
        groups.Rates(0.1);
        using var optimiser = sgd
            ? Optimiser.Sgd(groups, weightDecay: 0.1, clipNorm: 0.25)
            : Optimiser.AdamW(groups, weightDecay: 0.1, clipNorm: 0.25);
        using var x = Tensor.From<float>([3, 2], [1f, 2f, -1f, 0.5f, 3f, -2f], device);
        for (int step = 0; step < 4; step++)
        {
            using var pass = Pass.Train(device);
            optimiser.Step(pass.Backward(model.Forward(pass.Constant(x)).CrossEntropy([1, 0, 1])));
        }
        float[] actual = [.. weight.Value.ToArray(), .. bias.Value.ToArray()];
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 2e-6f);
    }

    /// <summary>The equations of You et al. 2020 in double precision: the matrix decays, the bias does not.</summary>
    [Fact]
    public void Lamb_steps_as_its_paper()
    {
        var model = new LinearModel();
        var (weight, bias) = (model.Parameters().First(), model.Parameters().Last());
        weight.Value.CopyFrom([1f, -2f, 0.5f, 3f]);
        bias.Value.CopyFrom([0f, 0f]);
        var groups = new ParameterGroups(model);
        groups.Rates(0.1);
        using var optimiser = Optimiser.Lamb(groups, weightDecay: 0.1);
        using var x = Tensor.From<float>([3, 2], [1f, 2f, -1f, 0.5f, 3f, -2f], device);
        var expected = new[] { (Weights: new[] { 1.0, -2, 0.5, 3 }, Decay: 0.1), (Weights: [0.0, 0], Decay: 0.0) };
        var moments = expected.Select(static part => (First: new double[part.Weights.Length], Second: new double[part.Weights.Length])).ToArray();
        for (int step = 1; step <= 4; step++)
        {
            using var pass = Pass.Train(device);
            var gradients = pass.Backward(model.Forward(pass.Constant(x)).CrossEntropy([1, 0, 1]));
            float[][] slopes = [gradients.Of(weight)!.ToArray(), gradients.Of(bias)!.ToArray()];
            optimiser.Step(gradients);
            for (int part = 0; part < 2; part++)
            {
                var (weights, decay) = expected[part];
                var (first, second) = moments[part];
                var direction = new double[weights.Length];
                for (int i = 0; i < weights.Length; i++)
                {
                    first[i] = 0.9 * first[i] + 0.1 * slopes[part][i];
                    second[i] = 0.999 * second[i] + 0.001 * slopes[part][i] * slopes[part][i];
                    direction[i] = first[i] / (1 - Math.Pow(0.9, step)) / (Math.Sqrt(second[i] / (1 - Math.Pow(0.999, step))) + 1e-6) + decay * weights[i];
                }
                double norm = Math.Sqrt(weights.Sum(static number => number * number)), length = Math.Sqrt(direction.Sum(static number => number * number));
                double trust = norm > 0 && length > 0 ? norm / length : 1;
                for (int i = 0; i < weights.Length; i++) weights[i] -= 0.1 * trust * direction[i];
            }
        }
        float[] actual = [.. weight.Value.ToArray(), .. bias.Value.ToArray()];
        Assert.All(expected.SelectMany(static part => part.Weights).Zip(actual), static pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public void A_step_without_a_gradient_moves_nothing_though_there_is_decay()
    {
        var model = new SmallModel();
        var groups = new ParameterGroups(model);
        groups.Rates(0.1);
        using var optimiser = Optimiser.Sgd(groups, weightDecay: 0.5, clipNorm: 1);
        float[][] before = [.. model.Parameters().Select(parameter => parameter.Value.ToArray())];
        using var none = new Gradients();
        optimiser.Step(none);
        Assert.Equal(before, model.Parameters().Select(parameter => parameter.Value.ToArray()));
    }

    [Fact]
    public void A_parameter_that_is_frozen_and_released_begins_without_momentum()
    {
        var model = new LinearModel();
        var weight = model.Parameters().First();
        var groups = new ParameterGroups(model);
        groups.Rates(0.1);
        using var optimiser = Optimiser.Sgd(groups);
        float[] Moved(bool frozen)
        {
            weight.IsFrozen = frozen;
            weight.Value.CopyFrom([1f, -2f, 0.5f, 3f]);
            model.Parameters().Last().Value.CopyFrom([0f, 0f]);
            using var x = Tensor.From<float>([1, 2], [1f, 2f], device);
            using var pass = Pass.Train(device);
            optimiser.Step(pass.Backward(model.Forward(pass.Constant(x)).CrossEntropy([1])));
            return weight.Value.ToArray();
        }

        float[] first = Moved(frozen: false);
        Assert.NotEqual(first, Moved(frozen: false));                       // momentum of the first step
        Assert.Equal([1f, -2f, 0.5f, 3f], Moved(frozen: true));
        Assert.Equal(first, Moved(frozen: false));
    }

    [Fact]
    public void A_norm_that_is_not_finite_is_refused_and_moves_nothing()
    {
        var model = new LinearModel();
        var groups = new ParameterGroups(model);
        groups.Rates(0.1);
        using var optimiser = Optimiser.Sgd(groups, clipNorm: 1);
        float[] before = model.Parameters().First().Value.ToArray();
        using var x = Tensor.From<float>([1, 2], [float.NaN, 2f], device);
        using var pass = Pass.Train(device);
        var gradients = pass.Backward(model.Forward(pass.Constant(x)).CrossEntropy([1]));
        Assert.Contains("lower the learning rate", Assert.Throws<NonFiniteException>(() => optimiser.Step(gradients)).Message, StringComparison.Ordinal);
        Assert.Equal(before, model.Parameters().First().Value.ToArray());
    }

    [Fact]
    public void Impossible_settings_are_refused()
    {
        var groups = new ParameterGroups(new LinearModel());
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimiser.Sgd(groups, momentum: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimiser.Sgd(groups, weightDecay: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimiser.Sgd(groups, clipNorm: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimiser.AdamW(groups, beta2: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimiser.AdamW(groups, epsilon: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimiser.Nesterov(groups, momentum: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimiser.Adam(groups, beta1: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimiser.RmsProp(groups, smoothing: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimiser.Adagrad(groups, rateDecay: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimiser.Lion(groups, beta2: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Optimiser.Lamb(groups, epsilon: 0));
    }
}
