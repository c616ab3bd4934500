using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Numbers of Golden/domains.py, and what the methods do with them.</summary>
public sealed class DomainLossTests : IDisposable
{
    private static readonly float[] Source = [.. Enumerable.Range(0, 12).Select(static i => (float)Math.Sin(i))];
    private static readonly float[] Target = [.. Enumerable.Range(0, 9).Select(static i => (float)(1.5 * Math.Cos(i * 0.7) + 0.5))];

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void The_maximum_mean_discrepancy_is_PyTorchs() => AssertDistance(
        static (source, target) => MaximumMeanDiscrepancy.Of(source, target), 0.892261652f,
        [-0.142555077f, -0.153703185f, -0.296130222f, 0.185620832f, 0.157260827f, 0.00705783576f, -0.0172981508f, -0.0778153234f, -0.328624901f, 0.057057946f, 0.0673379078f, 0.0196471856f],
        [0.183759262f, 0.13136279f, 0.102220509f, -0.340806903f, -0.242327506f, -0.00336572164f, 0.0742220907f, 0.117884489f, 0.499195315f]);

    [Fact]
    public void The_distance_of_covariances_is_PyTorchs() => AssertDistance(
        DeepCoral.Of, 0.253161683f,
        [-0.0584966166f, -0.040372058f, -0.0260119062f, 0.0594275749f, 0.0409756607f, 0.0264639201f, -0.0335984586f, -0.0193393513f, -0.0187035745f, 0.0326675002f, 0.0187357486f, 0.0182515606f],
        [0.234189622f, 0.193209764f, 0.0793739267f, -0.227699232f, -0.174863587f, -0.0915180186f, -0.00649038997f, -0.0183461764f, 0.0121440919f]);

    [Fact]
    public void Equal_samples_are_not_apart()
    {
        using var pass = Pass.Train(device);
        var rows = pass.Leaf(pass.Upload<float>([4, 3], Source));
        Assert.Equal(0, MaximumMeanDiscrepancy.Of(rows, rows).Value.ToArray()[0], 1e-6);
        Assert.Equal(0, DeepCoral.Of(rows, rows).Value.ToArray()[0]);
        var same = pass.Leaf(pass.Upload<float>([2, 3], new float[6]));
        var distance = MaximumMeanDiscrepancy.Of(same, same);
        Assert.Equal(0, distance.Value.ToArray()[0]);
        Assert.All(pass.Backward(distance).Of(same)!.ToArray(), static slope => Assert.Equal(0, slope));
    }

