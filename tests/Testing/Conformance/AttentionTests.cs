using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>Attention and its backward.</summary>
public sealed class AttentionTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private static readonly AttentionCase[] Full =
    [
        new(1, 1, 1, 1, 1),
        new(2, 1, 3, 4, 2) { Lengths = [4, 0] },
        new(1, 2, 3, 3, 3) { IsCausal = true, Dropout = 0.4f },
        new(1, 1, 2, 3, 18) { KeyBias = [0.5f, float.NegativeInfinity, -1] },
        new(1, 1, 2, 20, 2) { IsCausal = true, Lengths = [19] },
        new(2, 2, 3, 4, 2) { BiasShape = [1, 2, 3, 4], Lengths = [4, 2], IsCausal = true, CountsFromLengths = true },
        new(2, 4, 2, 3, 2) { KeyHeads = 2, BiasShape = [2, 1, 2, 3], Dropout = 0.3f },
        new(2, 2, 2, 3, 1) { KeyHeads = 1, BiasShape = [1, 1, 1, 3], KeyBias = [0, 1, -1, float.NegativeInfinity, 0.5f, 0] },
        new(2, 2, 3, 5, 2) { IsCausal = true, Window = 2, KeyHeads = 1, Dropout = 0.2f },
        // more than a tile of a simulated card each way
        new(1, 2, 18, 35, 17) { KeyHeads = 1, IsCausal = true, Window = 20, Dropout = 0.2f, BiasShape = [1, 2, 18, 35], Lengths = [34] },
        new(2, 1, 33, 17, 5) { Lengths = [17, 3] },
        new(2, 3, 17, 17, 16), new(1, 2, 64, 64, 64), new(1, 1, 65, 67, 40) { Dropout = 0.1f },
        new(2, 2, 130, 140, 32) { IsCausal = true }, new(2, 1, 100, 100, 7) { IsCausal = true, Lengths = [33, 100], Dropout = 0.2f },
        new(3, 2, 70, 133, 64) { Lengths = [133, 66, 1] }, new(1, 1, 90, 20, 8) { IsCausal = true },
        new(1, 2, 1, 300, 64), new(2, 1, 70, 70, 33) { KeyBias = Draw.Normal("bias", 140) }, new(1, 1, 0, 5, 4), new(1, 1, 5, 0, 4),
        new(1, 1, 129, 200, 128) { Lengths = [0] },
        // queries that see the last keys alone
        new(2, 2, 130, 140, 32) { IsCausal = true, Window = 37 }, new(3, 4, 70, 133, 16) { KeyHeads = 2, Lengths = [133, 66, 1], IsCausal = true, CountsFromLengths = true, Window = 5 },
        new(3, 2, 1, 150, 16) { Lengths = [150, 67, 0], IsCausal = true, CountsFromLengths = true, Window = 64 }, new(1, 1, 200, 200, 8) { IsCausal = true, Window = 1, Dropout = 0.1f },
        new(2, 2, 20, 140, 9) { BiasShape = [1, 2, 20, 140], IsCausal = true, Window = 90, Lengths = [140, 100] },
        // keys that are fewer heads, of a cache that is not full, and more or fewer than the queries
        new(3, 4, 70, 133, 32) { KeyHeads = 2, Lengths = [133, 66, 1], IsCausal = true, CountsFromLengths = true },
        new(3, 6, 1, 150, 16) { KeyHeads = 2, Lengths = [150, 67, 0], IsCausal = true, CountsFromLengths = true },
        new(2, 4, 90, 20, 8) { KeyHeads = 1, Dropout = 0.2f },
        new(2, 6, 65, 90, 16) { KeyHeads = 2, BiasShape = [1, 6, 65, 90], Dropout = 0.1f },
        new(5, 2, 40, 70, 8) { BiasShape = [1, 2, 40, 70], Lengths = [70, 3, 0, 66, 67] },
        new(40, 2, 5, 7, 4) { BiasShape = [1, 2, 5, 7], IsCausal = true },
        new(36, 2, 3, 5, 4) { BiasShape = [1, 1, 3, 5], KeyHeads = 1 },
        new(2, 3, 66, 66, 7) { BiasShape = [2, 1, 66, 66], IsCausal = true },
        new(2, 3, 20, 140, 9) { BiasShape = [1, 3, 1, 140], KeyBias = Draw.Normal("bias", 280) },
        new(2, 2, 0, 5, 4) { BiasShape = [1, 2, 1, 5] }, new(2, 2, 5, 0, 4) { BiasShape = [1, 2, 5, 0] },
    ];

    private static IEnumerable<AttentionCase> Cases => Tiny ? Full.Take(11) : Full;

    [Fact]
    public void Forward_agrees_with_the_definition() => Each(Cases, item =>
    {
        foreach (var layout in new[] { Layout.Contiguous, Layout.PaddedRows })
        {
            var (exact, run) = (ReferenceOf(item), new Run(this, item, layout));
            var (y, logSumExp) = (Output(item.QueryShape, layout), Output([item.Batch, item.Heads, item.Queries]));
            Device.Attention(item.Settings, run.Q, run.K, run.V, run.Lengths, run.KeyBias, run.Bias, Heads(y), logSumExp.Tensor);
            Check.Close("y", y.Read("y"), exact.Y.Values, exact.Y.Magnitudes, Tolerance(item));
            Check.Close(
                "log-sum-exp", logSumExp.Read("log-sum-exp"), exact.LogSumExp, [.. exact.LogSumExp.Select(value => 8 + Math.Abs(value))],
                Tolerance(item));
            var alone = Output(item.QueryShape, layout);
            Device.Attention(item.Settings, run.Q, run.K, run.V, run.Lengths, run.KeyBias, run.Bias, Heads(alone), null);
            Check.SameBits("y where nothing is kept", alone.Read("y"), y.Read("y"));
        }
    });

    [Fact]
    public void Backward_agrees_with_the_definition() => Each(Cases, item =>
    {
        var (exact, run) = (ReferenceOf(item), new Run(this, item, Layout.PaddedRows));
        float[] y = [.. exact.Y.Values.Select(value => (float)value)], logSumExp = [.. exact.LogSumExp.Select(value => (float)value)];
        var (dq, dk, dv) = (Output(item.QueryShape, Layout.PaddedRows), Output(item.KeyShape), Output(item.KeyShape, Layout.PaddedRows));
        var dbias = item.BiasShape is { } shape ? Output(shape) : null;
        Device.AttentionBackward(
            item.Settings, Heads(Input(item.QueryShape, exact.Dy)), run.Q, run.K, run.V, run.Lengths, run.KeyBias, run.Bias,
            Heads(Input(item.QueryShape, y, Layout.PaddedRows)), Input([item.Batch, item.Heads, item.Queries], logSumExp).Tensor,
            Heads(dq), Heads(dk), Heads(dv), dbias?.Tensor);
        if (dbias is not null)
        {
            Check.Close(
                "dbias", dbias.Read("dbias"), exact.Dbias!.Values, exact.Dbias.Magnitudes,
                2 * Check.SumTolerance(item.Keys + item.Batch * item.Heads * item.Queries + item.Depth));
            var again = (Output(item.QueryShape), Output(item.KeyShape), Output(item.KeyShape));
            Device.AttentionBackward(
                item.Settings, Heads(Input(item.QueryShape, exact.Dy)), run.Q, run.K, run.V, run.Lengths, run.KeyBias, run.Bias,
                Heads(Input(item.QueryShape, y)), Input([item.Batch, item.Heads, item.Queries], logSumExp).Tensor,
                Heads(again.Item1), Heads(again.Item2), Heads(again.Item3), null);
            Check.SameBits("dk where the bias learns nothing", again.Item2.Read("dk"), dk.Read("dk"));
        }
        Check.Close("dq", dq.Read("dq"), exact.Dq.Values, exact.Dq.Magnitudes, Tolerance(item));
        Check.Close("dk", dk.Read("dk"), exact.Dk.Values, exact.Dk.Magnitudes, Tolerance(item));
        Check.Close("dv", dv.Read("dv"), exact.Dv.Values, exact.Dv.Magnitudes, Tolerance(item));
    });

    [Fact]
    public void Large_scores_do_not_overflow()
    {
        // the second key wins everything, in a later block than the first
        int keys = Tiny ? 3 : 150;
        var k = new float[keys];
        Array.Fill(k, 5e8f);
        k[^1] = 1e9f;
        var v = Draw.Normal("v", keys);
        var y = Output([1, 1, 1, 1]);
        Device.Attention(
            new AttentionSettings(100f, false, DropoutMask.None), Input([1, 1, 1, 1], [1e9f]).Tensor, Input([1, 1, keys, 1], k).Tensor,
            Input([1, 1, keys, 1], v).Tensor, null, null, null, y.Tensor, null);
        Check.SameBits("y", y.Read("y"), [v[^1]]);
    }

    [Fact]
    public void Padding_is_not_read()
    {
        // what lies beyond a sequence's length may be anything
        var item = new AttentionCase(1, 1, 3, 9, 2) { Lengths = [4] };
        var exact = ReferenceOf(item);
        float[] k = [.. exact.K], v = [.. exact.V];
        k.AsSpan(4 * 2).Fill(float.NaN);
        v.AsSpan(4 * 2).Fill(float.NaN);
        var y = Output(item.QueryShape);
        Device.Attention(
            item.Settings, Heads(Input(item.QueryShape, exact.Q)), Heads(Input(item.KeyShape, k)), Heads(Input(item.KeyShape, v)),
            Input([1], item.Lengths).Tensor, null, null, Heads(y), null);
        Check.Close("y", y.Read("y"), exact.Y.Values, exact.Y.Magnitudes, Tolerance(item));
    }

    private static double Tolerance(AttentionCase item) =>
        2 * Check.SumTolerance(item.Keys + item.Queries * (item.Heads / item.KeyHeads) + item.Depth);

    private static ReferenceAttention ReferenceOf(AttentionCase item) => Once($"attention {item}", () => new ReferenceAttention(item));

    private static Tensor<float> Heads(Placed<float> rows) => rows.Tensor.Permute(0, 2, 1, 3);

    /// <summary>The operands of one attention.</summary>
    private sealed class Run(AttentionTests<TDevice> tests, AttentionCase item, Layout layout)
    {
        public Tensor<float> Q { get; } = Heads(tests.Input(item.QueryShape, ReferenceOf(item).Q, layout));

        public Tensor<float> K { get; } = Heads(tests.Input(item.KeyShape, ReferenceOf(item).K, layout));

        public Tensor<float> V { get; } = Heads(tests.Input(item.KeyShape, ReferenceOf(item).V));

        public Tensor<int>? Lengths { get; } = item.Lengths is null ? null : tests.Input([item.Batch], item.Lengths).Tensor;

        public Tensor<float>? KeyBias { get; } = item.KeyBias is null ? null : tests.Input([item.Batch, item.Keys], item.KeyBias).Tensor;

        public Tensor<float>? Bias { get; } = item.BiasShape is { } shape ? tests.Input(shape, ReferenceOf(item).Bias!, layout).Tensor : null;
    }
}
