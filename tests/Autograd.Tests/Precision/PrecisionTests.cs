using System.Globalization;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Autograd.Tests;

/// <summary>Errors against double precision, over the largest true entry, beside those of PyTorch's float32 on the same numbers (precision.csv, made by precision.py): never
/// more than three times as much.</summary>
public sealed class PrecisionTests : IDisposable
{
    private const double Most = 3;

    private static readonly Dictionary<string, double> PyTorch = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Precision", "precision.csv")).Skip(1)
        .Select(static line => line.Split(',')).ToDictionary(
            static cells => string.Join(',', cells[..^1]).Replace("\"", "", StringComparison.Ordinal), static cells => double.Parse(cells[^1], CultureInfo.InvariantCulture));

    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(10_000)]
    public void Cross_entropy_of_large_logits(int level)
    {
        const int Rows = 64, Classes = 100;
        float[] logits = Numbers.Normal(1, Rows * Classes, level, 3);
        int[] labels = Numbers.Whole(2, Rows, Classes);
        using var pass = Pass.Train(device);
        var x = pass.Leaf(pass.Upload<float>([Rows, Classes], logits));
        float[] found = pass.Backward(x.CrossEntropy(labels)).Of(x)!.ToArray();
        var expected = new double[found.Length];
        for (int row = 0; row < Rows; row++)
        {
            double[] own = [.. logits.Skip(row * Classes).Take(Classes).Select(static value => (double)value)];
            double most = own.Max(), sum = own.Sum(value => Math.Exp(value - most));
            for (int at = 0; at < Classes; at++) expected[row * Classes + at] = (Math.Exp(own[at] - most) / sum - (at == labels[row] ? 1 : 0)) / Rows;
        }
        Compare($"cross-entropy at {level}", "dx", found, expected);
    }

    [Fact]
    public void Sums()
    {
        float[] numbers = Numbers.Uniform(1, 10_000_000), rows = Numbers.Uniform(1, 8_000_000);
        using var pass = Pass.Infer(device);
        Compare("sum", "sum", pass.Constant(pass.Upload<float>([numbers.Length], numbers)).Sum().Value.ToArray(), [numbers.Sum(static value => (double)value)]);
        var columns = new double[8];
        for (int i = 0; i < rows.Length; i++) columns[i % 8] += rows[i];
        Compare("sum", "of rows", pass.Constant(pass.Upload<float>([rows.Length / 8, 8], rows)).Sum(0).Value.ToArray(), columns);
        Array.Fill(numbers, 0.1f);
        Compare("sum", "of tenths", pass.Constant(pass.Upload<float>([numbers.Length], numbers)).Sum().Value.ToArray(), [(double)0.1f * numbers.Length]);
    }

    [Fact]
    public void Deep_products()
    {
        const int Rows = 4, Depth = 65_536, Outputs = 8;
        float[] x = Numbers.Normal(1, Rows * Depth), weight = Numbers.Normal(2, Outputs * Depth);
        using var pass = Pass.Infer(device);
        float[] found = pass.Constant(pass.Upload<float>([Rows, Depth], x)).Linear(pass.Constant(pass.Upload<float>([Outputs, Depth], weight))).Value.ToArray();
        var expected = new double[found.Length];
        for (int at = 0; at < expected.Length; at++)
            for (int k = 0; k < Depth; k++) expected[at] += (double)x[at / Outputs * Depth + k] * weight[at % Outputs * Depth + k];
        Compare("linear, K = 65536", "y", found, expected);
    }

    [Fact]
    public void Gradients_of_weights_over_many_rows()
    {
        const int Rows = 100_000, Inputs = 16, Outputs = 8;
        float[] x = Numbers.Normal(1, Rows * Inputs), gradient = Numbers.Normal(3, Rows * Outputs);
        using var pass = Pass.Train(device);
        var weight = pass.Leaf(pass.Upload<float>([Outputs, Inputs], Numbers.Normal(2, Outputs * Inputs)));
        var y = pass.Constant(pass.Upload<float>([Rows, Inputs], x)).Linear(weight);
        float[] found = pass.Backward((y * pass.Constant(pass.Upload<float>([Rows, Outputs], gradient))).Sum()).Of(weight)!.ToArray();
        var expected = new double[found.Length];
        for (int row = 0; row < Rows; row++)
            for (int at = 0; at < expected.Length; at++) expected[at] += (double)x[row * Inputs + at % Inputs] * gradient[row * Outputs + at / Inputs];
        Compare("linear, 100000 rows", "dw", found, expected);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(500)]
    public void Statistics_far_from_zero(int level)
    {
        const int Images = 16, Channels = 8, Pixels = 256, Count = Images * Pixels;
        const double Epsilon = 1e-5f;
        float[] numbers = Numbers.Normal(1, Images * Channels * Pixels, level), gradient = Numbers.Normal(2, numbers.Length);
        using var pass = Pass.Train(device);
        var x = pass.Leaf(pass.ChannelsLast(pass.Upload<float>([Images, Channels, 16, 16], numbers)));
        Variable weight = pass.Leaf(pass.Upload<float>([Channels], Enumerable.Repeat(1f, Channels).ToArray())), bias = pass.Leaf(pass.Upload<float>([Channels], new float[Channels]));
        var y = x.BatchNormOfBatch(weight, bias, out _, out var variance);
        float[] found = y.Value.ToArray(), foundVariance = variance.ToArray();
        var gradients = pass.Backward((y * pass.Constant(pass.Upload<float>([Images, Channels, 16, 16], gradient))).Sum());
        double[] variances = new double[Channels], dw = new double[Channels], expected = new double[numbers.Length], dx = new double[numbers.Length];
        for (int channel = 0; channel < Channels; channel++)
        {
            int[] own = [.. Enumerable.Range(0, Count).Select(i => (i / Pixels * Channels + channel) * Pixels + i % Pixels)];
            double mean = own.Average(at => (double)numbers[at]), db = own.Sum(at => (double)gradient[at]);
            variances[channel] = own.Average(at => (numbers[at] - mean) * (numbers[at] - mean));
            double inverse = 1 / Math.Sqrt(variances[channel] + Epsilon);
            foreach (int at in own) expected[at] = (numbers[at] - mean) * inverse;
            dw[channel] = own.Sum(at => gradient[at] * expected[at]);
            foreach (int at in own) dx[at] = inverse * (gradient[at] - db / Count - expected[at] * dw[channel] / Count);
        }
        string what = $"batch norm at {level}";
        Compare(what, "variance", foundVariance, variances);
        Compare(what, "y", found, expected);
        Compare(what, "dx", gradients.Of(x)!.ToArray(), dx);
        Compare(what, "dw", gradients.Of(weight)!.ToArray(), dw);
    }

    [Fact]
    public void Convolutions()
    {
        const int Images = 2, Channels = 64, Side = 16;
        Shape shape = [Images, Channels, Side, Side], filters = [Channels, Channels, 3, 3];
        float[] numbers = Numbers.Normal(1, (int)shape.ElementCount), weights = Numbers.Normal(2, (int)filters.ElementCount, scale: 0.05), gradient = Numbers.Normal(3, numbers.Length);
        using (var pass = Pass.Train(device))
        {
            var (x, weight) = (pass.Leaf(pass.ChannelsLast(pass.Upload<float>(shape, numbers))), pass.Leaf(pass.Upload<float>(filters, weights)));
            var y = x.Conv2d(weight, padding: 1);
            float[] found = y.Value.ToArray();
            var gradients = pass.Backward((y * pass.Constant(pass.Upload<float>(shape, gradient))).Sum());
            var (expected, dx, dw) = Reference(numbers, weights, gradient);
            Compare("convolution", "y", found, expected);
            Compare("convolution", "dx", gradients.Of(x)!.ToArray(), dx);
            Compare("convolution", "dw", gradients.Of(weight)!.ToArray(), dw);
        }

        numbers[3 * Side + 3] = 1e4f;
        float[] beside = Convolved(numbers);
        var (whole, _, _) = Reference(numbers, weights, gradient);
        for (int at = 0; at < Channels * Side * Side; at++)
            if (at / Side % Side is >= 2 and < 5 && at % Side is >= 2 and < 5) (beside[at], whole[at]) = (0, 0);
        Compare("convolution, one pixel of 1e4", "y", beside, whole);

        // what is huge or no number is so within its window alone
        foreach (float pixel in new[] { 3e37f, float.PositiveInfinity, float.NaN })
        {
            numbers[3 * Side + 3] = pixel;
            float[] huge = Convolved(numbers);
            for (int at = 0; at < Channels * Side * Side; at++)
            {
                bool isSeen = at / Side % Side is >= 2 and < 5 && at % Side is >= 2 and < 5;
                if (isSeen) Assert.Equal(pixel == 3e37f, float.IsFinite(huge[at]));
                else Assert.Equal(whole[at], huge[at], 1e-5);
            }
        }

        float[] Convolved(float[] image)
        {
            using var pass = Pass.Infer(device);
            return pass.Constant(pass.ChannelsLast(pass.Upload<float>(shape, image))).Conv2d(pass.Constant(pass.Upload<float>(filters, weights)), padding: 1).Value.ToArray();
        }
    }

    /// <summary>A convolution of 3 x 3 and its gradients, in double.</summary>
    private static (double[] Y, double[] Dx, double[] Dw) Reference(float[] x, float[] weight, float[] gradient)
    {
        const int Images = 2, Channels = 64, Side = 16, Plane = Side * Side;
        double[] y = new double[x.Length], dx = new double[x.Length], dw = new double[weight.Length];
        for (int image = 0; image < Images; image++)
            for (int output = 0; output < Channels; output++)
                for (int input = 0; input < Channels; input++)
                    for (int tap = 0; tap < 9; tap++)
                    {
                        int down = tap / 3 - 1, across = tap % 3 - 1, filter = (output * Channels + input) * 9 + tap;
                        double of = weight[filter], sum = 0;
                        for (int row = Math.Max(0, -down); row < Math.Min(Side, Side - down); row++)
                            for (int column = Math.Max(0, -across); column < Math.Min(Side, Side - across); column++)
                            {
                                int to = (image * Channels + output) * Plane + row * Side + column;
                                int from = (image * Channels + input) * Plane + (row + down) * Side + column + across;
                                y[to] += of * x[from];
                                dx[from] += of * gradient[to];
                                sum += (double)x[from] * gradient[to];
                            }
                        dw[filter] += sum;
                    }
        return (y, dx, dw);
    }

    private static void Compare(string what, string part, float[] found, double[] expected)
    {
        double largest = expected.Max(Math.Abs), error = 0;
        for (int i = 0; i < expected.Length; i++) error = Math.Max(error, Math.Abs(found[i] - expected[i]) / largest);
        // a tenth of a unit in the last place is luck
        double most = Most * Math.Max(PyTorch[$"{what},{part}"], Check.Unit);
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}, {part}: {error:0.0e+0}, PyTorch {PyTorch[$"{what},{part}"]:0.0e+0}");
        Assert.True(error <= most, $"{what}, {part}: an error of {error:g2}, at most {most:g2}");
    }
}
