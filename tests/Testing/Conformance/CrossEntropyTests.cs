using Xunit;

namespace Graft.Testing;

/// <summary>Cross-entropy with label smoothing and rows that do not count, forward and backward.</summary>
public sealed class CrossEntropyTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly (int Rows, int Columns)[] Full =
        [(1, 1), (3, 2), (5, 7), (4, 10), (3, 16), (17, 17), (64, 100), (5, 1000), (500, 33), (0, 3)];

    private static IEnumerable<Case> Cases =>
        from size in Tiny ? Full.Take(3) : Full
        from smoothing in new[] { 0f, 0.1f }
        from shift in new[] { 0f, 1000f }
        select new Case(size.Rows, size.Columns, smoothing, shift);

    [Fact]
    public void Losses_agree_with_the_definition()
    {
        Each(Cases, item =>
        {
            var (logits, labels) = item.Draw();
            var (losses, normalisers) = (Output([item.Rows]), Output([2, item.Rows]));
            Device.CrossEntropy(
                Input([item.Rows, item.Columns], logits).Tensor, Input([item.Rows], labels).Tensor, item.Smoothing, losses.Tensor, normalisers.Tensor);
            var expected = new double[item.Rows];
            var expectedSums = new double[item.Rows];
            var magnitudes = new double[item.Rows];
            for (int row = 0; row < item.Rows; row++)
            {
                expectedSums[row] = item.LogSumExp(logits, row);
                for (int column = 0; column < item.Columns; column++)
                {
                    double distance = expectedSums[row] - logits[row * item.Columns + column];
                    expected[row] += item.Target(labels, row, column) * distance;
                    magnitudes[row] = Math.Max(magnitudes[row], Math.Abs(expectedSums[row]) + Math.Abs(distance));
                }
                if (labels[row] < 0) magnitudes[row] = 0;
            }
            double tolerance = Check.SumTolerance(item.Columns);
            Check.Close("losses", losses.Read("losses"), expected, magnitudes, tolerance);
            float[] found = normalisers.Read("normalisers");
            Check.Close(
                "normalisers", [.. Enumerable.Range(0, item.Rows).Select(row => found[row] + found[item.Rows + row])], expectedSums,
                [.. expectedSums.Select(sum => 1 + Math.Abs(sum))], tolerance);
        });
    }

    [Fact]
    public void Backward_agrees_with_the_definition()
    {
        Each(Cases, item =>
        {
            var (logits, labels) = item.Draw();
            var dlosses = Testing.Draw.Uniform("dlosses", item.Rows);
            float[] largest = [.. Enumerable.Range(0, item.Rows).Select(row => item.Largest(logits, row))];
            float[] rest = [.. Enumerable.Range(0, item.Rows).Select(row => (float)(item.LogSumExp(logits, row) - largest[row]))];
            var dlogits = Output([item.Rows, item.Columns]);
            Device.CrossEntropyBackward(
                Input([item.Rows, item.Columns], logits).Tensor, Input([item.Rows], labels).Tensor, item.Smoothing,
                Input([2, item.Rows], [.. largest, .. rest]).Tensor, Input([item.Rows], dlosses).Tensor, dlogits.Tensor);
            var expected = new double[logits.Length];
            var magnitudes = new double[logits.Length];
            for (int i = 0; i < logits.Length; i++)
            {
                int row = i / item.Columns;
                if (labels[row] < 0) continue;
                double distance = (double)logits[i] - largest[row] - rest[row], probability = Math.Exp(distance), target = item.Target(labels, row, i % item.Columns);
                expected[i] = (probability - target) * dlosses[row];
                magnitudes[i] = (probability * (1 + Math.Abs(distance)) + target) * dlosses[row];
            }
            Check.Close("dlogits", dlogits.Read("dlogits"), expected, magnitudes, 10 * Check.Unit);
        });
    }

    [Fact]
    public void A_masked_class_has_no_gradient()
    {
        var (losses, normalisers, dlogits) = (Output([1]), Output([2, 1]), Output([1, 3]));
        var logits = Input([1, 3], [1f, float.NegativeInfinity, 1f]).Tensor;
        var labels = Input([1], [2]).Tensor;
        Device.CrossEntropy(logits, labels, 0, losses.Tensor, normalisers.Tensor);
        Check.Close("losses", losses.Read("losses"), [Math.Log(2)], 4 * Check.Unit);
        Device.CrossEntropyBackward(logits, labels, 0, normalisers.Tensor, Input([1], [1f]).Tensor, dlogits.Tensor);
        Check.Close("dlogits", dlogits.Read("dlogits"), [0.5, 0, -0.5], [1, 0, 1], 4 * Check.Unit);
    }

    /// <summary>A probability is that of a distance between logits: however large these are, only what they were rounded to when they were made is lost.</summary>
    [Theory]
    [InlineData(0f)]
    [InlineData(10f)]
    [InlineData(100f)]
    [InlineData(1_000f)]
    [InlineData(10_000f)]
    public void Large_logits_lose_nothing_of_their_gradient(float level)
    {
        var item = new Case(Tiny ? 3 : 64, Tiny ? 7 : 100, 0, level);
        var (logits, labels) = item.Draw();
        var (losses, normalisers, dlogits) = (Output([item.Rows]), Output([2, item.Rows]), Output([item.Rows, item.Columns]));
        var (input, classes) = (Input([item.Rows, item.Columns], logits).Tensor, Input([item.Rows], labels).Tensor);
        Device.CrossEntropy(input, classes, 0, losses.Tensor, normalisers.Tensor);
        Device.CrossEntropyBackward(input, classes, 0, normalisers.Tensor, Input([item.Rows], [.. Enumerable.Repeat(1f, item.Rows)]).Tensor, dlogits.Tensor);
        float[] found = dlogits.Read("dlogits");
        double worst = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            int row = i / item.Columns;
            double expected = labels[row] < 0 ? 0 : Math.Exp(logits[i] - item.LogSumExp(logits, row)) - item.Target(labels, row, i % item.Columns);
            worst = Math.Max(worst, Math.Abs(found[i] - expected));
        }
        // over the largest entry, which is about 1: PyTorch's error is 2e-7 at each level
        Assert.InRange(worst, 0, 6e-7);
    }

    private sealed record Case(int Rows, int Columns, float Smoothing, float Shift)
    {
        /// <summary>Logits and labels; every fourth row does not count.</summary>
        public (float[] Logits, int[] Labels) Draw()
        {
            var logits = Testing.Draw.Normal("logits", Rows * Columns, Shift, 3);
            var labels = Testing.Draw.Integers("labels", Rows, 0, Columns);
            for (int row = 3; row < Rows; row += 4) labels[row] = row % 8 == 3 ? -100 : -1;
            return (logits, labels);
        }

        public float Largest(float[] logits, int row) => logits.AsSpan(row * Columns, Columns).ToArray().Max();

        public double LogSumExp(float[] logits, int row)
        {
            var own = logits.AsSpan(row * Columns, Columns).ToArray();
            double largest = own.Max();
            return largest + Math.Log(own.Sum(value => Math.Exp(value - largest)));
        }

        public double Target(int[] labels, int row, int column) =>
            labels[row] < 0 ? 0 : (column == labels[row] ? 1 - (double)Smoothing : 0) + (double)Smoothing / Columns;
    }
}
