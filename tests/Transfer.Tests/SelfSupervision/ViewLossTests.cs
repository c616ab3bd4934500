using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Numbers of Golden/views.py.</summary>
public sealed class ViewLossTests : IDisposable
{
    private static readonly float[] First = [.. Enumerable.Range(0, 12).Select(static i => (float)Math.Sin(i))];
    private static readonly float[] Second = [.. Enumerable.Range(0, 12).Select(static i => (float)Math.Cos(i * 0.9))];

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData(0.5, 0.990090368f,
        new[] { -0.374908575f, -0.197427937f, 0.127387441f, 0.356411599f, 0.0460184706f, -0.0548983447f, -0.102210567f, -0.0705884695f, 0.0409325101f, 0.155183131f, 0.148365554f, 0.0237369922f },
        new[] { 0.0174813956f, -0.331485532f, -0.399166522f, -0.108267738f, 0.0495179099f, 0.198956982f, 0.164185407f, -0.017864935f, -0.0212715105f, -0.0366595951f, -0.0113924026f, 0.00716116153f })]
    [InlineData(0.1, 2.08047114f,
        new[] { -2.36320609f, -1.2567309f, 0.809923167f, 2.27495405f, 0.0086605031f, -0.00999359798f, -0.0186844813f, -0.0125566443f, 0.208211719f, 0.695455254f, 0.69486411f, 0.114586324f },
        new[] { 0.109311638f, -1.6873022f, -2.06134731f, -0.521186063f, 0.175140726f, 0.723888432f, 0.613133824f, -0.079511349f, -0.205362717f, -0.3109772f, -0.134036879f, 0.0820172993f })]
    public void Views_are_told_from_all_others_as_in_PyTorch(double temperature, float expected, float[] ofFirst, float[] ofSecond) =>
        AssertLoss((first, second) => ContrastiveLoss.Of(first, second, temperature), expected, ofFirst, ofSecond);

    [Fact]
    public void Features_are_the_same_and_have_nothing_to_do_with_each_other_as_in_PyTorch() => AssertLoss(
        static (first, second) => BarlowTwins.Of(first, second), 1.11199336f,
        [-0.280074106f, -0.23219051f, 0.228024062f, 0.235528609f, 0.158691883f, -0.07270699f, -1.25241472f, -0.162206221f, 0.121382223f, 0.3048975f, 1.02439066f, -0.0733223871f],
        [0.186771759f, -0.0203299981f, -1.32413005f, -0.163669721f, 0.0486044089f, 0.536247664f, 0.585840472f, -0.00129177142f, -0.235376167f, -0.515917666f, 0.738289577f, 0.164961493f]);

    [Fact]
    public void A_prediction_is_near_its_target_as_in_PyTorch() => AssertLoss(
        PredictedView.Loss, 0.943825796f,
        [-0.356009457f, -0.184904855f, 0.120213805f, 0.327961765f, 0.120120301f, -0.138424002f, -0.25893732f, -0.17379638f, 0.046180323f, 0.167221958f, 0.146313986f, 0.0350065887f],
        ofSecond: null);

    [Fact]
    public void Views_are_of_one_shape()
    {
        using var pass = Pass.Train(device);
        Variable first = pass.Leaf(pass.Upload<float>([3, 4], First)), other = pass.Leaf(pass.Upload<float>([4, 3], Second)), one = first.Slice(0, 0, 1);
        Assert.Throws<ShapeException>(() => ContrastiveLoss.Of(first, other));
        Assert.Throws<ShapeException>(() => BarlowTwins.Of(one, one));
        Assert.Throws<ShapeException>(() => PredictedView.Loss(one, first));
        Assert.Throws<ArgumentOutOfRangeException>(() => ContrastiveLoss.Of(first, first, temperature: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => BarlowTwins.Of(first, first, lambda: -1));
    }

    [Fact]
    public void A_slow_copy_begins_as_the_network_and_follows_it_less_and_less()
    {
        using LinearModel model = new() { Seed = 1 }, other = new() { Seed = 2 };
        var copy = new SlowCopy([.. model.Parameters().Zip(other.Parameters())], momentum: 0.8);
        Assert.Equal(0.8, copy.MomentumAt(0), 1e-12);
        Assert.Equal(0.9, copy.MomentumAt(0.5), 1e-12);
        Assert.Equal(1, copy.MomentumAt(1), 1e-12);
        float[] expected = model.Parameters().First().Value.ToArray();
        var groups = new ParameterGroups(model);
        groups.Rates(0.5, 1);
        using var optimiser = Optimiser.Sgd(groups, momentum: 0);
        var watch = new Watch(model, other);
        new Trainer(optimiser, device) { Observers = [copy, watch] }.Fit(new Rows(model), epochs: 2);
        Assert.Equal(6, watch.Steps.Count);
        for (int step = 0; step < 6; step++)
        {
            float m = (float)copy.MomentumAt((step + 1) / 6.0);
            var (weights, copies) = watch.Steps[step];
            for (int i = 0; i < expected.Length; i++)
            {
                expected[i] += (1 - m) * (weights[i] - expected[i]);
                Assert.Equal(expected[i], copies[i], 1e-6);
            }
            Assert.NotEqual(weights, copies);
        }
    }

    [Fact]
    public void A_prediction_learns_and_its_target_does_not()
    {
        using var model = new SmallModel();
        using var method = new PredictedViews(model, features: 4, hidden: 6, projected: 3);
        float[] numbers = [.. Enumerable.Range(0, 6 * 48).Select(static i => (float)Math.Sin(i * i))];
        using var pass = Pass.Train(device);
        var loss = method.Loss(model, pass.Constant(pass.Upload<float>([6, 3, 4, 4], numbers)));
        Assert.InRange(loss.Value.ToArray()[0], 0, 8);
        using var gradients = pass.Backward(loss);
        Assert.All(method.Parameters(), parameter => Assert.NotNull(gradients.Of(parameter)));
        Assert.NotNull(gradients.Of(model.Parameters().First()));
        Assert.Null(gradients.Of(model.Parameters().Last()));
        Assert.Equal(2 * 5, method.Parameters().Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => new PredictedViews(model, 4, momentum: 1));
    }

    private sealed class Watch(LinearModel model, LinearModel other) : TrainingObserver
    {
        public List<(float[] Weights, float[] Copies)> Steps { get; } = [];

        public override void StepDone(TrainingContext context)
        {
            Steps.Add((model.Parameters().First().Value.ToArray(), other.Parameters().First().Value.ToArray()));
        }
    }

    private sealed class Rows(LinearModel model) : ITrainingSet
    {
        public int BatchesPerEpoch => 3;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => Enumerable.Range(0, 3).Select(number => new Row(model, number));
    }

    private sealed class Row(LinearModel model, int number) : ITrainingBatch
    {
        public int Count => 1;

        public Variable Loss(Pass pass) => model.Forward(pass.Constant(pass.Upload<float>([1, 2], [number - 1f, 2f]))).CrossEntropy([number % 2]);
    }

    private void AssertLoss(Func<Variable, Variable, Variable> of, float expected, float[] ofFirst, float[]? ofSecond)
    {
        using var pass = Pass.Train(device);
        Variable first = pass.Leaf(pass.Upload<float>([3, 4], First)), second = pass.Leaf(pass.Upload<float>([3, 4], Second));
        var loss = of(first, second);
        Assert.Equal(expected, loss.Value.ToArray()[0], 1e-5 * expected);
        using var gradients = pass.Backward(loss);
        AssertSlopes(ofFirst, gradients.Of(first)?.ToArray());
        AssertSlopes(ofSecond, gradients.Of(second)?.ToArray());
    }

    private static void AssertSlopes(float[]? expected, float[]? actual)
    {
        Assert.Equal(expected?.Length, actual?.Length);
        for (int i = 0; i < expected?.Length; i++) Assert.Equal(expected[i], actual![i], 2e-5);
    }
}
