using System.Numerics;
using System.Runtime.Intrinsics;
using Graft.Testing;

namespace Graft.Tensors.Tests;

/// <summary>The same bits at every lane width and on every number of threads: what seeds, tests and users count on.</summary>
public sealed class BitEqualityTests : IDisposable
{
    private readonly CpuDevice reference = new(1, LaneKind.Scalar);
    private readonly List<CpuDevice> others = [];

    public BitEqualityTests()
    {
        foreach (var lanes in Enum.GetValues<LaneKind>())
        {
            if (lanes == LaneKind.Vector512 && !Vector512.IsHardwareAccelerated) continue;
            if (lanes == LaneKind.Vector && !Vector.IsHardwareAccelerated) continue;
            foreach (int threads in new[] { 1, 2, 3 }) others.Add(new CpuDevice(threads, lanes));
        }
    }

    public void Dispose()
    {
        reference.Dispose();
        foreach (var device in others) device.Dispose();
    }

    [Theory, MemberData(nameof(OpCases.UnaryNames), MemberType = typeof(OpCases))]
    public void Of_every_op_of_one_variable(string op)
    {
        var row = OpCases.UnaryOf(op);
        var x = row.Inputs(100_003);
        Compare("y", device => Elementwise(device, x, (input, y) => row.Map(device, input, y)));
        // places that do not lie one after another are computed on another path
        Compare("y of a strided x", device =>
        {
            using var input = Tensor.From<float>([100, 1000], x.AsSpan(..100_000), device);
            using var y = device.Rent<float>([1000, 100]);
            row.Map(device, input.Permute(1, 0), y);
            return y.ToArray();
        });
        Compare("dx", device => Elementwise(device, x, (input, dx) =>
        {
            using var y = Tensor.From<float>(input.Shape, [.. x.Select(value => (float)row.Reference(value))], device);
            row.MapBackward(
                device, input, row.Saves.HasFlag(Saves.Input) ? input : null, row.Saves.HasFlag(Saves.Output) ? y : null, dx);
        }));
    }

    [Theory]
    [InlineData(1, 300, 700, WeightPrecision.BFloat16)]
    [InlineData(1, 300, 700, WeightPrecision.Int8)]
    [InlineData(9, 130, 500, WeightPrecision.BFloat16)]
    [InlineData(150, 200, 400, WeightPrecision.Int8)]
    public void Of_products_by_matrices_of_weights(int m, int n, int k, WeightPrecision precision)
    {
        float[] a = Draw.Normal("a", m * k), b = Draw.Normal("b", n * k), bias = Draw.Normal("bias", n);
        Compare("c", device =>
        {
            using Tensor<float> left = Tensor.From<float>([m, k], a, device), weights = Tensor.From<float>([n, k], b, device), added = Tensor.From<float>([n], bias, device);
            using var matrix = WeightMatrix.From(weights, precision);
            using var c = device.Rent<float>([m, n]);
            device.Gemm(default(BiasThen<Gelu>), left, matrix, added, null, c);
            return c.ToArray();
        });
    }

    [Theory, MemberData(nameof(OpCases.BinaryNames), MemberType = typeof(OpCases))]
    public void Of_every_op_of_two_variables(string op)
    {
        var row = OpCases.BinaryOf(op);
        var (a, b) = (row.LeftInputs(90_001), row.RightInputs(90_001));
        Compare("y", device => Elementwise(device, a, (left, y) =>
        {
            using var right = Tensor.From<float>(left.Shape, b, device);
            row.Zip(device, left, right, y);
        }));
    }

    [Theory]
    [InlineData(100_003, 1, 0)]
    [InlineData(100_003, 1, 1)]
    [InlineData(1, 100_003, 1)]
    [InlineData(300, 517, 0)]
    [InlineData(300, 517, 1)]
    [InlineData(517, 31, 2)]
    [InlineData(17, 3, 2)]
    public void Of_reductions(int rows, int columns, int axes)
    {
        var x = Draw.Normal("x", rows * columns);
        Shape result = axes switch { 0 => [1, columns], 1 => [rows, 1], _ => [1, 1] };
        Compare("sum", device => Reduce<SumOf>(device));
        Compare("sum of squares", device => Reduce<SumOfSquares>(device));
        Compare("maximum", device => Reduce<MaximumOf>(device));

        float[] Reduce<TReduction>(Device device) where TReduction : struct, IReduction
        {
            using var input = Tensor.From<float>([rows, columns], x, device);
            using var y = device.Rent<float>(result);
            device.Reduce<TReduction>(input, y, 0.3f);
            return y.ToArray();
        }
    }

