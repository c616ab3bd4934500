namespace Graft.Tensors.Tests;

/// <summary>What is kept of a weight that stays as it is must never outlive the numbers that it was made of.</summary>
public sealed class PackedWeightsTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    public static TheoryData<string> Changes => ["upload", "copy", "map", "zip", "fill", "update"];

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_product_sees_every_change_of_a_weight(string change)
    {
        using var x = Tensor.From<float>([2, 3], [1f, 2f, 3f, 4f, 5f, 6f], device);
        using var weight = Tensor.From<float>([3, 2], [1f, 0f, 0f, 1f, 1f, 1f], device);
        using var y = device.Rent<float>([2, 2]);
        var constant = weight.AsConstant();
        for (int i = 0; i < 2; i++) device.Gemm(default(NoEpilogue), x, constant, null, null, y);
        Assert.Equal([4f, 5f, 10f, 11f], y.ToArray());

        Change(change, weight);
        device.Gemm(default(NoEpilogue), x, constant, null, null, y);
        Assert.Equal(Product(x.ToArray(), weight.ToArray()), y.ToArray());
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_convolution_sees_every_change_of_a_weight(string change)
    {
        using var x = Tensor.From<float>([1, 1, 2, 2], [1f, 2f, 3f, 4f], device);
        using var weight = Tensor.From<float>([1, 1, 2, 2], [1f, 0f, 0f, 1f], device);
        using var y = device.Rent<float>([1, 1, 1, 1]);
        var constant = weight.AsConstant();
        for (int i = 0; i < 2; i++) device.Conv2d(default(NoEpilogue), Conv2dGeometry.Square(), x, constant, null, null, y);
        Assert.Equal([5f], y.ToArray());

        Change(change, weight);
        device.Conv2d(default(NoEpilogue), Conv2dGeometry.Square(), x, constant, null, null, y);
        Assert.Equal([x.ToArray().Zip(weight.ToArray(), (left, right) => left * right).Sum()], y.ToArray());
    }

    [Fact]
    public void Both_orientations_of_a_weight_are_kept_apart()
    {
        using var x = Tensor.From<float>([1, 2], [1f, 2f], device);
        using var weight = Tensor.From<float>([2, 2], [1f, 2f, 3f, 4f], device);
        using var y = device.Rent<float>([1, 2]);
        var constant = weight.AsConstant();
        for (int i = 0; i < 2; i++)
        {
            device.Gemm(default(NoEpilogue), x, constant, null, null, y);
            Assert.Equal([7f, 10f], y.ToArray());
            device.Gemm(default(NoEpilogue), x, constant.Permute(1, 0), null, null, y);
            Assert.Equal([5f, 11f], y.ToArray());
        }
    }

    [Fact]
    public void A_weight_that_is_given_back_keeps_nothing()
    {
        var (weight, kept) = Packed(out var packed);
        Assert.True(packed.IsShared);
        packed.Release();
        int generation = packed.Generation;
        weight.Dispose();
        Assert.Equal(generation + 1, packed.Generation);
        Assert.Null(kept.Hold(Key));
    }

    [Fact]
    public void Packed_weights_that_is_being_read_outlives_a_change_of_its_weight()
    {
        var (weight, kept) = Packed(out var packed);
        device.Fill(weight, 9f);
        Assert.Null(kept.Hold(Key));
        using (var other = device.Rent<float>([2, 2])) device.Fill(other, 5f);
        Assert.Equal(0, packed.Generation);
        packed.Release();
        Assert.Equal(1, packed.Generation);
        weight.Dispose();
    }

    /// <summary>A reader packs while a writer writes: what it made of half-written numbers is gone when the writer has finished.</summary>
    [Fact]
    public void Packed_weights_that_was_made_while_its_weight_was_written_does_not_stay()
    {
        const int Depth = 256, Columns = 256;
        using var x = Tensor.From<float>([1, Depth], Enumerable.Repeat(1f, Depth).ToArray(), device);
        using var weight = device.Rent<float>([Depth, Columns]);
        device.Fill(weight, 0f);
        var constant = weight.AsConstant();
        using var stop = new CancellationTokenSource();
        var reader = new Thread(() =>
        {
            using var own = new CpuDevice(1);
            using var y = own.Rent<float>([12, Columns]);
            using var rows = Tensor.From<float>([12, Depth], Enumerable.Repeat(1f, 12 * Depth).ToArray(), own);
            while (!stop.IsCancellationRequested) own.Gemm(default(NoEpilogue), rows, constant, null, null, y);
        });
        reader.Start();
        for (int round = 1; round <= 300; round++) device.Fill(weight, round);
        stop.Cancel();
        reader.Join();
        using var after = device.Rent<float>([1, Columns]);
        device.Gemm(default(NoEpilogue), x, constant, null, null, after);
        Assert.All(after.ToArray(), value => Assert.Equal(300f * Depth, value));
    }

    private static PackedWeightsKey Key { get; } = new(0, 1, 2, 0, 0, 2, 2, 16, WeightFormat.Panels);

    private (Tensor<float> Weight, PackedWeights Kept) Packed(out DeviceMemory packed)
    {
        var weight = Tensor.From<float>([2, 2], [1f, 2f, 3f, 4f], device);
        var kept = weight.PackedWeights();
        Assert.Null(kept.Hold(Key));
        packed = device.Rent(16);
        kept.Keep(Key, packed);
        Assert.Same(packed, kept.Hold(Key));
        packed.Release();
        return (weight, kept);
    }

    private void Change(string change, Tensor<float> weight)
    {
        using var other = device.Rent<float>(weight.Shape);
        other.CopyFrom([.. Enumerable.Range(0, (int)weight.ElementCount).Select(i => i + 0.5f)]);
        using var state = device.Rent<float>(weight.Shape);
        device.Fill(state, 0f);
        switch (change)
        {
            case "upload": weight.CopyFrom(other.ToArray()); break;
            case "copy": device.Copy(other, weight); break;
            case "map": device.Map(new Scale(3f), weight, weight); break;
            case "zip": device.Zip(default(Add), weight, other, weight); break;
            case "fill": device.Fill(weight, 2f); break;
            default: device.Update(new Descend(), weight, other, null, null); break;
        }
    }

    private static float[] Product(float[] x, float[] w) =>
        [x[0] * w[0] + x[1] * w[2] + x[2] * w[4], x[0] * w[1] + x[1] * w[3] + x[2] * w[5], x[3] * w[0] + x[4] * w[2] + x[5] * w[4], x[3] * w[1] + x[4] * w[3] + x[5] * w[5]];

    private readonly struct Descend : IUpdateRule
    {
        public static int StateCount => 0;

        public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S> => weight -= gradient;
    }
}
