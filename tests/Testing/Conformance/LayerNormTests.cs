using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>LayerNorm and its backward.</summary>
public sealed class LayerNormTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly (int Rows, int Columns)[] Full =
        [(3, 5), (1, 1), (4, 17), (2, 16), (5, 31), (9, 33), (70, 64), (200, 48), (7, 768), (1, 3000), (600, 20), (0, 4)];

    private static IEnumerable<(int Rows, int Columns)> Cases => Tiny ? Full.Take(3) : Full;

    [Fact]
    public void Forward_agrees_with_the_definition() => Each(Cases, size => Forward(size, Draw.Normal("x", size.Rows * size.Columns, 0.4, 2)));

    [Fact]
    public void Rows_of_a_large_mean_and_a_small_deviation_stay_accurate() =>
        Each(Cases, size => Forward(size, Draw.Normal("x", size.Rows * size.Columns, 1000, 0.1), 1e-3f));

    [Fact]
    public void Constant_rows_give_the_bias()
    {
        var x = new float[2 * 40];
        Array.Fill(x, 3f);
        var y = Output([2, 40]);
        var bias = Draw.Uniform("bias", 40);
        Device.LayerNorm(
            Input([2, 40], x).Tensor, Input([40], Draw.Uniform("weight", 40)).Tensor, Input([40], bias).Tensor, 1e-12f,
            Output([2]).Tensor, Output([2]).Tensor, y.Tensor);
        Check.SameBits("y", y.Read("y"), [.. bias, .. bias]);
    }

    [Fact]
    public void Backward_agrees_with_the_definition()
    {
        Each(Cases, size =>
        {
            var run = new Run(size.Rows, size.Columns);
            var (dx, dweight, dbias) = (Output([size.Rows, size.Columns]), Output([size.Columns]), Output([size.Columns]));
            var inPlace = Input([size.Rows, size.Columns], run.Dy);
            run.Backward(this, Input([size.Rows, size.Columns], run.Dy).Tensor, dx.Tensor, dweight.Tensor, dbias.Tensor);
            run.ExpectInput(dx.Read("dx"));
            run.ExpectParameters(dweight.Read("dweight"), dbias.Read("dbias"));

            run.Backward(this, inPlace.Tensor, inPlace.Tensor, dweight.Tensor, dbias.Tensor);
            run.ExpectInput(inPlace.Read("dx in dy's place"));
            run.ExpectParameters(dweight.Read("dweight"), dbias.Read("dbias"));
        });
    }

    [Fact]
    public void Backward_computes_only_what_is_asked_for()
    {
        var run = new Run(6, 19);
        var (dx, dweight, dbias) = (Output([6, 19]), Output([19]), Output([19]));
        run.Backward(this, Input([6, 19], run.Dy).Tensor, dx.Tensor, null, null);
        run.ExpectInput(dx.Read("dx alone"));
        run.Backward(this, Input([6, 19], run.Dy).Tensor, null, dweight.Tensor, null);
        run.Backward(this, Input([6, 19], run.Dy).Tensor, null, null, dbias.Tensor);
        run.ExpectParameters(dweight.Read("dweight alone"), dbias.Read("dbias alone"));
    }

    private void Forward((int Rows, int Columns) size, float[] x, float epsilon = 1e-5f)
    {
        var (rows, columns) = size;
        var weight = Draw.Uniform("weight", columns, -2, 2);
        var bias = Draw.Uniform("bias", columns);
        var (mean, inverse, y) = (Output([rows]), Output([rows]), Output([rows, columns]));
        var inPlace = Input([rows, columns], x);
        Device.LayerNorm(
            Input([rows, columns], x).Tensor, Input([columns], weight).Tensor, Input([columns], bias).Tensor, epsilon, mean.Tensor,
            inverse.Tensor, y.Tensor);
        var (means, inverses) = (mean.Read("mean"), inverse.Read("inverse deviation"));
        Device.LayerNorm(
            inPlace.Tensor, Input([columns], weight).Tensor, Input([columns], bias).Tensor, epsilon, mean.Tensor, inverse.Tensor, inPlace.Tensor);

        var expectedMean = new Expected(rows);
        var expectedInverse = new Expected(rows);
        var expected = new Expected(x.Length);
        for (int row = 0; row < rows; row++)
        {
            var numbers = x.AsSpan(row * columns, columns).ToArray();
            double centre = numbers.Average(value => (double)value);
            double variance = numbers.Average(value => Math.Pow(value - centre, 2)) + epsilon;
            foreach (float value in numbers) expectedMean.Add(row, (double)value / columns);
            // the variance carries the rounding of the mean, a unit of the mean's own last place
            double spoilt = 1 + (Math.Abs(centre) + 1e-3) * Math.Abs(centre) * Check.Unit / variance + Math.Abs(centre) / Math.Sqrt(variance);
            expectedInverse.Values[row] = 1 / Math.Sqrt(variance);
            expectedInverse.Magnitudes[row] = expectedInverse.Values[row] * spoilt;
            for (int column = 0; column < columns; column++)
            {
                int at = row * columns + column;
                double normalised = (numbers[column] - centre) / Math.Sqrt(variance);
                expected.Values[at] = normalised * weight[column] + bias[column];
                expected.Magnitudes[at] = Math.Abs(bias[column]) + Math.Abs(weight[column]) * (Math.Abs(normalised) + 1) * spoilt;
            }
        }
        double tolerance = Check.SumTolerance(columns);
        Check.Close("mean", means, expectedMean.Values, expectedMean.Magnitudes, tolerance);
        Check.Close("inverse deviation", inverses, expectedInverse.Values, expectedInverse.Magnitudes, tolerance);
        Check.Close("y", y.Read("y"), expected.Values, expected.Magnitudes, tolerance);
        Check.Close("y in x's place", inPlace.Read("y in x's place"), expected.Values, expected.Magnitudes, tolerance);
    }

    /// <summary>The numbers of one backward.</summary>
    private sealed class Run(int rows, int columns)
    {
        private readonly float[] x = Draw.Normal("x", rows * columns, 0.3, 2);
        private readonly float[] mean = Draw.Uniform("mean", rows, 0.2, 0.4);
        private readonly float[] inverse = Draw.Uniform("inverse", rows, 0.3, 0.7);
        private readonly float[] weight = Draw.Uniform("weight", columns, -2, 2);

        public float[] Dy { get; } = Draw.Uniform("dy", rows * columns);

        public void Backward(LayerNormTests<TDevice> tests, Tensor<float> dy, Tensor<float>? dx, Tensor<float>? dweight, Tensor<float>? dbias) =>
            tests.Device.LayerNormBackward(
                dy, tests.Input([rows, columns], x).Tensor, tests.Input([rows], mean).Tensor, tests.Input([rows], inverse).Tensor,
                tests.Input([columns], weight).Tensor, dx, dweight, dbias);

        public void ExpectInput(float[] dx)
        {
            var expected = new Expected(dx.Length);
            for (int row = 0; row < rows; row++)
            {
                double sum = 0, along = 0, magnitude = 0, alongMagnitude = 0;
                for (int column = 0; column < columns; column++)
                {
                    double gradient = (double)Dy[row * columns + column] * weight[column];
                    sum += gradient / columns;
                    along += gradient * Normalised(row, column) / columns;
                    magnitude += Math.Abs(gradient) / columns;
                    alongMagnitude += Math.Abs(gradient * Normalised(row, column)) / columns;
                }
                for (int column = 0; column < columns; column++)
                {
                    int at = row * columns + column;
                    double gradient = (double)Dy[at] * weight[column], normalised = Normalised(row, column);
                    expected.Values[at] = inverse[row] * (gradient - sum - normalised * along);
                    expected.Magnitudes[at] = inverse[row] * (Math.Abs(gradient) + magnitude + Math.Abs(normalised) * alongMagnitude);
                }
            }
            Check.Close("dx", dx, expected.Values, expected.Magnitudes, Check.SumTolerance(columns));
        }

        public void ExpectParameters(float[] dweight, float[] dbias)
        {
            var (expectedWeight, expectedBias) = (new Expected(columns), new Expected(columns));
            for (int at = 0; at < Dy.Length; at++)
            {
                expectedWeight.Add(at % columns, Dy[at] * Normalised(at / columns, at % columns));
                expectedBias.Add(at % columns, Dy[at]);
            }
            Check.Close("dweight", dweight, expectedWeight.Values, expectedWeight.Magnitudes, Check.SumTolerance(rows));
            Check.Close("dbias", dbias, expectedBias.Values, expectedBias.Magnitudes, Check.SumTolerance(rows));
        }

        private double Normalised(int row, int column) => ((double)x[row * columns + column] - mean[row]) * inverse[row];
    }
}
