using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>ChannelStatistics, BatchNorm and its backward.</summary>
public abstract class BatchNormTests : DeviceTests
{
    private static readonly int[][] Full =
    [
        [2, 3, 2, 2], [1, 1, 3, 3], [4, 5], [1, 7], [3, 16, 4, 4], [2, 17, 5, 3], [5, 4, 9], [2, 64, 7, 7], [33, 70], [8, 24, 16, 16], [64, 3, 20, 20],
        [2, 3, 2, 3, 2],
    ];

    private IEnumerable<Shape> Shapes => (Tiny ? Full.Take(3) : Full).Select(lengths => new Shape(lengths));

    [Fact]
    public void Statistics_agree_with_the_definition() => Each(Shapes, shape => Statistics(shape, Draw.Normal("x", shape.ElementCount, 0.3, 2)));

    [Fact]
    public void Statistics_of_a_large_mean_and_a_small_deviation_stay_accurate()
    {
        // where the mean of squares less the square of the mean has no digit left
        Each(Shapes, shape => Statistics(shape, Draw.Normal("x", shape.ElementCount, 1000, 0.1)));
    }

    [Fact]
    public void Variance_of_a_constant_is_zero()
    {
        var x = new float[3 * 4 * 5 * 5];
        Array.Fill(x, 0.1f);
        var (mean, variance) = (Output([4]), Output([4]));
        Device.ChannelStatistics(Input([3, 4, 5, 5], x, Layout.ChannelsLast).Tensor, mean.Tensor, variance.Tensor);
        Check.Close("mean", mean.Read("mean"), [0.1f, 0.1f, 0.1f, 0.1f], Check.SumTolerance(75));
        Assert.All(variance.Read("variance"), value => Assert.InRange(value, 0, 1e-14f));
    }

    [Fact]
    public void Normalisation_agrees_with_the_definition()
    {
        Each(Shapes, shape =>
        {
            var run = new Run(shape, 0.5);
            var y = Output(shape, LayoutOf(shape));
            Device.BatchNorm(
                Input(shape, run.X, LayoutOf(shape)).Tensor, run.Channel(this, run.Mean), run.Channel(this, run.InverseDeviation),
                run.Channel(this, run.Weight), run.Channel(this, run.Bias), y.Tensor);
            run.ExpectForward(y.Read("y"));

            var inPlace = Input(shape, run.X, LayoutOf(shape));
            Device.BatchNorm(
                inPlace.Tensor, run.Channel(this, run.Mean), run.Channel(this, run.InverseDeviation), run.Channel(this, run.Weight),
                run.Channel(this, run.Bias), inPlace.Tensor);
            run.ExpectForward(inPlace.Read("y in x's place"));
        });
    }

    [Fact]
    public void Backward_of_the_parameters_agrees_with_the_definition()
    {
        Each(Shapes, shape =>
        {
            var run = new Run(shape, 0.5);
            var (dweight, dbias) = (Output([run.Channels]), Output([run.Channels]));
            Device.BatchNormBackwardParameters(
                Input(shape, run.Dy, LayoutOf(shape)).Tensor, Input(shape, run.X, LayoutOf(shape)).Tensor, run.Channel(this, run.Mean),
                run.Channel(this, run.InverseDeviation), dweight.Tensor, dbias.Tensor);
            var (expectedWeight, expectedBias) = run.ParameterGradients();
            double tolerance = Check.SumTolerance(run.Count);
            Check.Close("dweight", dweight.Read("dweight"), expectedWeight.Values, expectedWeight.Magnitudes, tolerance);
            Check.Close("dbias", dbias.Read("dbias"), expectedBias.Values, expectedBias.Magnitudes, tolerance);
        });
    }

    [Fact]
    public void Backward_of_the_input_through_the_batch_statistics() => Each(Shapes, shape => BackwardInput(shape, throughStatistics: true));

    [Fact]
    public void Backward_of_the_input_with_stored_statistics() => Each(Shapes, shape => BackwardInput(shape, throughStatistics: false));

    private static Layout LayoutOf(Shape shape) => shape.Rank == 2 ? Layout.Contiguous : Layout.ChannelsLast;

