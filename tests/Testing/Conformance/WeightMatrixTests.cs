using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>Matrices of weights in bfloat16 and whole numbers: their rounding, the lines that are taken out of them, products by them.</summary>
public sealed class WeightMatrixTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly WeightPrecision[] Precisions = [WeightPrecision.BFloat16, WeightPrecision.Int8];

    /// <summary>Rows, lines and depths around a tile, a panel and a block of the depth.</summary>
    private static readonly (int M, int N, int K)[] Odd =
    [
        (1, 1, 1), (1, 64, 7), (1, 65, 130), (1, 300, 64), (2, 63, 5), (5, 130, 65), (6, 64, 128), (7, 17, 200), (12, 100, 70), (13, 70, 500), (100, 129, 33), (220, 70, 400),
    ];

    private static readonly (int M, int N, int K)[] Few = [(1, 1, 1), (1, 5, 3), (5, 7, 3), (3, 66, 2)];

    private static IEnumerable<(int M, int N, int K)> Cases => Tiny ? Few : Odd;

    [Fact]
    public void BFloat16_is_the_nearest_and_of_two_the_even_one()
    {
        float[] values =
        [
            0f, -0f, 1f, -1f, 1.00390625f, 1.01171875f, 1.00390637f, 1.00390613f, -1.00390625f, 3.14159265f, 1e-40f, -1e-45f, 1.1754944e-38f, 3.3895314e38f, 3.3961776e38f,
            float.MaxValue, -float.MaxValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN, BitConverter.Int32BitsToSingle(unchecked((int)0xFFFFFFFF)),
            BitConverter.Int32BitsToSingle(0x7F800001), .. Draw.Normal("values", Tiny ? 4 : 4000),
        ];
        float[] kept = Kept(values, 1, values.Length, WeightPrecision.BFloat16);
        for (int i = 0; i < values.Length; i++)
        {
            if (float.IsNaN(values[i])) Assert.True(float.IsNaN(kept[i]), $"{i}: NaN became {kept[i]}");
            else Assert.True(BitConverter.SingleToInt32Bits(kept[i]) == BitConverter.SingleToInt32Bits(Nearest(values[i])), $"{values[i]:r} became {kept[i]:r}, not {Nearest(values[i]):r}");
        }
    }

    [Fact]
    public void Whole_numbers_share_a_scale_a_line_and_are_the_nearest()
    {
        int lines = Tiny ? 3 : 70, depth = Tiny ? 5 : 90;
        float[] values = Draw.Normal("weights", lines * depth);
        values.AsSpan(depth, depth).Clear();
        for (int i = 0; i < depth; i++) values[2 * depth + i] *= 1e-30f;
        float[] kept = Kept(values, lines, depth, WeightPrecision.Int8);
        for (int line = 0; line < lines; line++)
        {
            float scale = values.AsSpan(line * depth, depth).ToArray().Max(Math.Abs) / 127;
            for (int i = line * depth; i < (line + 1) * depth; i++)
            {
                double whole = scale == 0 ? 0 : Math.Round((double)kept[i] / scale);
                Assert.Equal((float)whole * scale, kept[i]);
                Assert.InRange(whole, -127, 127);
                Assert.True(scale == 0 || Math.Abs(values[i] / (double)scale - whole) <= 0.5 + 1e-5, $"{values[i]} with the scale {scale} became {whole}");
            }
        }
    }

    [Fact]
    public void Ties_between_whole_numbers_go_to_the_even_one()
    {
        float[] kept = Kept([127f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 126.5f], 1, 8, WeightPrecision.Int8);
        Assert.Equal([127f, 0f, 2f, 2f, 0f, -2f, -2f, 126f], kept);
    }

    [Fact]
    public void A_line_with_a_number_that_is_not_finite_gives_no_number()
    {
        foreach (float wrong in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            float[] kept = Kept([1f, wrong, 2f, 3f, 4f, 5f], 2, 3, WeightPrecision.Int8);
            Assert.All(kept[..3], value => Assert.True(float.IsNaN(value)));
            Assert.All(kept[3..], value => Assert.True(float.IsFinite(value)));
        }
    }

    [Fact]
    public void Lines_are_taken_as_they_are_kept() => Each(
        from precision in Precisions
        from lines in Tiny ? [1, 5] : new[] { 1, 63, 64, 65, 200 }
        select (precision, lines), item =>
        {
            int depth = Tiny ? 3 : 37;
            float[] values = Draw.Normal("table", item.lines * depth), kept = Kept(values, item.lines, depth, item.precision);
            int[] indices = Draw.Integers("indices", Tiny ? 4 : 90, 0, item.lines);
            using var matrix = WeightMatrix.From(Input([item.lines, depth], values).Tensor, item.precision);
            var y = Output([indices.Length, depth]);
            Device.Gather(matrix, Input([indices.Length], indices).Tensor, y.Tensor);
            Check.SameBits("y", y.Read("y"), [.. indices.SelectMany(index => kept.AsSpan(index * depth, depth).ToArray())]);
        });

    [Fact]
    public void Products_of_every_size_and_orientation() => Each(
        from size in Cases
        from precision in Precisions
        from weights in new[] { Layout.Contiguous, Layout.Reversed, Layout.PaddedRows }
        select (size.M, size.N, size.K, precision, weights),
        item => Run(default(NoEpilogue), item.M, item.N, item.K, item.precision, item.weights));

    [Fact]
    public void Products_with_every_epilogue() => Each(
        from size in Cases
        from precision in Precisions
        from output in new[] { Layout.Contiguous, Layout.PaddedRows }
        select (size.M, size.N, size.K, precision, output), item =>
        {
            Run(default(AddBias), item.M, item.N, item.K, item.precision, output: item.output);
            Run(default(BiasThen<Gelu>), item.M, item.N, item.K, item.precision, output: item.output);
            Run(default(BiasResidualThen<Identity>), item.M, item.N, item.K, item.precision, output: item.output);
        });

    [Fact]
    public void A_row_has_the_bits_that_it_has_among_others() => Each(Precisions, precision =>
    {
        var (m, n, k) = Tiny ? (3, 5, 6) : (25, 130, 450);
        float[] a = Draw.Uniform("a", m * k);
        using var matrix = WeightMatrix.From(Input([n, k], Draw.Uniform("b", n * k)).Tensor, precision);
        var together = Output([m, n]);
        Device.Gemm(default(NoEpilogue), Input([m, k], a).Tensor, matrix, null, null, together.Tensor);
        float[] all = together.Read("together");
        foreach (int some in new[] { 1, 2, m - 1 })
        {
            var alone = Output([some, n]);
            Device.Gemm(default(NoEpilogue), Input([some, k], a.AsSpan(0, some * k).ToArray()).Tensor, matrix, null, null, alone.Tensor);
            Check.SameBits($"{some} rows", alone.Read("alone"), all.AsSpan(0, some * n));
        }
    });

    [Fact]
    public void A_matrix_moves_to_another_device_as_it_is() => Each(Precisions, precision =>
    {
        int lines = Tiny ? 3 : 70, depth = 5;
        using var here = WeightMatrix.From(Input([lines, depth], Draw.Normal("weights", lines * depth)).Tensor, precision);
        using var there = here.To(Device.Cpu);
        Assert.Equal(here.Numbers.ToArray(), there.Numbers.ToArray());
        Assert.Equal(here.Scales?.ToArray(), there.Scales?.ToArray());
    });

    [Fact]
    public void Single_precision_and_other_shapes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => WeightMatrix.From(Input([1, 1], [1f]).Tensor, WeightPrecision.Float32));
        Assert.Throws<ShapeException>(() => WeightMatrix.From(Input([2], [1f, 2f]).Tensor, WeightPrecision.Int8));
    }

    private float[] Kept(float[] values, int lines, int depth, WeightPrecision precision)
    {
        using var matrix = WeightMatrix.From(Input([lines, depth], values).Tensor, precision);
        var y = Output([lines, depth]);
        Device.UnpackWeights(matrix, y.Tensor);
        return y.Read("weights");
    }

    /// <summary>By the distances to both neighbours, in double precision.</summary>
    private static float Nearest(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value), lower = bits & 0xFFFF0000, upper = lower + 0x10000;
        if (float.IsInfinity(value)) return value;
        // the step beyond the largest number counts as large as the last one
        double below = BitConverter.UInt32BitsToSingle(lower), above = (upper & 0x7FFFFFFF) == 0x7F800000 ? 2 * below - BitConverter.UInt32BitsToSingle(lower - 0x10000)
            : BitConverter.UInt32BitsToSingle(upper);
        double toLower = Math.Abs(value - below), toUpper = Math.Abs(above - value);
        bool isUpper = toUpper < toLower || (toUpper == toLower && (lower & 0x10000) != 0);
        return BitConverter.UInt32BitsToSingle(isUpper ? upper : lower);
    }

    private void Run<TEpilogue>(
        TEpilogue epilogue, int m, int n, int k, WeightPrecision precision, Layout weights = Layout.Contiguous, Layout output = Layout.Contiguous)
        where TEpilogue : unmanaged, IEpilogue
    {
        float[] a = Draw.Uniform("a", m * k), b = Draw.Uniform("b", n * k), bias = Draw.Uniform("bias", n), residual = Draw.Uniform("residual", m * n);
        using var matrix = WeightMatrix.From(Input([n, k], b, weights).Tensor, precision);
        var c = Output([m, n], output);
        Device.Gemm(
            epilogue, Input([m, k], a).Tensor, matrix, TEpilogue.UsesBias ? Input([n], bias).Tensor : null,
            TEpilogue.UsesResidual ? Input([m, n], residual, output).Tensor : null, c.Tensor);
        float[] kept = Kept(b, n, k, precision), turned = new float[k * n];
        for (int line = 0; line < n; line++)
            for (int term = 0; term < k; term++) turned[term * n + line] = kept[line * k + term];
        var expected = ReferenceProduct.Multiply(a, turned, 1, m, n, k).Then(
            (sum, i) => epilogue.Apply(new LaneD(sum), new LaneD(0), new LaneD(bias[i % n]), new LaneD(residual[i])).Value,
            i => Math.Abs(bias[i % n]) + Math.Abs(residual[i]));
        Check.Close($"{typeof(TEpilogue).Name}", c.Read("c"), expected.Values, expected.Magnitudes, Check.SumTolerance(k + 4));
    }
}
