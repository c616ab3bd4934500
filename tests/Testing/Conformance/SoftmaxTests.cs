using Xunit;

namespace Graft.Testing;

/// <summary>Softmax and log-softmax, forward and backward.</summary>
public sealed class SoftmaxTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly (int Rows, int Columns)[] Full =
        [(1, 1), (5, 1), (3, 2), (4, 10), (2, 15), (2, 16), (2, 17), (7, 33), (64, 100), (3, 1000), (1, 5003), (300, 70), (0, 4)];

    private static IEnumerable<(int Rows, int Columns)> Sizes2 => Tiny ? Full.Take(4) : Full;

    [Fact]
    public void Softmax_agrees_with_the_definition() => Each(Sizes2, size => Run(size, Draw.Normal("x", size.Rows * size.Columns, 0, 3), log: false));

    [Fact]
    public void Logarithm_of_softmax_agrees_with_the_definition() =>
        Each(Sizes2, size => Run(size, Draw.Normal("x", size.Rows * size.Columns, 0, 3), log: true));

    [Fact]
    public void Large_logits_do_not_overflow()
    {
        Each(Sizes2, size =>
        {
            var x = Draw.Uniform("x", size.Rows * size.Columns, 990, 1010);
            Run(size, x, log: false);
            Run(size, x, log: true);
            Run(size, [.. x.Select(value => -value)], log: false);
            Run(size, [.. x.Select(value => value * 1e30f)], log: false);
        });
    }

    [Fact]
    public void Masked_entries_get_exactly_zero()
    {
        Each(Sizes2.Where(size => size.Columns > 1), size =>
        {
            var x = Draw.Normal("x", size.Rows * size.Columns, 0, 3);
            for (int i = 0; i < x.Length; i++)
                if (i % size.Columns % 2 == 1) x[i] = float.NegativeInfinity;
            Run(size, x, log: false);
            Run(size, x, log: true);
        });
    }

    [Fact]
    public void Leading_axes_are_rows()
    {
        var x = Draw.Normal("x", 2 * 3 * 5);
        var y = Output([2, 3, 5]);
        Device.Softmax(Input([2, 3, 5], x).Tensor, y.Tensor, log: false);
        ExpectForward((6, 5), x, y.Read("y"), log: false);
    }

    [Fact]
    public void Backward_agrees_with_the_definition()
    {
        var cases = from size in Sizes2
                    from log in new[] { false, true }
                    select (size.Rows, size.Columns, log);
        Each(cases, item =>
        {
            var (rows, columns, log) = item;
            var dy = Draw.Uniform("dy", rows * columns);
            var exact = Softmax((rows, columns), Draw.Normal("x", rows * columns, 0, 3), log);
            float[] y = [.. exact.Select(value => (float)value)];
            var sums = new Expected(rows);
            for (int i = 0; i < dy.Length; i++) sums.Add(i / columns, log ? dy[i] : (double)y[i] * dy[i]);
            var expected = new Expected(dy.Length);
            for (int i = 0; i < dy.Length; i++)
            {
                double probability = log ? Math.Exp(y[i]) : y[i];
                expected.Values[i] = (log ? dy[i] : probability * dy[i]) - probability * sums.Values[i / columns];
                expected.Magnitudes[i] = (log ? Math.Abs(dy[i]) : probability * Math.Abs(dy[i])) + probability * sums.Magnitudes[i / columns];
            }
            var dx = Output([rows, columns]);
            var inPlace = Input([rows, columns], dy);
            Device.SoftmaxBackward(Input([rows, columns], dy).Tensor, Input([rows, columns], y).Tensor, dx.Tensor, log);
            Check.Close("dx", dx.Read("dx"), expected.Values, expected.Magnitudes, Check.SumTolerance(columns));
            Device.SoftmaxBackward(inPlace.Tensor, Input([rows, columns], y).Tensor, inPlace.Tensor, log);
            Check.Close("dx in dy's place", inPlace.Read("dx"), expected.Values, expected.Magnitudes, Check.SumTolerance(columns));
        });
    }

    private void Run((int Rows, int Columns) size, float[] x, bool log)
    {
        var y = Output([size.Rows, size.Columns]);
        Device.Softmax(Input([size.Rows, size.Columns], x).Tensor, y.Tensor, log);
        ExpectForward(size, x, y.Read("y"), log);
        var inPlace = Input([size.Rows, size.Columns], x);
        Device.Softmax(inPlace.Tensor, inPlace.Tensor, log);
        ExpectForward(size, x, inPlace.Read("y in x's place"), log);
    }

    private static void ExpectForward((int Rows, int Columns) size, float[] x, float[] y, bool log)
    {
        var expected = Softmax(size, x, log);
        // the difference x - max is rounded at its own size; softmax turns that into a relative error
        var magnitude = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double largest = x.AsSpan(i / size.Columns * size.Columns, size.Columns).ToArray().Max();
            double distance = double.IsNegativeInfinity(x[i]) ? 0 : largest - x[i];
            magnitude[i] = log ? distance + 1 + Math.Log(size.Columns) : expected[i] * (1 + Math.Min(distance, 200));
        }
        Check.Close(log ? "log softmax" : "softmax", y, expected, magnitude, Check.SumTolerance(size.Columns));
    }

    private static double[] Softmax((int Rows, int Columns) size, float[] x, bool log)
    {
        var y = new double[x.Length];
        for (int row = 0; row < size.Rows; row++)
        {
            var logits = x.AsSpan(row * size.Columns, size.Columns).ToArray();
            double largest = logits.Max();
            double logSum = Math.Log(logits.Sum(value => Math.Exp(value - largest)));
            for (int i = 0; i < logits.Length; i++)
                y[row * size.Columns + i] = log ? logits[i] - largest - logSum : Math.Exp(logits[i] - largest - logSum);
        }
        return y;
    }
}