    private void Statistics(Shape shape, float[] x)
    {
        int channels = shape[1], inner = 1;
        for (int axis = 2; axis < shape.Rank; axis++) inner *= shape[axis];
        double count = x.Length / channels;
        var (mean, variance) = (Output([channels]), Output([channels]));
        Device.ChannelStatistics(Input(shape, x, LayoutOf(shape)).Tensor, mean.Tensor, variance.Tensor);

        var expectedMean = new Expected(channels);
        var expectedVariance = new Expected(channels);
        for (int i = 0; i < x.Length; i++) expectedMean.Add(i / inner % channels, x[i] / count);
        for (int i = 0; i < x.Length; i++)
            expectedVariance.Add(i / inner % channels, Math.Pow(x[i] - expectedMean.Values[i / inner % channels], 2) / count);
        double tolerance = Check.SumTolerance((long)count);
        Check.Close("mean", mean.Read("mean"), expectedMean.Values, expectedMean.Magnitudes, tolerance);
        // each difference x - mean carries the rounding of the mean, a unit of the mean's own last place
        double[] magnitude = [.. expectedVariance.Magnitudes.Select((value, i) =>
            value + Math.Sqrt(value) * Math.Abs(expectedMean.Values[i]) + Check.Unit * Math.Pow(expectedMean.Values[i], 2))];
        Check.Close("variance", variance.Read("variance"), expectedVariance.Values, magnitude, tolerance);
    }

    private void BackwardInput(Shape shape, bool throughStatistics)
    {
        var run = new Run(shape, 0.5);
        var (weightGradient, biasGradient) = run.ParameterGradients();
        var dweight = throughStatistics ? run.Channel(this, [.. weightGradient.Values.Select(value => (float)value)]) : null;
        var dbias = throughStatistics ? run.Channel(this, [.. biasGradient.Values.Select(value => (float)value)]) : null;
        var expected = new Expected(run.X.Length);
        for (int i = 0; i < run.X.Length; i++)
        {
            int channel = run.ChannelOf(i);
            double slope = (double)run.Weight[channel] * run.InverseDeviation[channel];
            expected.Add(i, slope * run.Dy[i]);
            if (!throughStatistics) continue;
            double normalised = ((double)run.X[i] - run.Mean[channel]) * run.InverseDeviation[channel];
            expected.Add(i, -slope * biasGradient.Values[channel] / run.Count);
            expected.Add(i, -slope * normalised * weightGradient.Values[channel] / run.Count);
        }
        var dx = Output(shape, LayoutOf(shape));
        var inPlace = Input(shape, run.Dy, LayoutOf(shape));
        foreach (var (dy, output) in new[] { (Input(shape, run.Dy, LayoutOf(shape)), dx), (inPlace, inPlace) })
        {
            Device.BatchNormBackwardInput(
                dy.Tensor, Input(shape, run.X, LayoutOf(shape)).Tensor, run.Channel(this, run.Mean), run.Channel(this, run.InverseDeviation),
                run.Channel(this, run.Weight), dweight, dbias, output.Tensor);
            Check.Close("dx", output.Read("dx"), expected.Values, expected.Magnitudes, 10 * Check.Unit);
        }
    }

    /// <summary>The numbers of one batch norm.</summary>
    private sealed class Run(Shape shape, double mean)
    {
        public int Channels => shape[1];

        public float[] X { get; } = Draw.Normal("x", shape.ElementCount, mean, 2);

        public float[] Dy { get; } = Draw.Uniform("dy", shape.ElementCount);

        public float[] Mean { get; } = Draw.Uniform("mean", shape[1], mean - 0.1, mean + 0.1);

        public float[] InverseDeviation { get; } = Draw.Uniform("deviation", shape[1], 0.3, 0.7);

        public float[] Weight { get; } = Draw.Uniform("weight", shape[1], -2, 2);

        public float[] Bias { get; } = Draw.Uniform("bias", shape[1]);

        /// <summary>How many numbers a channel has.</summary>
        public int Count => X.Length / Channels;

        public int ChannelOf(int place)
        {
            int inner = 1;
            for (int axis = 2; axis < shape.Rank; axis++) inner *= shape[axis];
            return place / inner % Channels;
        }

        public Tensor<float> Channel(BatchNormTests tests, float[] values) => tests.Input([Channels], values).Tensor;

        public void ExpectForward(float[] y)
        {
            var expected = new Expected(y.Length);
            for (int i = 0; i < y.Length; i++)
            {
                int channel = ChannelOf(i);
                double slope = (double)InverseDeviation[channel] * Weight[channel];
                expected.Add(i, X[i] * slope);
                expected.Add(i, -Mean[channel] * slope);
                expected.Add(i, Bias[channel]);
            }
            Check.Close("y", y, expected.Values, expected.Magnitudes, 4 * Check.Unit);
        }

        public (Expected Weight, Expected Bias) ParameterGradients()
        {
            var weight = new Expected(Channels);
            var bias = new Expected(Channels);
            for (int i = 0; i < X.Length; i++)
            {
                int channel = ChannelOf(i);
                weight.Add(channel, Dy[i] * ((double)X[i] - Mean[channel]) * InverseDeviation[channel]);
                bias.Add(channel, Dy[i]);
            }
            return (weight, bias);
        }
    }
}