    [Theory]
    [InlineData(1, 1, 1000)]
    [InlineData(1, 300, 70)]
    [InlineData(300, 1, 70)]
    [InlineData(37, 41, 43)]
    [InlineData(300, 70, 520)]
    [InlineData(65, 530, 1100)]
    public void Of_products(int m, int n, int k)
    {
        var (a, b, bias) = (Draw.Normal("a", m * k), Draw.Normal("b", k * n), Draw.Normal("bias", n));
        Compare("c", device => Product(device, transposed: false));
        Compare("c of transposed inputs", device => Product(device, transposed: true));

        float[] Product(Device device, bool transposed)
        {
            using var left = Tensor.From<float>(transposed ? [k, m] : [m, k], a, device);
            using var right = Tensor.From<float>(transposed ? [n, k] : [k, n], b, device);
            using var addend = Tensor.From<float>([n], bias, device);
            using var c = device.Rent<float>([m, n]);
            device.Gemm(
                default(BiasThen<Gelu>), transposed ? left.Permute(1, 0) : left, transposed ? right.Permute(1, 0) : right, addend, null, c);
            return c.ToArray();
        }
    }

    [Fact]
    public void Of_convolutions()
    {
        foreach (var item in Conv2dCases.Full.Append(new(Conv2dGeometry.Square(padding: 1), 8, 32, 16, 16, 48, 3, 3)))
        {
            var (x, dy) = (Draw.Normal("x", item.X.ElementCount), Draw.Normal("dy", item.Y.ElementCount));
            var weight = Draw.Normal("weight", item.Weight.ElementCount);
            Compare($"y of {item}", device => Convolution(device, item.Y, item.X, x, item.Weight, weight, (input, kernel, y) =>
                device.Conv2d(default(NoEpilogue), item.Geometry, input, kernel, null, null, y)));
            Compare($"dx of {item}", device => Convolution(device, item.X, item.Y, dy, item.Weight, weight, (gradient, kernel, dx) =>
                device.Conv2dBackwardInput(item.Geometry, gradient, kernel, dx)));
            Compare($"dweight of {item}", device =>
            {
                using var input = ChannelsLast(device, item.X, x);
                using var gradient = ChannelsLast(device, item.Y, dy);
                using var dweight = device.Rent<float>(item.Weight);
                device.Conv2dBackwardWeight(item.Geometry, input, gradient, dweight);
                return dweight.ToArray();
            });
        }

        static float[] Convolution(
            Device device, Shape result, Shape shape, float[] values, Shape weightShape, float[] weight,
            Action<Tensor<float>, Tensor<float>, Tensor<float>> run)
        {
            using var input = ChannelsLast(device, shape, values);
            using var kernel = Tensor.From<float>(weightShape, weight, device);
            using var output = device.Rent<float>(result, MemoryFormat.ChannelsLast);
            run(input, kernel, output);
            return output.ToArray();
        }
    }

