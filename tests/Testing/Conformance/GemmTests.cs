using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>Gemm: every orientation and odd size, batches, epilogues.</summary>
public sealed class GemmTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly (int M, int N, int K)[] Odd =
    [
        (1, 1, 1), (1, 1, 7), (1, 17, 1), (17, 1, 1), (2, 3, 4), (5, 7, 11), (13, 16, 17), (16, 16, 16), (17, 31, 13), (33, 65, 8),
        (1, 100, 64), (100, 1, 64), (64, 1, 1), (3, 500, 2), (500, 3, 2), (31, 37, 129), (7, 300, 41), (70, 90, 100),
    ];

    private static readonly (int M, int N, int K)[] Large = [(300, 70, 520), (67, 530, 300), (129, 97, 1030), (5, 192, 2100), (1, 256, 1500)];

    private static readonly (int M, int N, int K)[] Few = [(1, 1, 1), (2, 3, 4), (5, 7, 3), (17, 2, 9), (1, 9, 1)];

    [Fact]
    public void An_epilogue_without_its_operand_is_refused()
    {
        using Tensor<float> a = Tensor.From<float>([1, 1], [1f], Device), b = Tensor.From<float>([1, 1], [1f], Device), c = Tensor.From<float>([1, 1], [1f], Device);
        Assert.Throws<ArgumentException>(() => Device.Gemm(default(AddBias), a, b, null, null, c));
        Assert.Throws<ArgumentException>(() => Device.Gemm(default(ScaleBiasThen<Relu>), a, b, c, null, c));
    }

    [Fact]
    public void Every_orientation_of_odd_sizes()
    {
        var cases =
            from size in Tiny ? Few : Odd
            from a in new[] { Layout.Contiguous, Layout.Reversed, Layout.PaddedRows, Layout.Stepped }
            from b in new[] { Layout.Contiguous, Layout.Reversed, Layout.PaddedRows, Layout.Stepped }
            select (size.M, size.N, size.K, a, b);
        Each(cases, item => Run(default(NoEpilogue), [], item.M, item.N, item.K, item.a, item.b, Layout.Contiguous));
    }

    [Fact]
    public void Sizes_beyond_every_block()
    {
        var cases =
            from size in Tiny ? [(19, 18, 33)] : Large
            from a in new[] { Layout.Contiguous, Layout.Reversed }
            from b in new[] { Layout.Contiguous, Layout.Reversed }
            select (size.M, size.N, size.K, a, b);
        Each(cases, item => Run(default(NoEpilogue), [], item.M, item.N, item.K, item.a, item.b, Layout.Contiguous));
    }

    [Fact]
    public void Every_epilogue()
    {
        var cases = from size in Tiny ? Few : [.. Odd, (60, 70, 300)]
                    from output in new[] { Layout.Contiguous, Layout.PaddedRows }
                    select (size.M, size.N, size.K, output);
        Each(cases, item =>
        {
            Run(default(AddBias), [], item.M, item.N, item.K, output: item.output);
            Run(default(AddResidual), [], item.M, item.N, item.K, output: item.output);
            Run(default(BiasThen<Relu>), [], item.M, item.N, item.K, output: item.output);
            Run(default(BiasThen<Gelu>), [], item.M, item.N, item.K, output: item.output);
            Run(default(ScaleBiasThen<Relu>), [], item.M, item.N, item.K, output: item.output);
            Run(default(ScaleBiasResidualThen<Relu>), [], item.M, item.N, item.K, output: item.output);
            Run(default(BiasResidualThen<Relu>), [], item.M, item.N, item.K, output: item.output);
        });
    }

    [Fact]
    public void Residual_may_be_the_output_itself()
    {
        Each(Tiny ? Few : [.. Odd, (60, 70, 300)], size =>
        {
            var (m, n, k) = size;
            var (a, b, before) = (Draw.Uniform("a", m * k), Draw.Uniform("b", k * n), Draw.Uniform("residual", m * n));
            var c = Input([m, n], before);
            Device.Gemm(default(AddResidual), Input([m, k], a).Tensor, Input([k, n], b).Tensor, null, c.Tensor, c.Tensor);
            var expected = ReferenceProduct.Multiply(a, b, 1, m, n, k).Then((sum, i) => sum + before[i], i => Math.Abs(before[i]));
            Check.Close("c", c.Read("c"), expected.Values, expected.Magnitudes, Check.SumTolerance(k));
        });
    }

    [Fact]
    public void No_terms_at_all_give_the_epilogue_of_zero()
    {
        var c = Output([3, 5]);
        float[] bias = [1, -2, 3, -4, 5];
        Device.Gemm(default(BiasThen<Relu>), Input([3, 0], Array.Empty<float>()).Tensor, Input([0, 5], Array.Empty<float>()).Tensor,
            Input([5], bias).Tensor, null, c.Tensor);
        Check.Close("c", c.Read("c"), [1, 0, 3, 0, 5, 1, 0, 3, 0, 5, 1, 0, 3, 0, 5], 0);
    }

    [Fact]
    public void No_rows_or_columns_write_nothing()
    {
        Each<(int M, int N)>([(0, 5), (5, 0), (0, 0)], size =>
        {
            var c = Output([size.M, size.N]);
            Device.Gemm(default(NoEpilogue), Input([size.M, 4], new float[size.M * 4]).Tensor, Input([4, size.N], new float[4 * size.N]).Tensor,
                null, null, c.Tensor);
            Assert.Empty(c.Read("c"));
        });
    }

    [Fact]
    public void Batches_broadcast()
    {
        (int[] A, int[] B, int[] C)[] batches =
        [
            ([3], [3], [3]), ([1], [3], [3]), ([3], [1], [3]), ([], [3], [3]), ([3], [], [3]),
            ([2, 3], [2, 3], [2, 3]), ([2, 1], [1, 3], [2, 3]), ([2, 3], [3], [2, 3]), ([2, 3], [], [2, 3]), ([0], [0], [0]),
        ];
        var cases = from batch in batches
                    from size in Tiny ? [(2, 3, 4)] : new[] { (2, 3, 4), (17, 19, 5), (40, 33, 70) }
                    from layout in new[] { Layout.Contiguous, Layout.Reversed }
                    select (new Shape(batch.A), new Shape(batch.B), new Shape(batch.C), size, layout);
        Each(cases, item =>
        {
            var (batchA, batchB, batchC, (m, n, k), layout) = item;
            Shape shapeA = [.. batchA, m, k], shapeB = [.. batchB, k, n], shapeC = [.. batchC, m, n];
            var (a, b) = (Draw.Uniform("a", shapeA.ElementCount), Draw.Uniform("b", shapeB.ElementCount));
            var c = Output(shapeC);
            Device.Gemm(default(NoEpilogue), Input(shapeA, a, layout).Tensor, Input(shapeB, b, layout).Tensor, null, null, c.Tensor);
            var expected = ReferenceProduct.Multiply(
                Broadcast.To(a, shapeA, [.. batchC, m, k]), Broadcast.To(b, shapeB, [.. batchC, k, n]), (int)batchC.ElementCount, m, n, k);
            Check.Close("c", c.Read("c"), expected.Values, expected.Magnitudes, Check.SumTolerance(k));
        });
    }

    [Fact]
    public void Attention_heads_are_views_of_one_tensor()
    {
        // q [batch, time, heads * width] seen as [batch, heads, time, width] times k seen as [batch, heads, width, time]
        var (batch, time, heads, width) = Tiny ? (1, 3, 2, 4) : (2, 29, 3, 16);
        var q = Draw.Uniform("q", batch * time * heads * width);
        var k = Draw.Uniform("k", batch * time * heads * width);
        var c = Output([batch, heads, time, time]);
        var left = Input([batch, time, heads, width], q).Tensor.Permute(0, 2, 1, 3);
        var right = Input([batch, time, heads, width], k).Tensor.Permute(0, 2, 3, 1);
        Device.Gemm(default(NoEpilogue), left, right, null, null, c.Tensor);
        var expected = new Expected((long)batch * heads * time * time);
        int place = 0;
        for (int n = 0; n < batch; n++)
            for (int head = 0; head < heads; head++)
                for (int i = 0; i < time; i++)
                    for (int j = 0; j < time; j++, place++)
                        for (int d = 0; d < width; d++)
                            expected.Add(place, (double)q[((n * time + i) * heads + head) * width + d] * k[((n * time + j) * heads + head) * width + d]);
        Check.Close("scores", c.Read("scores"), expected.Values, expected.Magnitudes, Check.SumTolerance(width));
    }

    private void Run<TEpilogue>(
        TEpilogue epilogue, Shape batch, int m, int n, int k,
        Layout layoutA = Layout.Contiguous, Layout layoutB = Layout.Contiguous, Layout output = Layout.Contiguous)
        where TEpilogue : unmanaged, IEpilogue
    {
        var (a, b) = (Draw.Uniform("a", m * k), Draw.Uniform("b", k * n));
        var (bias, residual) = (Draw.Uniform("bias", 2 * n), Draw.Uniform("residual", m * n));
        var c = Output([.. batch, m, n], output);
        Device.Gemm(
            epilogue, Input([m, k], a, layoutA).Tensor, Input([k, n], b, layoutB).Tensor, TEpilogue.UsesBias ? Input([n], bias.AsSpan(0, n).ToArray()).Tensor : null,
            TEpilogue.UsesResidual ? Input([m, n], residual, output).Tensor : null, c.Tensor,
            TEpilogue.UsesScale ? Input([n], bias.AsSpan(n).ToArray()).Tensor : null);
        var expected = Once($"gemm {m} {n} {k}", () => ReferenceProduct.Multiply(a, b, 1, m, n, k)).Then(
            (sum, i) => epilogue.Apply(new LaneD(sum), new LaneD(bias[n + i % n]), new LaneD(bias[i % n]), new LaneD(residual[i])).Value,
            i => Math.Abs(bias[i % n]) + Math.Abs(residual[i]));
        Check.Close($"{typeof(TEpilogue).Name}", c.Read("c"), expected.Values, expected.Magnitudes, Check.SumTolerance(k));
    }
}
