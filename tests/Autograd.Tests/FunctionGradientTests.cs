using Graft.Tensors;
using static Graft.Autograd.Tests.GradientCheck;

namespace Graft.Autograd.Tests;

public sealed class FunctionGradientTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Maps()
    {
        Unary("relu", x => x.Relu());
        Unary("gelu", x => x.Gelu());
        Unary("sigmoid", x => x.Sigmoid());
        Unary("tanh", x => x.Tanh());
        Unary("exp", x => x.Exp());
        Unary("scale", x => x * -1.7f);
        Unary("square", x => x.Map(default(Square)));
        Unary("absolute", x => x.Map(default(Absolute)));
        Unary("leaky relu", x => x.Map(new LeakyRelu(0.2f)));
        Unary("of a permuted input", x => x.Permute(2, 0, 1).Tanh());
        Unary("of a slice", x => x.Slice(2, 0, 2, 2).Tanh());
        Run(device, "log", (_, v) => v[0].Log(), Input("log", [2, 5], 0.5, 2));
        Run(device, "square root", (_, v) => v[0].Map(default(SquareRoot)), Input("square root", [7], 0.5, 2));

        void Unary(string name, Func<Variable, Variable> op) => Run(device, name, (_, v) => op(v[0]), Apart(name, [2, 3, 4]));
    }

    [Fact]
    public void Zips_with_broadcasting()
    {
        (Shape, Shape)[] pairs =
            [([2, 3], [2, 3]), ([2, 3], [3]), ([3], [2, 3]), ([2, 1], [1, 4]), ([2, 3, 2, 2], [3, 1, 1]), ([2, 3], []), ([1, 3], [2, 1, 1])];
        foreach (var (a, b) in pairs)
        {
            string name = $"{a} with {b}";
            var (left, right) = (Input(name + " left", a), Input(name + " right", b, 0.8, 1.8));
            Run(device, "add " + name, (_, v) => v[0] + v[1], left, right);
            Run(device, "subtract " + name, (_, v) => v[0] - v[1], left, right);
            Run(device, "multiply " + name, (_, v) => v[0] * v[1], left, right);
            Run(device, "divide " + name, (_, v) => v[0] / v[1], left, right);
            Run(device, "lerp " + name, (_, v) => v[0].Zip(v[1], new Lerp(0.3f)), left, right);
        }
    }

    [Fact]
    public void Rolls()
    {
        foreach (var (shifts, axes) in new (int[], int[])[] { ([1], [1]), ([-1, 2], [2, 3]), ([3, -4], [-1, 1]), ([0], [0]), ([], []) })
            Run(device, $"roll {string.Join(",", shifts)} over {string.Join(",", axes)}", (_, v) => v[0].Roll(shifts, axes).Square(), Input("rolled", [2, 3, 3, 4]));
        using var pass = Pass.Infer(device);
        var x = pass.Constant(pass.Upload<float>([2, 3], [1, 2, 3, 4, 5, 6]));
        Assert.Equal([6f, 4, 5, 3, 1, 2], x.Roll([1, 1], [0, 1]).Value.ToArray());
        Assert.Equal([2f, 3, 1, 5, 6, 4], x.Roll([-4], [1]).Value.ToArray());
        Assert.Throws<ShapeException>(() => x.Roll([1], [2]));
        Assert.Throws<ShapeException>(() => x.Roll([1], [0, 1]));
    }

    [Fact]
    public void A_linear_map_with_a_residual()
    {
        var (x, weight, bias, residual) = (Input("x", [2, 3, 4]), Input("weight", [5, 4]), Input("bias", [5]), Input("residual", [2, 3, 5]));
        Run(device, "linear and residual", (_, v) => v[0].Linear(v[1], v[2], v[3]), x, weight, bias, residual);
        using var pass = Pass.Infer(device);
        Variable[] v = [.. new[] { x, weight, bias, residual }.Select(input => pass.Constant(pass.Upload<float>(input.Shape, input.Numbers)))];
        float[] fused = v[0].Linear(v[1], v[2], v[3]).Value.ToArray(), apart = (v[0].Linear(v[1], v[2]) + v[3]).Value.ToArray();
        for (int i = 0; i < fused.Length; i++) Assert.Equal(apart[i], fused[i], 1e-6f);
    }

    [Fact]
    public void Sums_and_means()
    {
        var x = Input("reduced", [2, 3, 2, 2]);
        Run(device, "sum", (_, v) => v[0].Sum(), x);
        Run(device, "mean", (_, v) => v[0].Mean(), x);
        Run(device, "mean of planes", (_, v) => v[0].Mean(2, 3), x);
        Run(device, "mean of images", (_, v) => v[0].Mean(0), x);
        Run(device, "mean of a permuted input", (_, v) => v[0].Permute(3, 1, 0, 2).Mean(1), x);
    }

    [Fact]
    public void Views_and_padding()
    {
        var x = Input("viewed", [2, 3, 4, 2]);
        Run(device, "reshape", (_, v) => v[0].Reshape([6, 8]), x);
        Run(device, "reshape of a permuted input", (_, v) => v[0].Permute(0, 2, 3, 1).Reshape([16, 3]), x);
        Run(device, "permute", (_, v) => v[0].Permute(2, 0, 3, 1), x);
        Run(device, "slice", (_, v) => v[0].Slice(2, 1, 2, 2), x);
        Run(device, "slice from the last axis", (_, v) => v[0].Slice(^3, 1, 2), x);
        Run(device, "pad", (_, v) => v[0].Pad(1, 2, 1), x);
        Run(device, "pad the last axis", (_, v) => v[0].Pad(^1, 0, 3), x);
        Run(device, "pad a slice", (_, v) => v[0].Slice(2, 0, 2, 2).Pad(2, 1, 1), x);
    }

    [Fact]
    public void Linear()
    {
        var (weight, bias) = (Input("linear weight", [4, 3]), Input("linear bias", [4]));
        Run(device, "linear", (_, v) => LinearFunction.Apply(v[0], v[1], v[2]), Input("linear", [5, 3]), weight, bias);
        Run(device, "linear without bias", (_, v) => LinearFunction.Apply(v[0], v[1], null), Input("linear", [5, 3]), weight);
        Run(device, "linear of rank 3", (_, v) => LinearFunction.Apply(v[0], v[1], v[2]), Input("linear 3", [2, 2, 3]), weight, bias);
        Run(device, "linear of rank 1", (_, v) => LinearFunction.Apply(v[0], v[1], v[2]), Input("linear 1", [3]), weight, bias);
        Run(device, "linear of a permuted input", (_, v) => LinearFunction.Apply(v[0].Permute(1, 0), v[1], v[2]), Input("linear p", [3, 5]), weight, bias);
    }

    [Fact]
    public void Conv2d()
    {
        Convolve("plain", 2, 3, 3, Conv2dGeometry.Square());
        Convolve("pointwise", 3, 2, 1, Conv2dGeometry.Square());
        Convolve("stride and padding", 2, 3, 3, Conv2dGeometry.Square(stride: 2, padding: 1));
        Convolve("pointwise with stride", 3, 2, 1, Conv2dGeometry.Square(stride: 2));
        Convolve("groups", 4, 6, 3, Conv2dGeometry.Square(padding: 1, groups: 2));
        Convolve("depthwise", 3, 3, 3, Conv2dGeometry.Square(stride: 2, padding: 1, groups: 3));
        Convolve("dilation", 2, 2, 2, Conv2dGeometry.Square(dilation: 2));
        Convolve("uneven padding", 2, 2, 3, new Conv2dGeometry(2, 1, 0, 1, 1, 0, 1, 1, 1));

        void Convolve(string name, int channels, int outputs, int kernel, Conv2dGeometry geometry)
        {
            var x = Input(name, [2, channels, 5, 4]);
            var weight = Input(name + " weight", [outputs, channels / geometry.Groups, kernel, kernel]);
            Run(device, name, (_, v) => Conv2dFunction.Apply(v[0], v[1], v[2], geometry), x, weight, Input(name + " bias", [outputs]));
            Run(device, name + " without bias", (_, v) => Conv2dFunction.Apply(v[0], v[1], null, geometry), x, weight);
        }
    }

    [Fact]
    public void Batch_norm_of_batch_and_stored()
    {
        (Shape Shape, float[] Numbers) weight = Input("norm weight", [3], 0.5, 1.5), bias = Input("norm bias", [3]);
        foreach (Shape shape in new Shape[] { [2, 3, 2, 3], [5, 3] })
        {
            var x = Input($"norm {shape}", shape, -1, 2);
            Run(device, $"of batch {shape}", (_, v) => BatchNormFunction.OfBatch(v[0], v[1], v[2], 0.1f, out var _, out var _), x, weight, bias);
            Run(device, $"stored {shape}", (pass, v) => Stored(pass, v[0], v[1], v[2]), x, weight, bias);
            Run(device, $"of batch, input alone {shape}", (pass, v) => BatchNormFunction.OfBatch(v[0], Fixed(pass, weight), Fixed(pass, bias), 0.1f, out var _, out var _), x);
            Run(device, $"stored, input alone {shape}", (pass, v) => Stored(pass, v[0], Fixed(pass, weight), Fixed(pass, bias)), x);
            Run(device, $"stored, weight alone {shape}", (pass, v) => Stored(pass, Fixed(pass, x), v[0], Fixed(pass, bias)), weight);
        }
    }

    [Fact]
    public void Batch_norm_with_a_residual_and_a_relu_behind_it()
    {
        (Shape Shape, float[] Numbers) weight = Input("norm weight", [3], 0.5, 1.5), bias = Input("norm bias", [3]);
        Shape shape = [2, 3, 2, 3];
        var x = Input("norm", shape, -1, 2);
        // far from 0 on either side, so that no sum comes near the ReLU's corner
        (Shape Shape, float[] Numbers) residual = (shape, [.. Input("residual", shape).Numbers.Select((value, i) => value + (i % 3 == 0 ? -7 : 7))]);
        foreach (bool relu in new[] { false, true })
        {
            Run(device, $"of batch, ReLU {relu}", (_, v) => OfBatch(v[0], v[1], v[2], relu, v[3]), x, weight, bias, residual);
            Run(device, $"of batch, residual alone, ReLU {relu}", (pass, v) => OfBatch(Fixed(pass, x), Fixed(pass, weight), Fixed(pass, bias), relu, v[0]), residual);
            Run(device, $"of batch, the residual fixed, ReLU {relu}", (pass, v) => OfBatch(v[0], v[1], v[2], relu, Fixed(pass, residual)), x, weight, bias);
            Run(device, $"stored, ReLU {relu}", (pass, v) => Stored(pass, v[0], v[1], v[2], relu, v[3]), x, weight, bias, residual);
            Run(device, $"stored, input and residual, ReLU {relu}", (pass, v) => Stored(pass, v[0], Fixed(pass, weight), Fixed(pass, bias), relu, v[1]), x, residual);
            Run(device, $"stored, residual alone, ReLU {relu}", (pass, v) => Stored(pass, Fixed(pass, x), Fixed(pass, weight), Fixed(pass, bias), relu, v[0]), residual);
        }
    }

    [Fact]
    public void Batch_norm_and_what_follows_has_the_bits_of_one_after_the_other()
    {
        Shape shape = [3, 5, 4, 3];
        (Shape, float[])[] inputs = [Input("x", shape, -1, 2), Input("weight", [5]), Input("bias", [5]), Input("residual", shape)];
        // bit i says that input i wants a gradient
        for (int wanted = 1; wanted < 16; wanted++)
        {
            foreach (bool ofBatch in new[] { true, false })
                foreach (bool relu in new[] { true, false })
                    foreach (bool added in new[] { true, false })
                        Assert.Equal(Bits(wanted, ofBatch, relu, added, fused: false), Bits(wanted, ofBatch, relu, added, fused: true));
        }

        int[] Bits(int wanted, bool ofBatch, bool relu, bool added, bool fused)
        {
            using var pass = Pass.Train(device);
            Variable[] v = [.. inputs.Select((input, i) => (wanted >> i & 1) == 1 ? pass.Leaf(Fixed(pass, input).Value) : Fixed(pass, input))];
            var residual = added ? v[3] : null;
            Variable y;
            if (fused)
            {
                y = ofBatch ? OfBatch(v[0], v[1], v[2], relu, residual) : Stored(pass, v[0], v[1], v[2], relu, residual);
            }
            else
            {
                y = ofBatch ? OfBatch(v[0], v[1], v[2]) : Stored(pass, v[0], v[1], v[2]);
                if (residual is not null) y += residual;
                if (relu) y = y.Relu();
            }
            // every input has a part in the loss beside the norm: its gradient there is added to the norm's
            var gradients = pass.Backward((y * Fixed(pass, Input("direction", shape)) + v[3] + v[0]).Sum() + (v[1] + v[2]).Sum());
            float[] numbers = [.. y.Value.ToArray(), .. v.SelectMany(variable => gradients.Of(variable)?.ToArray() ?? [])];
            return Array.ConvertAll(numbers, BitConverter.SingleToInt32Bits);
        }
    }

    private static Variable OfBatch(Variable x, Variable weight, Variable bias, bool relu = false, Variable? residual = null) =>
        BatchNormFunction.OfBatch(x, weight, bias, 0.1f, out _, out _, relu ? Activation.Relu : null, residual);

    private static Variable Stored(Pass pass, Variable x, Variable weight, Variable bias, bool relu = false, Variable? residual = null)
    {
        var (mean, variance) = (pass.Rent([weight.Shape[0]]), pass.Rent([weight.Shape[0]]));
        mean.CopyFrom([.. new[] { 0.2f, -0.4f, 0.1f, 0.3f, -0.1f }.Take(weight.Shape[0])]);
        variance.CopyFrom([.. new[] { 0.7f, 1.4f, 0.3f, 0.9f, 1.1f }.Take(weight.Shape[0])]);
        return BatchNormFunction.Stored(x, mean, variance, weight, bias, 1e-3f, relu ? Activation.Relu : null, residual);
    }

    [Fact]
    public void Layer_norm()
    {
        var (weight, bias) = (Input("layer weight", [5], 0.5, 1.5), Input("layer bias", [5]));
        var x = Input("layer norm", [2, 3, 5], -1, 2);
        Run(device, "layer norm", (_, v) => LayerNormFunction.Apply(v[0], v[1], v[2], 0.1f), x, weight, bias);
        Run(device, "of a permuted input", (_, v) => LayerNormFunction.Apply(v[0].Permute(1, 0, 2), v[1], v[2], 0.1f), x, weight, bias);
        Run(
            device, "of strided parameters", (_, v) => LayerNormFunction.Apply(v[0], v[1].Slice(0, 0, 5, 2), v[2].Slice(0, 1, 5, 2), 0.1f), x,
            Input("strided weight", [10], 0.5, 1.5), Input("strided bias", [10]));
        Run(device, "input alone", (pass, v) => LayerNormFunction.Apply(v[0], Fixed(pass, weight), Fixed(pass, bias), 0.1f), x);
        Run(device, "weight alone", (pass, v) => LayerNormFunction.Apply(Fixed(pass, x), v[0], Fixed(pass, bias), 0.1f), weight);
        Run(device, "bias alone", (pass, v) => LayerNormFunction.Apply(Fixed(pass, x), Fixed(pass, weight), v[0], 0.1f), bias);
    }

    [Fact]
    public void Group_norm()
    {
        (Shape Shape, float[] Numbers) weight = Input("group weight", [6], 0.5, 1.5), bias = Input("group bias", [6]);
        foreach (int groups in new[] { 1, 2, 3, 6 })
        {
            foreach (Shape shape in new Shape[] { [2, 6, 2, 3], [2, 6, 5], [3, 6] })
            {
                // one number a group has no variance
                if (shape.Rank == 2 && groups == 6) continue;
                string name = $"group norm of {shape} in {groups}";
                var x = Input(name, shape, -1, 2);
                Run(device, name, (_, v) => GroupNormFunction.Apply(v[0], v[1], v[2], groups, 0.1f), x, weight, bias);
                Run(device, name + ", input alone", (pass, v) => GroupNormFunction.Apply(v[0], Fixed(pass, weight), Fixed(pass, bias), groups, 0.1f), x);
                Run(device, name + ", weight alone", (pass, v) => GroupNormFunction.Apply(Fixed(pass, x), v[0], Fixed(pass, bias), groups, 0.1f), weight);
                Run(device, name + ", bias alone", (pass, v) => GroupNormFunction.Apply(Fixed(pass, x), Fixed(pass, weight), v[0], groups, 0.1f), bias);
            }
        }
    }

    [Fact]
    public void Group_norm_is_that_of_PyTorch()
    {
        using var pass = Pass.Train(device);
        var x = pass.Leaf(Tensor.From<float>([1, 4, 2, 2], [0.5f, -1, 2, 0.25f, 1.5f, 0, -0.5f, 3, -2, 1, 0.75f, -0.25f, 1.25f, 2.5f, -1.5f, 0.5f], device));
        var weight = pass.Leaf(Tensor.From<float>([4], [0.5f, 1.5f, -1, 2], device));
        var bias = pass.Leaf(Tensor.From<float>([4], [0.1f, -0.2f, 0.3f, 0], device));
        var y = GroupNormFunction.Apply(x, weight, bias, 2, 1e-5f);
        Near(
            [0.0131225, -0.5826091, 0.608854, -0.0861661, 0.7308306, -1.0563641, -1.6520957, 2.5180253,
             1.9493184, -0.2196483, -0.038901, 0.6840878, 1.400791, 3.2082632, -2.5756479, 0.3163076], y.Value);
        float[] direction = [.. Enumerable.Range(0, 16).Select(i => i * 0.25f - 1)];
        var gradients = pass.Backward((y * pass.Constant(Tensor.From<float>([1, 4, 2, 2], direction, device))).Sum());
        Near(
            [-0.4707492, -0.195275, -0.4483577, -0.1435192, -0.191052, 0.2829995, 0.6395938, 0.5263597,
             -1.10617, -2.3874489, -2.4764852, -2.2903885, 1.3165318, 1.2194714, 3.0483414, 2.676148], gradients.Of(x)!);
        Near([0.7818977, 0.7322534, -1.1635602, 2.2254502], gradients.Of(weight)!);
        Near([-2.5, 1.5, 5.5, 9.5], gradients.Of(bias)!);
    }

    [Fact]
    public void Rms_norm()
    {
        var weight = Input("rms weight", [5], 0.5, 1.5);
        foreach (Shape shape in new Shape[] { [2, 3, 5], [4, 5], [5] })
        {
            string name = $"rms norm of {shape}";
            var x = Input(name, shape, -1, 2);
            Run(device, name, (_, v) => RmsNormFunction.Apply(v[0], v[1], 0.1f), x, weight);
            Run(device, name + ", input alone", (pass, v) => RmsNormFunction.Apply(v[0], Fixed(pass, weight), 0.1f), x);
            Run(device, name + ", weight alone", (pass, v) => RmsNormFunction.Apply(Fixed(pass, x), v[0], 0.1f), weight);
        }
        Run(device, "of a permuted input", (_, v) => RmsNormFunction.Apply(v[0].Permute(1, 0), v[1], 0.1f), Input("permuted", [5, 3], -1, 2), weight);
    }

    [Fact]
    public void Adaptive_pooling_is_that_of_PyTorch()
    {
        using var pass = Pass.Train(device);
        var x = pass.Leaf(Tensor.From<float>([1, 1, 3, 5], [.. Enumerable.Range(0, 15).Select(i => (float)i * i)], device));
        var y = Pooling.AdaptiveAverage(x, 2, 3);
        Near([15.5, 27.1666667, 42.5, 70.5, 97.1666667, 127.5], y.Value);
        var gradients = pass.Backward((y * pass.Constant(Tensor.From<float>([1, 1, 2, 3], [1f, 2, 3, 4, 5, 6], device))).Sum());
        Near(
            [0.25, 0.5833333, 0.3333333, 1.0833333, 0.75, 1.25, 2.4166667, 1.1666667, 3.4166667, 2.25, 1, 1.8333333, 0.8333333, 2.3333333, 1.5],
            gradients.Of(x)!);
        // an output larger than the input
        var small = pass.Constant(Tensor.From<float>([1, 1, 2, 2], [0f, 1, 2, 3], device));
        Near([0, 0.5, 1, 1, 1.5, 2, 2, 2.5, 3], Pooling.AdaptiveAverage(small, 3, 3).Value);
        Near([0, 1, 1, 2, 3, 3, 2, 3, 3], Pooling.AdaptiveMax(small, 3, 3).Value);
    }

    private static void Near(double[] expected, Tensor<float> actual)
    {
        float[] numbers = actual.ToArray();
        Assert.Equal(expected.Length, numbers.Length);
        for (int i = 0; i < numbers.Length; i++) Assert.Equal(expected[i], numbers[i], 2e-5);
    }

    [Fact]
    public void Softmax_and_its_logarithm()
    {
        foreach (bool log in new[] { false, true })
        {
            Run(device, $"softmax, logarithm: {log}", (_, v) => SoftmaxFunction.Apply(v[0], log), Input("softmax", [2, 3, 5], -2, 2));
            Run(device, $"of a permuted input, logarithm: {log}", (_, v) => SoftmaxFunction.Apply(v[0].Permute(1, 0), log), Input("permuted", [5, 3], -2, 2));
        }
    }

    [Fact]
    public void Embedding()
    {
        var table = Input("table", [5, 3]);
        Run(device, "embedding", (_, v) => EmbeddingFunction.Apply(v[0], [4, 0, 4, 2, 4, 1], [2, 3]), table);
        Run(device, "without leading axes", (_, v) => EmbeddingFunction.Apply(v[0], [3], []), table);
        Run(device, "of a permuted table", (_, v) => EmbeddingFunction.Apply(v[0].Permute(1, 0), [2, 2], [2]), table);
    }

    [Fact]
    public void Embedding_by_hand()
    {
        using var pass = Pass.Train(device);
        var table = pass.Leaf(Tensor.From<float>([4, 2], [0f, 1, 2, 3, 4, 5, 6, 7], device));
        var y = EmbeddingFunction.Apply(table, [3, 1, 3, 0], [2, 2], paddingIndex: 0);
        Assert.Equal(new Shape([2, 2, 2]), y.Shape);
        Assert.Equal([6f, 7, 2, 3, 6, 7, 0, 1], y.Value.ToArray());
        var weights = pass.Constant(Tensor.From<float>([2, 2, 2], [1f, 2, 3, 4, 5, 6, 7, 8], device));
        // row 3 was taken twice, row 2 never, and row 0 is padding
        Assert.Equal([0f, 0, 3, 4, 0, 0, 6, 8], pass.Backward((y * weights).Sum()).Of(table)!.ToArray());
    }

    [Fact]
    public void Pooling_by_maximum_and_average()
    {
        Pool2dGeometry[] geometries =
        [
            Pool2dGeometry.Square(2, 2), Pool2dGeometry.Square(3, 2, 1), Pool2dGeometry.Square(2, 1), Pool2dGeometry.Square(2, 2, ceilMode: true),
            Pool2dGeometry.Square(3, 2, 1, ceilMode: true, countIncludePad: false), new Pool2dGeometry(3, 2, 2, 1, 0, 1, 1, 0),
        ];
        foreach (var geometry in geometries)
        {
            Run(device, $"max {geometry}", (_, v) => Pooling.Max(v[0], geometry), Apart("max pool", [1, 2, 5, 5]));
            Run(device, $"average {geometry}", (_, v) => Pooling.Average(v[0], geometry), Input("average pool", [2, 2, 5, 4]));
        }
        foreach (var (height, width) in new[] { (1, 1), (2, 3), (7, 5) })
        {
            Run(device, $"adaptive max {height} x {width}", (_, v) => Pooling.AdaptiveMax(v[0], height, width), Apart("max pool", [1, 2, 5, 5]));
            Run(device, $"adaptive average {height} x {width}", (_, v) => Pooling.AdaptiveAverage(v[0], height, width), Input("average pool", [2, 2, 5, 4]));
        }
    }

    [Fact]
    public void Sequences_are_planes_of_one_row()
    {
        // [N, C, L] as [N, C, 1, L]: convolution and pooling of one dimension need no kernel
        var (weight, bias) = (Input("kernel", [4, 3, 1, 3]), Input("kernel bias", [4]));
        var geometry = new Conv2dGeometry(1, 2, 0, 2, 0, 1, 1, 1, 1);
        Run(
            device, "conv1d", (_, v) => Conv2dFunction.Apply(v[0].Reshape([2, 3, 1, 9]), v[1], v[2], geometry).Reshape([2, 4, 5]),
            Input("sequence", [2, 3, 9]), weight, bias);
        var window = new Pool2dGeometry(1, 3, 1, 2, 0, 1, 0, 0);
        Run(device, "max_pool1d", (_, v) => Pooling.Max(v[0].Reshape([2, 3, 1, 9]), window).Reshape([2, 3, 4]), Apart("max", [2, 3, 9]));
        Run(device, "avg_pool1d", (_, v) => Pooling.Average(v[0].Reshape([2, 3, 1, 9]), window).Reshape([2, 3, 4]), Input("mean", [2, 3, 9]));
    }

    [Fact]
    public void Cross_entropy_with_smoothing_and_ignored_labels()
    {
        var logits = Input("logits", [4, 5], -2, 2);
        Run(device, "plain", (_, v) => v[0].CrossEntropy([1, 4, 0, 1]), logits);
        Run(device, "smoothed", (_, v) => v[0].CrossEntropy([1, 4, 0, 1], 0.1f), logits);
        Run(device, "ignored", (_, v) => v[0].CrossEntropy([1, -100, 0, -1]), logits);
        Run(device, "ignored and smoothed", (_, v) => v[0].CrossEntropy([-1, 4, 0, 2], 0.3f), logits);
        Run(device, "of a permuted input", (_, v) => v[0].Permute(1, 0).CrossEntropy([1, 3, 0, 1, -1]), logits);
    }

    [Fact]
    public void Cross_entropy_by_hand()
    {
        using var pass = Pass.Train(device);
        var loss = pass.Leaf(Tensor.From<float>([2, 2], [0f, 0, 5, 5], device)).CrossEntropy([0, -1]);
        Assert.Equal(Math.Log(2), loss.Value.ToArray()[0], 1e-6);
    }

    private static Variable Fixed(Pass pass, (Shape Shape, float[] Numbers) input)
    {
        var tensor = pass.Rent(input.Shape);
        tensor.CopyFrom(input.Numbers);
        return pass.Constant(tensor);
    }
}