    [Theory]
    [InlineData(64, 3)]
    [InlineData(16, 17)]
    [InlineData(32, 64)]
    public void Of_batch_norm(int images, int channels)
    {
        Shape shape = [images, channels, 16, 15];
        var (x, gradient) = (Draw.Normal("x", shape.ElementCount), Draw.Normal("dy", shape.ElementCount));
        Compare("batch norm", device =>
        {
            using var input = ChannelsLast(device, shape, x);
            using var dy = ChannelsLast(device, shape, gradient);
            using var output = device.Rent<float>(shape, MemoryFormat.ChannelsLast);
            using var dx = device.Rent<float>(shape, MemoryFormat.ChannelsLast);
            var (mean, variance, inverse) = (device.Rent<float>([channels]), device.Rent<float>([channels]), device.Rent<float>([channels]));
            var (dweight, dbias) = (device.Rent<float>([channels]), device.Rent<float>([channels]));
            device.ChannelStatistics(input, mean, variance);
            device.Map(new InverseSquareRoot(1e-5f), variance, inverse);
            device.BatchNorm(default(ScaleBiasResidualThen<Relu>), input, mean, inverse, variance, mean, dy, output);
            device.BatchNormBackwardParameters(default(Relu), dy, output, input, mean, inverse, dweight, dbias);
            device.BatchNormBackwardInput(default(Relu), dy, output, input, mean, inverse, variance, dweight, dbias, dx, dy);
            return [.. mean.ToArray(), .. variance.ToArray(), .. output.ToArray(), .. dweight.ToArray(), .. dbias.ToArray(), .. dx.ToArray(), .. dy.ToArray()];
        });
    }

    [Theory]
    [InlineData(300, 1)]
    [InlineData(100, 33)]
    [InlineData(700, 128)]
    public void Of_layer_norm(int rows, int columns)
    {
        var (x, gradient) = (Draw.Normal("x", rows * columns), Draw.Normal("dy", rows * columns));
        var (weight, bias) = (Draw.Normal("weight", columns), Draw.Normal("bias", columns));
        Compare("layer norm", device =>
        {
            using var input = Tensor.From<float>([rows, columns], x, device);
            using var dy = Tensor.From<float>([rows, columns], gradient, device);
            using var scale = Tensor.From<float>([columns], weight, device);
            using var shift = Tensor.From<float>([columns], bias, device);
            using var y = device.Rent<float>([rows, columns]);
            var (mean, inverse) = (device.Rent<float>([rows]), device.Rent<float>([rows]));
            var (dweight, dbias) = (device.Rent<float>([columns]), device.Rent<float>([columns]));
            device.LayerNorm(input, scale, shift, 1e-5f, mean, inverse, y);
            device.LayerNormBackward(dy, input, mean, inverse, scale, dy, dweight, dbias);
            return [.. mean.ToArray(), .. inverse.ToArray(), .. y.ToArray(), .. dy.ToArray(), .. dweight.ToArray(), .. dbias.ToArray()];
        });
    }

