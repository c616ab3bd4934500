using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>ChannelStatistics, BatchNorm and its backward.</summary>
public sealed class BatchNormTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly int[][] Full =
    [
        [2, 3, 2, 2], [1, 1, 3, 3], [4, 5], [1, 7], [3, 16, 4, 4], [2, 17, 5, 3], [5, 4, 9], [2, 64, 7, 7], [33, 70], [8, 24, 16, 16], [64, 3, 20, 20],
        [2, 3, 2, 3, 2],
    ];

    private static IEnumerable<Shape> Shapes => (Tiny ? Full.Take(3) : Full).Select(lengths => new Shape(lengths));

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
        Forward(default(ScaleBiasThen<Identity>), sum => sum);
        Forward(default(ScaleBiasResidualThen<Identity>), sum => sum);
    }

    [Fact]
    public void Normalisation_with_what_follows_agrees_with_the_definition()
    {
        Forward(default(ScaleBiasThen<Relu>), sum => Math.Max(0, sum));
        Forward(default(ScaleBiasResidualThen<Relu>), sum => Math.Max(0, sum));
    }

    [Fact]
    public void Backward_of_the_parameters_agrees_with_the_definition()
    {
        BackwardParameters(default(Identity), _ => 1);
        BackwardParameters(default(Relu), y => y > 0 ? 1 : 0);
        BackwardParameters(default(HyperbolicTangent), y => 1 - y * y);
    }

    [Fact]
    public void Backward_of_the_input_through_the_batch_statistics() => BackwardInput(throughStatistics: true);

    [Fact]
    public void Backward_of_the_input_with_stored_statistics() => BackwardInput(throughStatistics: false);

    [Fact]
    public void Of_nothing_at_all()
    {
        Each<Shape>([[0, 3, 2, 2], [2, 3, 0, 2], [0, 5]], shape =>
        {
            var run = new Run(shape, 0.5);
            var (y, dx, dresidual) = (Output(shape, LayoutOf(shape)), Output(shape, LayoutOf(shape)), Output(shape, LayoutOf(shape)));
            Tensor<float> x = Full(run.X), mean = run.Channel(this, run.Mean), inverse = run.Channel(this, run.InverseDeviation), weight = run.Channel(this, run.Weight);
            var (dweight, dbias) = (Output([run.Channels]), Output([run.Channels]));
            Device.BatchNorm(default(ScaleBiasResidualThen<Relu>), x, mean, inverse, weight, run.Channel(this, run.Bias), Full(run.Residual), y.Tensor);
            Device.BatchNormBackwardParameters(default(Relu), Full(run.Dy), Full(run.Y), x, mean, inverse, dweight.Tensor, dbias.Tensor);
            Device.BatchNormBackwardInput(
                default(Relu), Full(run.Dy), Full(run.Y), x, mean, inverse, weight, dweight.Tensor, dbias.Tensor, dx.Tensor, dresidual.Tensor);
            Assert.Empty(y.Read("y"));
            Assert.Empty(dx.Read("dx"));
            Assert.Empty(dresidual.Read("dresidual"));
            Assert.All([.. dweight.Read("dweight"), .. dbias.Read("dbias")], sum => Assert.Equal(0f, sum));

            Tensor<float> Full(float[] numbers) => Input(shape, numbers, LayoutOf(shape)).Tensor;
        });
    }

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

    private void Forward<TEpilogue>(TEpilogue epilogue, Func<double, double> follow) where TEpilogue : unmanaged, IEpilogue
    {
        Each(Shapes, shape =>
        {
            var run = new Run(shape, 0.5);
            var y = Output(shape, LayoutOf(shape));
            var (overInput, overResidual) = (Input(shape, run.X, LayoutOf(shape)), Input(shape, run.Residual, LayoutOf(shape)));
            Normalise(Input(shape, run.X, LayoutOf(shape)), Input(shape, run.Residual, LayoutOf(shape)), y, "y");
            Normalise(overInput, Input(shape, run.Residual, LayoutOf(shape)), overInput, "y in x's place");
            if (TEpilogue.UsesResidual) Normalise(Input(shape, run.X, LayoutOf(shape)), overResidual, overResidual, "y in the residual's place");

            void Normalise(Placed<float> x, Placed<float> residual, Placed<float> output, string name)
            {
                Device.BatchNorm(
                    epilogue, x.Tensor, run.Channel(this, run.Mean), run.Channel(this, run.InverseDeviation), run.Channel(this, run.Weight),
                    run.Channel(this, run.Bias), TEpilogue.UsesResidual ? residual.Tensor : null, output.Tensor);
                var expected = run.Forward(TEpilogue.UsesResidual);
                // a ReLU moves no two numbers further apart, so the tolerance of what it is given is its own
                double[] values = [.. expected.Values.Select(follow)];
                Check.Close(name, output.Read(name), values, expected.Magnitudes, 4 * Check.Unit);
            }
        });
    }

    private void BackwardParameters<TOp>(TOp op, Func<double, double> derivative) where TOp : unmanaged, IUnaryOp
    {
        Each(Shapes, shape =>
        {
            var run = new Run(shape, 0.5);
            var (dweight, dbias) = (Output([run.Channels]), Output([run.Channels]));
            var y = TOp.Saves == Saves.Nothing ? null : Input(shape, run.Y, LayoutOf(shape)).Tensor;
            Device.BatchNormBackwardParameters(
                op, Input(shape, run.Dy, LayoutOf(shape)).Tensor, y, Input(shape, run.X, LayoutOf(shape)).Tensor, run.Channel(this, run.Mean),
                run.Channel(this, run.InverseDeviation), dweight.Tensor, dbias.Tensor);
            var (expectedWeight, expectedBias) = run.ParameterGradients(derivative);
            double tolerance = Check.SumTolerance(run.Count);
            Check.Close("dweight", dweight.Read("dweight"), expectedWeight.Values, expectedWeight.Magnitudes, tolerance);
            Check.Close("dbias", dbias.Read("dbias"), expectedBias.Values, expectedBias.Magnitudes, tolerance);
        });
    }

    private void BackwardInput(bool throughStatistics)
    {
        BackwardInput(default(Identity), _ => 1, throughStatistics);
        BackwardInput(default(Relu), y => y > 0 ? 1 : 0, throughStatistics);
        BackwardInput(default(HyperbolicTangent), y => 1 - y * y, throughStatistics);
    }

    private void BackwardInput<TOp>(TOp op, Func<double, double> derivative, bool throughStatistics) where TOp : unmanaged, IUnaryOp
    {
        Each(Shapes, shape =>
        {
            var run = new Run(shape, 0.5);
            var (weightGradient, biasGradient) = run.ParameterGradients(derivative);
            var dweight = throughStatistics ? run.Channel(this, [.. weightGradient.Values.Select(value => (float)value)]) : null;
            var dbias = throughStatistics ? run.Channel(this, [.. biasGradient.Values.Select(value => (float)value)]) : null;
            var expected = new Expected(run.X.Length);
            var expectedResidual = new Expected(run.X.Length);
            for (int i = 0; i < run.X.Length; i++)
            {
                int channel = run.ChannelOf(i);
                double slope = (double)run.Weight[channel] * run.InverseDeviation[channel], gradient = run.Dy[i] * derivative(run.Y[i]);
                expectedResidual.Add(i, gradient);
                expected.Add(i, slope * gradient);
                // the derivative too is rounded: to its last place where it is 1 - y^2
                expected.Magnitudes[i] += Math.Abs(slope * run.Dy[i]);
                expectedResidual.Magnitudes[i] += Math.Abs(run.Dy[i]);
                if (!throughStatistics) continue;
                double normalised = ((double)run.X[i] - run.Mean[channel]) * run.InverseDeviation[channel];
                expected.Add(i, -slope * biasGradient.Values[channel] / run.Count);
                expected.Add(i, -slope * normalised * weightGradient.Values[channel] / run.Count);
            }
            var (overInput, overResidual) = (Full(run.Dy), Full(run.Dy));
            Backward(Full(run.Dy), Output(shape, LayoutOf(shape)), Output(shape, LayoutOf(shape)));
            Backward(overInput, overInput, Output(shape, LayoutOf(shape)));
            Backward(overResidual, Output(shape, LayoutOf(shape)), overResidual);
            Backward(Full(run.Dy), Output(shape, LayoutOf(shape)), null);

            void Backward(Placed<float> dy, Placed<float> dx, Placed<float>? dresidual)
            {
                Device.BatchNormBackwardInput(
                    op, dy.Tensor, TOp.Saves == Saves.Nothing ? null : Full(run.Y).Tensor, Full(run.X).Tensor, run.Channel(this, run.Mean),
                    run.Channel(this, run.InverseDeviation), run.Channel(this, run.Weight), dweight, dbias, dx.Tensor, dresidual?.Tensor);
                Check.Close("dx", dx.Read("dx"), expected.Values, expected.Magnitudes, 10 * Check.Unit);
                if (dresidual is not null)
                    Check.Close("dresidual", dresidual.Read("dresidual"), expectedResidual.Values, expectedResidual.Magnitudes, 4 * Check.Unit);
            }

            Placed<float> Full(float[] numbers) => Input(shape, numbers, LayoutOf(shape));
        });
    }

    /// <summary>The numbers of one batch norm.</summary>
    private sealed class Run(Shape shape, double mean)
    {
        public int Channels => shape[1];

        public float[] X { get; } = Draw.Normal("x", shape.ElementCount, mean, 2);

        public float[] Dy { get; } = Draw.Uniform("dy", shape.ElementCount);

        public float[] Residual { get; } = Draw.Uniform("residual", shape.ElementCount);

        /// <summary>What the op behind the norm gave: numbers of both signs, and every fifth 0, where a ReLU lets nothing back.</summary>
        public float[] Y { get; } = [.. Draw.Uniform("y", shape.ElementCount).Select((value, i) => i % 5 == 4 ? 0f : value)];

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

        public Tensor<float> Channel(BatchNormTests<TDevice> tests, float[] values) => tests.Input([Channels], values).Tensor;

        /// <summary>What stands before the op that follows the norm.</summary>
        public Expected Forward(bool hasResidual)
        {
            var expected = new Expected(X.Length);
            for (int i = 0; i < X.Length; i++)
            {
                int channel = ChannelOf(i);
                double slope = (double)InverseDeviation[channel] * Weight[channel];
                expected.Add(i, X[i] * slope);
                expected.Add(i, -Mean[channel] * slope);
                expected.Add(i, Bias[channel]);
                if (hasResidual) expected.Add(i, Residual[i]);
            }
            return expected;
        }

        public (Expected Weight, Expected Bias) ParameterGradients(Func<double, double> derivative)
        {
            var weight = new Expected(Channels);
            var bias = new Expected(Channels);
            for (int i = 0; i < X.Length; i++)
            {
                int channel = ChannelOf(i);
                double gradient = Dy[i] * derivative(Y[i]);
                weight.Add(channel, gradient * ((double)X[i] - Mean[channel]) * InverseDeviation[channel]);
                bias.Add(channel, gradient);
            }
            return (weight, bias);
        }
    }
}