    [Fact]
    public void A_reversed_gradient_is_turned_around_and_nothing_else()
    {
        using var pass = Pass.Train(device);
        var rows = pass.Leaf(pass.Upload<float>([4, 3], Source));
        var reversed = GradientReversal.Apply(rows, 0.25);
        Assert.Equal(Source, reversed.Value.ToArray());
        Assert.All(pass.Backward(reversed.Sum()).Of(rows)!.ToArray(), static slope => Assert.Equal(-0.25f, slope));
        Assert.Equal([0, 0.4621171572600098, 0.9999092042625951], new[] { 0.0, 0.1, 1.0 }.Select(static progress => GradientReversal.Ramp(progress)), Close);
        Assert.Throws<ArgumentOutOfRangeException>(() => GradientReversal.Ramp(1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => GradientReversal.Apply(rows, -1));
    }

    /// <summary>A discriminator that learns while the features unlearn: each of its gradients goes down its loss, each of theirs up.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_adversary_gets_the_gradient_and_the_features_its_opposite(bool isConditional)
    {
        DomainMethod method = isConditional ? new ConditionalAdversarial(3, 3, hidden: 8) : new DomainAdversarial(3, hidden: 8);
        var (before, slopes, weights) = Run(0);
        Assert.All(slopes, static slope => Assert.Equal(0, slope));
        Assert.Contains(weights, static weight => weight != 0);
        var (same, turned, unchanged) = Run(1);
        Assert.Equal(before, same);
        Assert.Equal(weights, unchanged);
        // along the features' own gradient the loss rises
        var moved = Source.Zip(turned, static (x, slope) => x - 0.01f * slope).ToArray();
        Assert.True(LossOf(moved) > before, $"{before} became {LossOf(moved)}");

        (float Loss, float[] Slopes, float[] Weights) Run(double progress)
        {
            using var pass = Pass.Train(device);
            var source = pass.Leaf(pass.Upload<float>([4, 3], Source));
            var loss = method.Loss(StepOf(pass, source, progress));
            using var gradients = pass.Backward(loss);
            return (loss.Value.ToArray()[0], gradients.Of(source)!.ToArray(), gradients.Of(method.Parameters().First())!.ToArray());
        }

        float LossOf(float[] features)
        {
            using var pass = Pass.Infer(device);
            return method.Loss(StepOf(pass, pass.Constant(pass.Upload<float>([4, 3], features)), progress: 1)).Value.ToArray()[0];
        }
    }

    [Fact]
    public void Weighted_examples_make_the_mean_of_their_losses()
    {
        var discriminator = new DomainDiscriminator(3, hidden: 8);
        using var pass = Pass.Infer(device);
        Variable source = pass.Constant(pass.Upload<float>([4, 3], Source)), target = pass.Constant(pass.Upload<float>([3, 3], Target));
        Assert.Equal(discriminator.Loss(source, target).Value.ToArray()[0], discriminator.Loss(source, target, [2, 2, 2, 2, 2, 2, 2]).Value.ToArray()[0], 1e-6);
        float[] logits = [.. discriminator.Forward(source).Value.ToArray(), .. discriminator.Forward(target).Value.ToArray()];
        float[] weights = [1, 2, 3, 4, 5, 6, 7];
        double expected = logits.Select((logit, i) => weights[i] * Math.Log(1 + Math.Exp(i < 4 ? -logit : logit))).Sum() / weights.Sum();
        Assert.Equal(expected, discriminator.Loss(source, target, weights).Value.ToArray()[0], 1e-6);
    }

    [Fact]
    public void Products_that_are_too_many_are_random_ones()
    {
        var method = new ConditionalAdversarial(700, 6, hidden: 4, seed: 3);
        Assert.Equal([4, 1024], method.Parameters().First().Shape.ToArray());
        using var pass = Pass.Train(device);
        var features = pass.Leaf(pass.Upload<float>([4, 700], [.. Enumerable.Range(0, 2800).Select(static i => (float)Math.Sin(i))]));
        var logits = pass.Constant(pass.Upload<float>([4, 6], [.. Enumerable.Range(0, 24).Select(static i => (float)Math.Cos(i))]));
        var loss = method.Loss(DomainStep.Split(features, logits, 2, progress: 1));
        Assert.True(float.IsFinite(loss.Value.ToArray()[0]));
        Assert.Contains(pass.Backward(loss).Of(features)!.ToArray(), static slope => slope != 0);
        Assert.Throws<ShapeException>(() => method.Loss(DomainStep.Split(logits, logits, 2, progress: 1)));
        Assert.Throws<ShapeException>(() => DomainStep.Split(features, logits, 4, progress: 1));
    }

    private static DomainStep StepOf(Pass pass, Variable source, double progress)
    {
        var target = pass.Constant(pass.Upload<float>([3, 3], Target));
        return new DomainStep(source, source.Detach(), target, target, progress);
    }

    private static bool Close(double left, double right) => Math.Abs(left - right) < 1e-12;

    private void AssertDistance(Func<Variable, Variable, Variable> of, float expected, float[] ofSource, float[] ofTarget)
    {
        using var pass = Pass.Train(device);
        Variable source = pass.Leaf(pass.Upload<float>([4, 3], Source)), target = pass.Leaf(pass.Upload<float>([3, 3], Target));
        var distance = of(source, target);
        Assert.Equal(expected, distance.Value.ToArray()[0], 2e-6);
        using var gradients = pass.Backward(distance);
        AssertSlopes(ofSource, gradients.Of(source)!.ToArray());
        AssertSlopes(ofTarget, gradients.Of(target)!.ToArray());
    }

    private static void AssertSlopes(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 2e-6);
    }
}