    [Theory]
    [InlineData(1, 7)]
    [InlineData(70, 16)]
    [InlineData(140, 40)]
    public void Of_attention_and_dropout(int places, int depth)
    {
        Shape shape = [3, 2, places, depth];
        var (q, k, v) = (Draw.Normal("q", shape.ElementCount), Draw.Normal("k", shape.ElementCount), Draw.Normal("v", shape.ElementCount));
        var gradient = Draw.Normal("dy", shape.ElementCount);
        foreach (bool isCausal in new[] { false, true })
        {
            Compare($"attention, causal: {isCausal}", device =>
            {
                var settings = new AttentionSettings(0.3f, isCausal, new DropoutMask(new RandomStream(1, "drop"), 0.2f));
                using var lengths = Tensor.From<int>([3], [places, 0, (places + 1) / 2], device);
                using var query = Tensor.From<float>(shape, q, device);
                using var key = Tensor.From<float>(shape, k, device);
                using var value = Tensor.From<float>(shape, v, device);
                using var dy = Tensor.From<float>(shape, gradient, device);
                using var y = device.Rent<float>(shape);
                using var logSumExp = device.Rent<float>([3, 2, places]);
                var (dq, dk, dv) = (device.Rent<float>(shape), device.Rent<float>(shape), device.Rent<float>(shape));
                device.Attention(settings, query, key, value, lengths, null, null, y, logSumExp);
                device.AttentionBackward(settings, dy, query, key, value, lengths, null, null, y, logSumExp, dq, dk, dv, null);
                device.Dropout(settings.Dropout, value, value);
                return [.. y.ToArray(), .. logSumExp.ToArray(), .. dq.ToArray(), .. dk.ToArray(), .. dv.ToArray(), .. value.ToArray()];
            });
        }
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(65, 64)]
    [InlineData(150, 64)]
    [InlineData(200, 40)]
    [InlineData(67, 131)]
    public void Of_one_query_alone_and_among_others(int places, int depth)
    {
        const int Queries = 5;
        Shape keys = [3, 2, places, depth];
        var (q, k, v) = (Draw.Normal("q", 3 * 4 * Queries * depth), Draw.Normal("k", keys.ElementCount), Draw.Normal("v", keys.ElementCount));
        var (added, hidden) = (Draw.Normal("bias", 4 * Queries * places), Draw.Normal("key bias", 3 * places));
        hidden[places / 2] = float.NegativeInfinity;
        var device = others[0];
        Assert.Equal(Last(Queries, isBiased: false), Last(1, isBiased: false));
        Assert.Equal(Last(Queries, isBiased: true), Last(1, isBiased: true));
        Compare("y", other =>
        {
            device = other;
            return [.. Last(1, isBiased: false), .. Last(1, isBiased: true)];
        });

        // the last of so many queries
        float[] Last(int queries, bool isBiased)
        {
            var settings = new AttentionSettings(0.3f, true, DropoutMask.None, CountsFromLengths: true);
            int first = Queries - queries;
            using var lengths = Tensor.From<int>([3], [places, 0, (places + 1) / 2], device);
            using Tensor<float> query = Tensor.From<float>([3, 4, Queries, depth], q, device), key = Tensor.From<float>(keys, k, device), value = Tensor.From<float>(keys, v, device);
            using Tensor<float> bias = Tensor.From<float>([1, 4, Queries, places], added, device), keyBias = Tensor.From<float>([3, places], hidden, device);
            using Tensor<float> y = device.Rent<float>([3, 4, queries, depth]), logSumExp = device.Rent<float>([3, 4, queries]);
            device.Attention(
                settings, query.Slice(2, first, queries), key, value, lengths, isBiased ? keyBias : null, isBiased ? bias.Slice(2, first, queries) : null, y, logSumExp);
            return [.. y.Slice(2, queries - 1, 1).ToArray(), .. logSumExp.Slice(2, queries - 1, 1).ToArray()];
        }
    }

    [Theory]
    [InlineData(1, 1, 70)]
    [InlineData(1, 4, 70)]
    [InlineData(1, 1, 1)]
    [InlineData(19, 4, 70)]
    public void Of_attention_with_a_bias_and_shared_keys(int biases, int biasHeads, int biasRows)
    {
        Shape shape = [19, 4, 70, 9], keys = [19, 2, 80, 9], biasShape = [biases, biasHeads, biasRows, 80];
        var (q, k, v) = (Draw.Normal("q", shape.ElementCount), Draw.Normal("k", keys.ElementCount), Draw.Normal("v", keys.ElementCount));
        var (gradient, added) = (Draw.Normal("dy", shape.ElementCount), Draw.Normal("bias", biasShape.ElementCount));
        Compare("attention", device =>
        {
            var settings = new AttentionSettings(0.3f, true, new DropoutMask(new RandomStream(1, "drop"), 0.2f), CountsFromLengths: true);
            using var lengths = Tensor.From<int>([19], [.. Enumerable.Range(60, 19)], device);
            using var query = Tensor.From<float>(shape, q, device);
            using var key = Tensor.From<float>(keys, k, device);
            using var value = Tensor.From<float>(keys, v, device);
            using var bias = Tensor.From<float>(biasShape, added, device);
            using var dy = Tensor.From<float>(shape, gradient, device);
            using var y = device.Rent<float>(shape);
            using var logSumExp = device.Rent<float>([19, 4, 70]);
            var (dq, dk, dv, dbias) = (device.Rent<float>(shape), device.Rent<float>(keys), device.Rent<float>(keys), device.Rent<float>(biasShape));
            device.Attention(settings, query, key, value, lengths, null, bias, y, logSumExp);
            device.AttentionBackward(settings, dy, query, key, value, lengths, null, bias, y, logSumExp, dq, dk, dv, dbias);
            return [.. y.ToArray(), .. dq.ToArray(), .. dk.ToArray(), .. dv.ToArray(), .. dbias.ToArray()];
        });
    }

