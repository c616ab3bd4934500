using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Transfer.Tests;

/// <summary>Numbers of Golden/regularisers.py.</summary>
public sealed class WeightAverageTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData(null, new[] { 0.522896945f, -1.54578567f, 0.977102995f, 2.54578567f, 0.590414762f, -1.09041452f })]
    [InlineData(0.1, new[] { 0.613879621f, -1.63775194f, 0.886120319f, 2.63775206f, 0.584436655f, -1.08443642f })]
    public void Epochs_are_averaged_at_their_own_rate_as_PyTorchs(double? lowest, float[] expected)
    {
        using var average = new StochasticWeightAveraging(start: 0.5, factor: 0.5, lowest);
        AssertNear(expected, TwoBatches.Train(device, 4, momentum: 0, [average]));
        Assert.Equal(2, average.Averaged);
    }

    [Fact]
    public void An_exponential_average_warms_up_as_timms()
    {
        using var average = new WeightAveraging(0.6) { WarmsUp = true };
        AssertNear([0.613191187f, -1.63827503f, 0.886808753f, 2.63827515f, 0.585876822f, -1.0858767f], TwoBatches.Train(device, momentum: 0, observers: [average]));
        Assert.Equal(6, average.Updates);
        Assert.Equal([0, 0.370, 0.519, 0.6], [.. new[] { 1, 2, 3, 4 }.Select(update => Math.Round(average.DecayAt(update), 3))]);
        Assert.Equal(0.9, new WeightAveraging(0.9).DecayAt(1));
    }

    [Fact]
    public void Statistics_of_norms_are_the_mean_of_their_batches()
    {
        var model = new NormModel();
        NormStatistics.Estimate([model], new Pictures(model), device);
        Assert.Equal(1.375, model.Buffers().First().Value.ToArray()[0], 1e-6);
        Assert.Equal(5.4375, model.Buffers().Last().Value.ToArray()[0], 1e-6);
        Assert.Equal(0.1f, model.Norm.Momentum);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Norm.Momentum = 1.5f);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_average_is_what_is_evaluated_and_kept(bool isExponential)
    {
        var regularisation = isExponential ? new RegularisationOptions { AverageDecay = 0.9 } : new RegularisationOptions { AverageStart = 0.5 };
        var model = new SmallModel();
        float[] evaluated = [], trained = [];
        var options = new FineTuneOptions { Epochs = 4, FrozenEpochs = 0, LearningRate = 0.1, Regularisation = regularisation };
        var tuner = new FineTuner(model, device, options) { Observers = [new Last(() => trained = Weights(model))] };
        tuner.FineTune(new Noise(model, device), _ =>
        {
            evaluated = Weights(model);
            return new Evaluation(4, 3, 0.5);
        });
        Check.SameBits("kept", evaluated, Weights(model));
        Assert.NotEqual(trained, evaluated);
    }

    [Fact]
    public void A_failed_evaluation_leaves_the_weights_where_they_were()
    {
        var model = new SmallModel();
        float[] trained = [];
        var groups = new ParameterGroups(model);
        groups.Rates(0.1);
        using var optimiser = Optimiser.Sgd(groups);
        using var average = new WeightAveraging(0.9) { Evaluates = true };
        var trainer = new Trainer(optimiser, device) { Observers = [average, new Last(() => trained = Weights(model))] };
        Assert.Throws<IOException>(() => trainer.Fit(new Noise(model, device), 1, validate: _ => throw new IOException("gone")));
        Check.SameBits("weights", trained, Weights(model));
    }

    [Fact]
    public void Impossible_averages_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new StochasticWeightAveraging(start: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StochasticWeightAveraging(factor: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StochasticWeightAveraging(lowest: 0.6));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StochasticWeightAveraging(cycle: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WeightAveraging().DecayAt(0));
    }

    private static float[] Weights(Model model) => [.. model.Parameters().Concat(model.Buffers()).SelectMany(static tensor => tensor.Value.ToArray())];

    private static void AssertNear(float[] expected, float[] actual)
    {
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 2e-5);
    }

    private sealed class Last(Action step) : TrainingObserver
    {
        public override void StepDone(TrainingContext context) => step();
    }

    private sealed class NormModel : ImageModel
    {
        public NormModel() : base("norm")
        {
            Norm = Add("bn", new BatchNorm2d(1));
            AddStage("head", Norm);
        }

        public BatchNorm2d Norm { get; }
    }

    private sealed class Pictures(NormModel model) : ITrainingSet
    {
        private static readonly float[][] Numbers = [[1, 2, 4, -1], [0.5f, 3, 2, 2], [-3, 1, 0, 5]];

        public int BatchesPerEpoch => 3;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => Numbers.Select(numbers => new Batch(model, numbers));

        private sealed class Batch(NormModel model, float[] numbers) : ITrainingBatch
        {
            public int Count => 2;

            public Variable Loss(Pass pass) => model.Norm.Forward(pass.Constant(pass.Upload<float>([2, 1, 1, 2], numbers))).Mean();
        }
    }
}
