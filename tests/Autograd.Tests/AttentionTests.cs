using Graft.Tensors;
using Graft.Testing;
using static Graft.Autograd.Tests.GradientCheck;

namespace Graft.Autograd.Tests;

public sealed class AttentionTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Gradients_with_every_mask()
    {
        Check("plain", 4, _ => AttentionMask.None);
        Check("causal", 3, _ => AttentionMask.Causal);
        Check("more keys than queries, causal", 5, _ => AttentionMask.Causal);
        Check("lengths", 4, pass => AttentionMask.OfLengths(pass, [4, 2]));
        Check("a sequence without keys", 4, pass => AttentionMask.OfLengths(pass, [0, 3], isCausal: true));
        Check("keys", 4, pass => AttentionMask.OfKeys(pass, [2, 4], [true, false, true, false, false, true, true, true]));
        Check("bias", 4, pass => AttentionMask.OfBias(pass, [2, 4], [0.5f, -1, 0, -3e38f, 1, 2, 0, 0]));

        void Check(string name, int keys, Func<Pass, AttentionMask> mask) => Run(
            device, name, (pass, v) => AttentionFunction.Apply(v[0], v[1], v[2], mask(pass), 0.7f, 0f, name),
            Input(name + " q", [2, 2, 3, 3], -2, 2), Input(name + " k", [2, 2, keys, 3], -2, 2), Input(name + " v", [2, 2, keys, 3], -2, 2));
    }

    [Fact]
    public void Gradients_with_a_bias_for_queries_and_keys()
    {
        foreach (Shape shape in new Shape[] { [1, 4, 3, 5], [2, 4, 3, 5], [2, 1, 3, 5], [1, 1, 1, 5], [1, 4, 1, 5] })
        {
            foreach (int keyHeads in new[] { 4, 2, 1 })
            {
                string name = $"bias {shape}, {keyHeads} heads of keys";
                Run(
                    device, name, (pass, v) => AttentionFunction.Apply(
                        v[0], v[1], v[2], AttentionMask.CausalFromLengths(pass, [5, 4]), 0.7f, 0f, name, bias: v[3]),
                    Input(name + " q", [2, 4, 3, 2], -2, 2), Input(name + " k", [2, keyHeads, 5, 2], -2, 2),
                    Input(name + " v", [2, keyHeads, 5, 2], -2, 2), Input(name, shape, -2, 2));
            }
        }
        // a bias that is a view, and the bias alone
        Run(device, "a permuted bias", (_, v) => AttentionFunction.Apply(
            v[0], v[0], v[0], AttentionMask.None, 0.7f, 0f, "x", bias: v[1].Permute(2, 0, 1).Reshape([1, 2, 3, 3])),
            Input("self", [2, 2, 3, 2], -2, 2), Input("table", [3, 3, 2], -2, 2));
        Run(device, "the bias alone", (pass, v) =>
        {
            var fixedRows = pass.Constant(Tensor.From<float>([2, 2, 3, 2], Draw.Normal("fixed", 24), device));
            return AttentionFunction.Apply(fixedRows, fixedRows, fixedRows, AttentionMask.Causal, 0.7f, 0f, "x", bias: v[0]);
        }, Input("alone", [1, 2, 3, 3], -2, 2));
    }

    [Fact]
    public void Gradients_of_queries_that_look_at_another_sequence()
    {
        // as a decoder's layer has it: rows of linear maps, keys that are fewer heads and of another length
        foreach (int keyHeads in new[] { 2, 1 })
        {
            string name = $"across, {keyHeads} heads of keys";
            Run(
                device, name, (pass, v) => AttentionFunction.Apply(
                    v[0], v[1], v[2], AttentionMask.OfLengths(pass, [3, 2]), 0.7f, 0f, name, new AttentionHeads(2, 2, keyHeads), v[3]),
                Input(name + " q", [2 * 4, 2 * 3], -2, 2), Input(name + " k", [2 * 3, keyHeads * 3], -2, 2),
                Input(name + " v", [2 * 3, keyHeads * 3], -2, 2), Input(name + " bias", [1, 2, 4, 3]));
        }
    }

    [Fact]
    public void Packed_queries_keys_and_values_are_the_three_apart()
    {
        var heads = new AttentionHeads(2, 2);
        Run(
            device, "packed", (_, v) => v[0].PackedAttention(heads, scale: 0.7f, bias: v[1]), Input("packed rows", [2 * 3, 3 * 4], -2, 2), Input("packed bias", [1, 2, 3, 3], -2, 2));
        using var pass = Pass.Infer(device);
        var rows = pass.Constant(pass.Upload<float>([6, 12], Draw.Normal("packed", 72)));
        float[] apart = rows.Slice(1, 0, 4).ScaledDotProductAttention(rows.Slice(1, 4, 4), rows.Slice(1, 8, 4), heads: heads).Value.ToArray();
        Assert.Equal(apart, rows.PackedAttention(heads).Value.ToArray());
        Assert.Contains("3 x heads x head size", Assert.Throws<ShapeException>(() => rows.Slice(1, 0, 10).PackedAttention(heads)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shared_keys_are_those_of_keys_repeated()
    {
        using var pass = Pass.Infer(device);
        var q = pass.Constant(Tensor.From<float>([1, 4, 3, 2], Draw.Normal("q", 24), device));
        using var k = Tensor.From<float>([1, 2, 5, 2], Draw.Normal("k", 20), device);
        // head h reads key head h / 2
        var repeated = pass.Constant(pass.Contiguous(k.Reshape([2, 1, 5, 2]).Expand([2, 2, 5, 2])).Reshape([1, 4, 5, 2]));
        var shared = pass.Constant(k);
        float[] expected = AttentionFunction.Apply(q, repeated, repeated, AttentionMask.Causal, 0.5f, 0f, "x").Value.ToArray();
        Assert.Equal(expected, AttentionFunction.Apply(q, shared, shared, AttentionMask.Causal, 0.5f, 0f, "x").Value.ToArray());
    }

    [Fact]
    public void A_step_with_a_cache_gives_the_rows_of_all_places_at_once()
    {
        // two sequences of 3 and 5 places: all but the last two at once, then those two on top of what the cache holds
        int[] lengths = [3, 5];
        float[] numbers = Draw.Normal("x", 2 * 2 * 5 * 4);
        using var cache = device.Rent<float>([2, 2, 7, 4]);
        using var pass = Pass.Infer(device);
        device.Fill(cache, float.NaN);
        var x = pass.Constant(Tensor.From<float>([2, 2, 5, 4], numbers, device));
        var whole = AttentionFunction.Apply(x, x, x, AttentionMask.OfLengths(pass, lengths, isCausal: true), 0.5f, 0f, "x");
        IndexCopyFunction.Apply(x, Tensor.From<int>([2], [0, 0], device), cache);
        var steps = pass.Rent([2, 2, 2, 4]);
        for (int sequence = 0; sequence < 2; sequence++)
            device.Copy(x.Value.Slice(0, sequence, 1).Slice(2, lengths[sequence] - 2, 2), steps.Slice(0, sequence, 1));
        IndexCopyFunction.Apply(pass.Constant(steps), Tensor.From<int>([2], [1, 3], device), cache);
        var held = pass.Constant(cache);
        var last = AttentionFunction.Apply(pass.Constant(steps), held, held, AttentionMask.CausalFromLengths(pass, lengths), 0.5f, 0f, "x");
        for (int sequence = 0; sequence < 2; sequence++)
        {
            Assert.Equal(
                whole.Value.Slice(0, sequence, 1).Slice(2, lengths[sequence] - 2, 2).ToArray(), last.Value.Slice(0, sequence, 1).ToArray());
        }
    }

    [Fact]
    public void A_cache_takes_no_gradient()
    {
        using var pass = Pass.Train(device);
        var x = pass.Leaf(Tensor.From<float>([1, 1, 1, 2], [1f, 2], device));
        using var cache = device.Rent<float>([1, 1, 4, 2]);
        using var positions = Tensor.From<int>([1], [0], device);
        Assert.Throws<InvalidOperationException>(() => IndexCopyFunction.Apply(x, positions, cache));
    }

    [Fact]
    public void Gradients_of_one_input_for_all_three()
    {
        // as a layer has it: [B, T, H D] cut into heads by views
        Run(device, "self-attention", (_, v) =>
        {
            var heads = v[0].Reshape([2, 4, 3, 2, 2]).Permute(2, 0, 3, 1, 4);
            Variable Third(int third) => heads.Slice(0, third, 1).Reshape([2, 2, 4, 2]);
            return AttentionFunction.Apply(Third(0), Third(1), Third(2), AttentionMask.None, 0.7f, 0f, "x").Permute(0, 2, 1, 3).Reshape([2, 4, 4]);
        }, Input("joined", [2, 4, 12], -1.5, 1.5));
        Run(device, "heads of a projection", (_, v) =>
        {
            var heads = v[0].Reshape([2, 4, 2, 3]).Permute(0, 2, 1, 3);
            return AttentionFunction.Apply(heads, heads, heads, AttentionMask.Causal, 0.7f, 0f, "x");
        }, Input("projection", [2, 4, 6], -1.5, 1.5));
    }

    [Fact]
    public void Heads_are_read_and_written_without_a_copy()
    {
        using var pass = Pass.Infer(device);
        var x = pass.Constant(Tensor.From<float>([2, 4, 6], Draw.Normal("x", 48), device)).Reshape([2, 4, 2, 3]).Permute(0, 2, 1, 3);
        var y = AttentionFunction.Apply(x, x, x, AttentionMask.None, 1f, 0f, "x");
        Assert.Equal(new Shape([2, 2, 4, 3]), y.Shape);
        Assert.Same(y.Value.Memory, y.Permute(0, 2, 1, 3).Reshape([2, 4, 6]).Value.Memory);
    }

    [Fact]
    public void Padded_and_unpadded_sequences_agree_bit_for_bit()
    {
        using var pass = Pass.Infer(device);
        float[] numbers = Draw.Normal("x", 2 * 5 * 4);
        var x = pass.Constant(Tensor.From<float>([1, 2, 5, 4], numbers, device));
        var shorter = x.Slice(2, 0, 3);
        var padded = AttentionFunction.Apply(x, x, x, AttentionMask.OfLengths(pass, [3]), 0.5f, 0f, "x").Slice(2, 0, 3);
        var masked = AttentionFunction.Apply(
            x, x, x, AttentionMask.OfKeys(pass, [1, 5], [true, true, true, false, false]), 0.5f, 0f, "x").Slice(2, 0, 3);
        float[] expected = AttentionFunction.Apply(shorter, shorter, shorter, AttentionMask.None, 0.5f, 0f, "x").Value.ToArray();
        Assert.Equal(expected, padded.Value.ToArray());
        Assert.Equal(expected, masked.Value.ToArray());
    }

    [Fact]
    public void Dropout_acts_in_training_alone_and_its_gradient_is_that_of_the_same_mask()
    {
        float[] v = Draw.Normal("v", 2 * 70 * 3), qk = Draw.Normal("qk", 2 * 70 * 3);
        using var infer = Pass.Infer(device);
        float[] without = Attend(infer, 0f, out _).Value.ToArray();
        Assert.Equal(without, Attend(infer, 0.5f, out _).Value.ToArray());

        // y is linear in v, so that the sum of y * dy is the sum of v * dv, whatever was dropped
        using var train = Pass.Train(device, seed: 4);
        var y = Attend(train, 0.5f, out var values);
        Assert.NotEqual(without, y.Value.ToArray());
        float[] dv = train.Backward((y * y).Sum()).Of(values)!.ToArray();
        double left = 2 * y.Value.ToArray().Sum(value => (double)value * value), right = dv.Zip(v).Sum(pair => (double)pair.First * pair.Second);
        Assert.Equal(left, right, Math.Abs(left) * 1e-5);

        Variable Attend(Pass pass, float dropout, out Variable values)
        {
            var x = pass.Constant(Tensor.From<float>([1, 2, 70, 3], qk, device));
            values = pass.Leaf(Tensor.From<float>([1, 2, 70, 3], v, device));
            return AttentionFunction.Apply(x, x, values, AttentionMask.None, 0.5f, dropout, "attention");
        }
    }

    [Fact]
    public void Long_sequences_take_no_memory_for_their_scores()
    {
        // 2048 x 2048 scores would be 16 MB; all tensors here are some 64 kB
        using var own = new CpuDevice(1);
        using var pass = Pass.Train(own);
        var x = pass.Leaf(Tensor.From<float>([1, 1, 2048, 4], Draw.Normal("x", 2048 * 4), own));
        var y = AttentionFunction.Apply(x, x, x, AttentionMask.None, 0.5f, 0.1f, "x");
        pass.Backward(y.Mean());
        Assert.InRange(own.BytesTaken, 1, 4 << 20);
    }

    [Fact]
    public void Without_a_gradient_nothing_is_recorded()
    {
        using var pass = Pass.Train(device);
        var x = pass.Constant(pass.Rent([1, 1, 2, 2]));
        pass.Device.Fill(x.Value, 1f);
        Assert.False(AttentionFunction.Apply(x, x, x, AttentionMask.None, 1f, 0.5f, "x").NeedsGradient);
        Assert.Equal(0, pass.TapeLength);
    }
}