    [Theory]
    [InlineData(500, 1)]
    [InlineData(500, 15)]
    [InlineData(200, 333)]
    [InlineData(2, 50_021)]
    public void Of_softmax_and_cross_entropy(int rows, int columns)
    {
        var (logits, gradient) = (Draw.Normal("logits", rows * columns, 0, 4), Draw.Normal("dy", rows * columns));
        var classes = Draw.Integers("labels", rows, 0, columns);
        foreach (bool log in new[] { false, true })
        {
            Compare($"softmax, logarithm: {log}", device =>
            {
                using var x = Tensor.From<float>([rows, columns], logits, device);
                using var dy = Tensor.From<float>([rows, columns], gradient, device);
                device.Softmax(x, x, log);
                device.SoftmaxBackward(dy, x, dy, log);
                return [.. x.ToArray(), .. dy.ToArray()];
            });
        }
        Compare("cross-entropy", device =>
        {
            using var x = Tensor.From<float>([rows, columns], logits, device);
            using var labels = Tensor.From<int>([rows], classes, device);
            using var dx = device.Rent<float>([rows, columns]);
            using var losses = device.Rent<float>([rows]);
            using var sums = device.Rent<float>([2, rows]);
            device.CrossEntropy(x, labels, 0.1f, losses, sums);
            device.CrossEntropyBackward(x, labels, 0.1f, sums, losses, dx);
            return [.. losses.ToArray(), .. sums.ToArray(), .. dx.ToArray()];
        });
    }

    [Fact]
    public void Of_pooling_and_gather()
    {
        Shape shape = [8, 24, 33, 31];
        var geometry = Pool2dGeometry.Square(3, 2, 1);
        Shape pooled = [8, 24, geometry.OutputHeight(33), geometry.OutputWidth(31)];
        var values = Draw.Normal("x", shape.ElementCount);
        Compare("pooling", device =>
        {
            using var x = ChannelsLast(device, shape, values);
            using var y = device.Rent<float>(pooled, MemoryFormat.ChannelsLast);
            using var average = device.Rent<float>(pooled, MemoryFormat.ChannelsLast);
            using var indices = device.Rent<int>(pooled, MemoryFormat.ChannelsLast);
            using var dx = device.Rent<float>(shape, MemoryFormat.ChannelsLast);
            using var daverage = device.Rent<float>(shape, MemoryFormat.ChannelsLast);
            device.MaxPool2d(geometry, x, y, indices);
            device.MaxPool2dBackward(geometry, y, indices, dx);
            device.AveragePool2d(geometry, x, average);
            device.AveragePool2dBackward(geometry, average, daverage);
            return [.. y.ToArray(), .. dx.ToArray(), .. average.ToArray(), .. daverage.ToArray()];
        });
        var rows = Draw.Integers("rows", 5000, 0, 50);
        var table = Draw.Normal("table", 5000 * 33);
        Compare("gather backward", device =>
        {
            using var dy = Tensor.From<float>([5000, 33], table, device);
            using var indices = Tensor.From<int>([5000], rows, device);
            using var dtable = device.Rent<float>([50, 33]);
            device.GatherBackward(dy, indices, dtable);
            return dtable.ToArray();
        });
    }

    private void Compare(string what, Func<CpuDevice, float[]> compute)
    {
        var expected = compute(reference);
        foreach (var device in others) Check.SameBits($"{what} on {device.Name} against one thread of scalars", compute(device), expected);
    }

    private static float[] Elementwise(Device device, float[] x, Action<Tensor<float>, Tensor<float>> run)
    {
        using var input = Tensor.From<float>([x.Length], x, device);
        using var output = device.Rent<float>([x.Length]);
        run(input, output);
        return output.ToArray();
    }

    private static Tensor<float> ChannelsLast(Device device, Shape shape, float[] values)
    {
        var tensor = device.Rent<float>(shape, MemoryFormat.ChannelsLast);
        tensor.CopyFrom(values);
        return tensor;
    }
}
