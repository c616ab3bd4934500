using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Transfer.Tests;

public sealed class ObserverTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData(Metrics.Loss, new[] { 0.5, 0.3, 0.4, 0.31, 0.1 }, false)]
    [InlineData("recall", new[] { 0.5, 0.7, 0.6, 0.7, 0.9 }, true)]
    public void Early_stopping_ends_after_its_patience_with_the_best_weights(string metric, double[] figures, bool largerIsBetter)
    {
        var model = new SmallModel();
        var stopping = new EarlyStopping(patience: 2, metric, largerIsBetter);
        var after = new List<float[]>();
        int epoch = 0;
        var report = Fit(model, 5, stopping, _ =>
        {
            after.Add(Weights(model));
            return new Evaluation(10, new Metrics((metric, figures[epoch++])));
        });
        Assert.Equal(4, report.Epochs.Count);
        Assert.True(report.StoppedEarly);
        Assert.Equal((2, figures[1]), (stopping.BestEpoch, stopping.BestValue));
        Check.SameBits("restored", after[1], Weights(model));
        Assert.NotEqual(after[3], Weights(model));
    }

    [Fact]
    public void Early_stopping_without_an_evaluation_or_its_metric_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => Fit(new SmallModel(), 2, new EarlyStopping(1)));
        var error = Assert.Throws<KeyNotFoundException>(() => Fit(new SmallModel(), 2, new EarlyStopping(1, "recall"), _ => new Evaluation(4, 3, 0.5)));
        Assert.Contains("there are loss, accuracy", error.Message, StringComparison.Ordinal);
    }

    /// <summary>PyTorch 1.13's <c>ReduceLROnPlateau(factor=0.5, patience=1, cooldown=1, min_lr=0.2)</c> at the same figures, as losses and as accuracies.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rates_fall_on_a_plateau_as_PyTorchs(bool largerIsBetter)
    {
        double[] figures = [1, 0.9, 0.9, 0.89999, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8], expected = [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2];
        var plateau = new ReduceOnPlateau(0.5, patience: 1, metric: "figure", largerIsBetter, coolDown: 1, lowest: 0.2);
        var rates = new RateRecorder();
        int epoch = 0;
        Fit(new SmallModel(), figures.Length, [plateau, rates], _ =>
        {
            double figure = figures[epoch++];
            return new Evaluation(4, new Metrics(("figure", largerIsBetter ? 10 - figure : figure)));
        });
        Assert.Equal(expected, rates.Rates.Where((_, step) => step % 3 == 0).Select(static rate => rate / 0.1), (wanted, actual) => Math.Abs(wanted - actual) < 1e-12);
    }

    [Fact]
    public void A_plateau_without_an_evaluation_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => Fit(new SmallModel(), 2, new ReduceOnPlateau()));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReduceOnPlateau(factor: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ReduceOnPlateau(patience: -1));
    }

    /// <summary>Six examples at once, and two at a time with a step after three times, and four batches with the last step over one.</summary>
    [Fact]
    public void Accumulated_batches_are_one_large_batch()
    {
        float[] pixels = [1f, 2f, -1f, 0.5f, 3f, -2f, 0.25f, 1f, -0.5f, -1f, 2f, 2f, 0.1f, 0.2f, 0.3f, 0.4f];
        int[] labels = [1, 0, 1, 1, 0, 0, 1, 0];
        float[] Trained(int batches, int size, params TrainingObserver[] observers)
        {
            var model = new LinearModel { Seed = 3 };
            var groups = new ParameterGroups(model);
            groups.Rates(0.5);
            using var optimiser = Optimiser.Sgd(groups, weightDecay: 0.1);
            new Trainer(optimiser, device) { Observers = observers }.Fit(new Rows(model, pixels, labels, batches, size), 4);
            return Weights(model);
        }

        var whole = Trained(1, 6);
        Assert.Equal(whole, Trained(3, 2, new GradientAccumulation(3)), (expected, actual) => Math.Abs(expected - actual) < 1e-5);
        Assert.NotEqual(whole, Trained(3, 2, new GradientAccumulation(1)), (expected, actual) => Math.Abs(expected - actual) < 1e-5);
        var rest = Trained(4, 2, new GradientAccumulation(3));
        Assert.NotEqual(whole, rest, (expected, actual) => Math.Abs(expected - actual) < 1e-5);
        Assert.Equal(Trained(4, 2, new GradientAccumulation(4)), Trained(1, 8), (expected, actual) => Math.Abs(expected - actual) < 1e-5);
    }

    [Fact]
    public void An_average_follows_the_weights_and_is_swapped_in_and_out()
    {
        var model = new SmallModel();
        double[] expected = [.. Weights(model).Select(value => (double)value)];
        using var average = new WeightAveraging(decay: 0.75);
        Assert.Throws<InvalidOperationException>(average.Swap);
        Fit(model, 2, [average, new After(() => expected = [.. expected.Zip(Weights(model), (mean, value) => mean + 0.25 * (value - mean))])]);
        float[] last = Weights(model);
        average.Swap();
        float[] actual = Weights(model);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-5);
        average.Swap();
        Check.SameBits("swapped back", last, Weights(model));
    }

    [Fact]
    public void Rates_and_losses_are_taken_down()
    {
        var recorder = new RateRecorder();
        Fit(new SmallModel(), 2, recorder);
        Assert.Equal(6, recorder.Losses.Count);
        Assert.Equal([0.1, 0.1, 0.1, 0.1, 0.1, 0.1], recorder.Rates);
    }

    [Fact]
    public void Gradients_are_scaled_and_replaced()
    {
        var model = new LinearModel();
        var (weight, bias) = (model.Parameters().First(), model.Parameters().Last());
        using var x = Tensor.From<float>([1, 2], [1f, 2f], device);
        using var pass = Pass.Train(device);
        var gradients = pass.Backward(model.Forward(pass.Constant(x)).CrossEntropy([1]));
        float[] before = gradients.Of(weight)!.ToArray();
        gradients.Scale(-2f);
        Assert.Equal(before.Select(value => -2 * value), gradients.Of(weight)!.ToArray());
        gradients.Replace(bias, [3f, 4f]);
        Assert.Equal([3f, 4f], gradients.Of(bias)!.ToArray());
        Assert.Throws<ArgumentException>(() => gradients.Replace(bias, [3f]));
        Assert.Throws<ArgumentException>(() => gradients.Replace(new LinearModel().Parameters().First(), [3f]));
    }

    private FitReport Fit(SmallModel model, int epochs, TrainingObserver observer, Func<CancellationToken, Evaluation>? validate = null) =>
        Fit(model, epochs, [observer], validate);

    private FitReport Fit(SmallModel model, int epochs, TrainingObserver[] observers, Func<CancellationToken, Evaluation>? validate = null)
    {
        var groups = new ParameterGroups(model);
        groups.Rates(0.1);
        using var optimiser = Optimiser.Sgd(groups);
        return new Trainer(optimiser, device) { Observers = observers }.Fit(new Noise(model, device), epochs, validate: validate);
    }

    private static float[] Weights(Model model) => [.. model.Parameters().Concat(model.Buffers()).SelectMany(tensor => tensor.Value.ToArray())];

    private sealed class After(Action step) : TrainingObserver
    {
        public override void StepDone(TrainingContext context) => step();
    }

    /// <summary>Rows of two numbers, some to a batch.</summary>
    private sealed class Rows(LinearModel model, float[] numbers, int[] labels, int batches, int size) : ITrainingSet
    {
        public int BatchesPerEpoch => batches;

        public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => Enumerable.Range(0, batches).Select(i => new Batch(this, i));

        private Variable Loss(Pass pass, int batch)
        {
            var x = pass.Upload<float>([size, 2], numbers.AsSpan(batch * size * 2, size * 2));
            return model.Forward(pass.Constant(x)).CrossEntropy(labels.AsSpan(batch * size, size));
        }

        private int Size => size;

        private sealed class Batch(Rows rows, int number) : ITrainingBatch
        {
            public int Count => rows.Size;

            public Variable Loss(Pass pass) => rows.Loss(pass, number);
        }
    }
}
