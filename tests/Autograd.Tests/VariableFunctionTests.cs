using Graft.Tensors;
using static Graft.Autograd.Tests.GradientCheck;

namespace Graft.Autograd.Tests;

/// <summary>The functions that are compositions or have no test elsewhere, by differences and against numbers of PyTorch's rules.</summary>
public sealed class VariableFunctionTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Operators_with_numbers_and_maps()
    {
        Unary("negate", x => -x);
        Unary("add", x => x + 0.5f);
        Unary("add to", x => 0.5f + x);
        Unary("subtract", x => x - 0.5f);
        Unary("subtract from", x => 0.5f - x);
        Unary("times", x => -2f * x);
        Unary("divide", x => x / 4f);
        Unary("abs", x => x.Abs());
        Unary("square", x => x.Square());
        Unary("silu", x => x.Silu());
        Unary("gelu tanh", x => x.GeluTanh());
        Unary("leaky relu", x => x.LeakyRelu());
        Unary("clamp", x => x.Clamp(-0.3f, 0.4f));
        Run(device, "divided", (_, v) => 3f / v[0], Input("divided", [2, 5], 0.5, 2));
        Run(device, "square root", (_, v) => v[0].Sqrt(), Input("square root", [7], 0.5, 2));
        Run(device, "maximum", (_, v) => v[0].Maximum(v[1]), Apart("maximum", [2, 4]), Input("maximum beside", [4], 3, 4));
        Run(device, "minimum", (_, v) => v[0].Minimum(v[1] * 0.1f), Apart("minimum", [2, 4]), Input("minimum beside", [4], 3, 4));
        Run(device, "power", (_, v) => v[0].Pow(1.5f), Input("power", [5], 0.5, 2));
        Assert.Equal([4f, -0.5f, 0.25f], Of(pass => 1f - 3f / Leaf(pass, -1, 2, 4)));

        void Unary(string name, Func<Variable, Variable> op) => Run(device, name, (_, v) => op(v[0]), Apart(name, [2, 3, 4]));
    }

    [Fact]
    public void Reductions_over_axes()
    {
        var x = Apart("reduced", [2, 3, 2, 2]);
        Run(device, "sum over axes", (_, v) => v[0].Sum(1, -1), x);
        Run(device, "sum kept", (_, v) => v[0].Sum([0, 2], keepAxes: true), x);
        Run(device, "mean kept", (_, v) => v[0].Mean([2, 3], keepAxes: true), x);
        Run(device, "max", (_, v) => v[0].Max(), x);
        Run(device, "max over axes", (_, v) => v[0].Max(2, 3), x);
        Run(device, "max kept", (_, v) => v[0].Max([1], keepAxes: true), x);
        Run(device, "min over axes", (_, v) => v[0].Min(0), x);
        using var pass = Pass.Train(device);
        var y = Leaf(pass, 1, 3, 3, 2).Reshape([2, 2]);
        Assert.Equal(([2], [2, 1]), (y.Max(1).Shape, y.Max([1], keepAxes: true).Shape));
        Assert.Equal((Shape)[], y.Sum(0, 1).Shape);
        Assert.Equal((1f, 3f), (y.Min().Value.ToArray()[0], y.Max().Value.ToArray()[0]));
        // of equals each takes its share, as in PyTorch's amax
        var leaf = Leaf(pass, 1, 3, 3, 2);
        Assert.Equal([0f, 0.5f, 0.5f, 0], pass.Backward(leaf.Max()).Of(leaf)!.ToArray());
    }

    [Fact]
    public void Softmax_over_any_axis()
    {
        var x = Input("softmax", [2, 3, 4], -2, 2);
        foreach (int axis in new[] { 0, 1, 2, -1, -2 })
        {
            Run(device, $"softmax over {axis}", (_, v) => v[0].Softmax(axis), x);
            Run(device, $"log softmax over {axis}", (_, v) => v[0].LogSoftmax(axis), x);
        }
        Assert.All(Of(pass => pass.Constant(pass.Upload<float>(x.Shape, x.Numbers)).Softmax(1).Sum(1)), sum => Assert.Equal(1, sum, 1e-6));
    }

    [Fact]
    public void Products_of_matrices()
    {
        (Shape Left, Shape Right, Shape Product)[] cases =
        [
            ([3, 4], [4, 2], [3, 2]), ([2, 3, 4], [4, 2], [2, 3, 2]), ([2, 3, 4], [2, 4, 2], [2, 3, 2]), ([3, 4], [2, 4, 2], [2, 3, 2]),
            ([2, 1, 3, 4], [3, 4, 2], [2, 3, 3, 2]), ([4], [4], []), ([3, 4], [4], [3]), ([4], [4, 2], [2]), ([2, 3, 4], [4], [2, 3]), ([4], [2, 4, 3], [2, 3]),
        ];
        foreach (var (left, right, product) in cases)
        {
            string name = $"{left} by {right}";
            (Shape, float[]) a = Input(name + " left", left), b = Input(name + " right", right);
            Run(device, name, (_, v) => v[0].MatMul(v[1]), a, b);
            Run(device, name + ", left alone", (pass, v) => v[0].MatMul(Fixed(pass, b)), a);
            Run(device, name + ", right alone", (pass, v) => Fixed(pass, a).MatMul(v[0]), b);
            using var pass = Pass.Infer(device);
            Assert.Equal(product, Fixed(pass, a).MatMul(Fixed(pass, b)).Shape);
        }
        Run(device, "of transposed matrices", (_, v) => v[0].Transpose(0, 2).MatMul(v[1].Transpose(-1, -2)), Input("tl", [4, 3, 2]), Input("tr", [2, 5, 4]));
        Assert.Equal([19f, 22, 43, 50], Of(pass => Leaf(pass, 1, 2, 3, 4).Reshape([2, 2]).MatMul(Leaf(pass, 5, 6, 7, 8).Reshape([2, 2]))));
    }

    [Fact]
    public void Shapes()
    {
        var x = Input("shaped", [2, 3, 1, 2]);
        Run(device, "flatten", (_, v) => v[0].Flatten(1), x);
        Run(device, "squeeze", (_, v) => v[0].Squeeze(2), x);
        Run(device, "unsqueeze", (_, v) => v[0].Unsqueeze(-1), x);
        Run(device, "transpose", (_, v) => v[0].Transpose(1, -1), x);
        Run(device, "expand", (_, v) => v[0].Expand([4, 2, 3, 5, 2]), x);
        Run(device, "split", (_, v) => v[0].Split(2, axis: 1)[0] * v[0].Split([1, 2], axis: 1)[1], x);
        using var pass = Pass.Infer(device);
        var y = Fixed(pass, x);
        Assert.Equal([12], y.Flatten().Shape);
        Assert.Equal([2, 3, 2], y.Flatten(2).Shape);
        Assert.Equal([6, 1, 2], y.Flatten(0, 1).Shape);
        Assert.Equal([1], pass.Constant(pass.Rent([])).Flatten().Shape);
        Assert.Equal([2, 3, 1, 2, 1], y.Unsqueeze(-1).Shape);
        Assert.Equal([1, 2, 3, 1, 2], y.Unsqueeze(0).Shape);
        Assert.Equal([2, 1], y.Split(2, axis: 1).Select(piece => piece.Shape[1]));
        Assert.Equal([0, 3], y.Split([0, 3], axis: 1).Select(piece => piece.Shape[1]));
    }

    [Fact]
    public void Concat_and_stack()
    {
        (Shape, float[]) a = Input("first", [2, 3, 2, 2]), b = Input("second", [2, 1, 2, 2]), c = Input("third", [2, 3, 2, 2]);
        Run(device, "concat", (_, v) => Variable.Concat([v[0], v[1], v[0].Tanh()], axis: 1), a, b);
        Run(device, "concat along the first axis", (_, v) => Variable.Concat([v[0], v[1]]), a, c);
        Run(device, "concat with a constant", (pass, v) => Variable.Concat([Fixed(pass, b), v[0]], axis: -3), a);
        Run(device, "stack", (_, v) => Variable.Stack([v[0], v[1]], axis: -1), Input("left", [2, 3]), Input("right", [2, 3]));
        using var pass = Pass.Infer(device);
        Variable plain = Fixed(pass, a), innermost = pass.Constant(pass.ChannelsLast(plain.Value));
        Assert.True(Variable.Concat([innermost, innermost], axis: 1).Value.IsChannelsLast);
        Assert.False(Variable.Concat([innermost, plain], axis: 1).Value.IsChannelsLast);
        Assert.Equal([1f, 3, 2, 4], Variable.Stack([Leaf(pass, 1, 2), Leaf(pass, 3, 4)], axis: 1).Value.ToArray());
    }

    [Fact]
    public void Layers()
    {
        var image = Input("image", [2, 4, 5, 5]);
        Run(device, "linear", (_, v) => v[0].Linear(v[1], v[2]), Input("x", [2, 3]), Input("w", [4, 3]), Input("b", [4]));
        Run(device, "conv2d", (_, v) => v[0].Conv2d(v[1], v[2], stride: 2, padding: 1, dilation: 1, groups: 2), image, Input("k", [2, 2, 3, 3]), Input("kb", [2]));
        Run(device, "max pool", (_, v) => v[0].MaxPool2d(3, stride: 2, padding: 1), Apart("pooled", [2, 1, 5, 5]));
        Run(device, "adaptive average pool", (_, v) => v[0].AdaptiveAveragePool2d(2, 3), image);
        Run(device, "adaptive max pool", (_, v) => v[0].AdaptiveMaxPool2d(2, 1), Apart("pooled", [2, 1, 5, 5]));
        Run(device, "average pool", (_, v) => v[0].AveragePool2d(2), image);
        Run(device, "layer norm", (_, v) => v[0].LayerNorm(v[1], v[2]), Input("rows", [2, 3, 4]), Input("lw", [4], 0.5, 1.5), Input("lb", [4]));
        Run(device, "layer norm of two axes", (_, v) => v[0].LayerNorm(v[1], v[2]), Input("rows", [2, 3, 4]), Input("lw", [3, 4], 0.5, 1.5), Input("lb", [3, 4]));
        Run(device, "embedding", (_, v) => v[0].Embedding([2, 0, 2, 1], [2, 2]), Input("table", [3, 4]));
        Run(device, "embedding of a tensor", (pass, v) => v[0].Embedding(pass.Upload<int>([3, 1], [2, 0, 2])), Input("table", [3, 4]));
        using var train = Pass.Train(device, seed: 1);
        var ones = train.Leaf(train.Upload<float>([100], [.. Enumerable.Repeat(1f, 100)]));
        Assert.Contains(0f, ones.Dropout(0.5f, "layer").Value.ToArray());
        Assert.Same(ones, ones.Dropout(0f, "layer"));
    }

    [Fact]
    public void Losses()
    {
        (Shape, float[]) x = Input("logits", [3, 4], -2, 2), target = Input("target", [3, 4], 0.1, 0.9);
        float[] numbers = target.Item2;
        Run(device, "mse", (_, v) => v[0].MeanSquaredError(v[1]), x, target);
        Run(device, "mse of numbers", (_, v) => v[0].MeanSquaredError(numbers), x);
        Run(device, "l1", (_, v) => v[0].MeanAbsoluteError(numbers), Apart("l1", [3, 4]));
        Run(device, "bce", (_, v) => v[0].BinaryCrossEntropyWithLogits(v[1]), x, target);
        Run(device, "nll", (_, v) => v[0].LogSoftmax().NegativeLogLikelihood([1, -100, 3]), x);
        Run(device, "kl", (_, v) => v[0].LogSoftmax().KullbackLeiblerDivergence(v[1].Softmax()), x, target);
        // log-softmax and the negative log-likelihood are the cross-entropy
        Assert.Equal(
            Of(pass => Fixed(pass, x).CrossEntropy([1, -100, 3]))[0], Of(pass => Fixed(pass, x).LogSoftmax().NegativeLogLikelihood([1, -100, 3]))[0], 1e-6);
        // a class that neither of two certain distributions has adds nothing
        Assert.Equal(0f, Of(pass => Leaf(pass, 0, -80).Reshape([1, 2]).KullbackLeiblerDivergence(Leaf(pass, 1, 0).Reshape([1, 2])))[0]);
        Assert.Equal(MathF.Log(2), Of(pass => Leaf(pass, 0).BinaryCrossEntropyWithLogits([1]))[0], 1e-6);
    }

    [Fact]
    public void Detach_stops_the_gradient()
    {
        using var pass = Pass.Train(device);
        var x = Leaf(pass, 2, 3);
        var y = x * x;
        Assert.False(y.Detach().NeedsGradient);
        Assert.Equal([4f, 9], pass.Backward((y.Detach() * x).Sum()).Of(x)!.ToArray());
        var constant = pass.Constant(x.Value);
        Assert.Same(constant, constant.Detach());
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Refused("matmul: [2, 3] does not fit [4, 2]: rows of 3 elements do not meet columns of 4", pass => Of(pass, 2, 3).MatMul(Of(pass, 4, 2)));
        Refused("matmul: [] and [4, 2]: both need at least one axis; multiply by a scalar with *", pass => Of(pass).MatMul(Of(pass, 4, 2)));
        Refused(
            "matmul: [2] does not fit [3]: axis 1 from the last is 2 and 3; equal or 1 would broadcast", pass => Of(pass, 2, 3, 4).MatMul(Of(pass, 3, 4, 2)));
        Refused("softmax: [2, 3] over axis 2: the axes are -2 ... 1", pass => Of(pass, 2, 3).Softmax(2));
        Refused("log_softmax: [] over axis -1: there are no axes", pass => Of(pass).LogSoftmax());
        Refused("squeeze: [2, 3] over axis 0: the axis has length 2, not 1", pass => Of(pass, 2, 3).Squeeze(0));
        Refused("unsqueeze: [2, 3] over axis 3: the axes are -3 ... 2", pass => Of(pass, 2, 3).Unsqueeze(3));
        Refused("flatten: [2, 3] from axis 1 to 0: the last axis comes before the first", pass => Of(pass, 2, 3).Flatten(1, 0));
        Refused("expand: [2, 3] to [2, 6]: an axis has to be 1 or the wanted length, aligned at the last", pass => Of(pass, 2, 3).Expand([2, 6]));
        Refused("split: [2, 3] over axis 1: pieces of 1, 1 do not add up to its 3", pass => Of(pass, 2, 3).Split([1, 1], axis: 1)[0]);
        Refused("split: [2, 3] over axis 1: a piece has at least length 1, not 0", pass => Of(pass, 2, 3).Split(0, axis: 1)[0]);
        Refused("concat: [2, 4] does not fit [2, 3] along axis 0: every other axis needs the same length", pass => Variable.Concat([Of(pass, 2, 3), Of(pass, 2, 4)]));
        Refused("max: [2, 0]: there is no maximum of no elements", pass => Of(pass, 2, 0).Max());
        Refused("linear: weight [3]: the weight has to be [outputs, inputs]", pass => Of(pass, 2, 3).Linear(Of(pass, 3)));
        Refused(
            "conv2d: stride 0, padding 0, dilation 1, 1 groups: the padding is at least 0, the others at least 1",
            pass => Of(pass, 1, 2, 3, 3).Conv2d(Of(pass, 2, 2, 1, 1), stride: 0));
        Refused("max_pool2d: window 0, stride 0, padding 0: the padding is at least 0, the others at least 1", pass => Of(pass, 1, 2, 3, 3).MaxPool2d(0));
        Refused("mse_loss: target [3] does not fit [2, 3]: both need the same shape", pass => Of(pass, 2, 3).MeanSquaredError(Of(pass, 3)));
        Refused("l1_loss: 2 targets do not fit [2, 3]: there has to be one for each of the 6 elements", pass => Of(pass, 2, 3).MeanAbsoluteError(new float[2]));
        Refused("nll_loss: logits [2, 3] do not fit labels [1]: the logits have to be [rows, classes], with one label a row", pass => Of(pass, 2, 3).NegativeLogLikelihood([1]));
        using var one = Pass.Infer(device);
        using var other = Pass.Infer(device);
        Assert.Throws<ArgumentException>(() => Of(one, 2, 2).MatMul(Of(other, 2, 2)));
        Assert.Throws<ArgumentException>(() => Variable.Concat([Of(one, 2, 2), Of(other, 2, 2)]));
        Assert.Throws<ArgumentException>(() => Variable.Concat([]));
    }

    private void Refused(string message, Func<Pass, Variable> function)
    {
        using var pass = Pass.Train(device);
        Assert.Equal(message, Assert.Throws<ShapeException>(() => function(pass)).Message);
    }

    private float[] Of(Func<Pass, Variable> function)
    {
        using var pass = Pass.Infer(device);
        return function(pass).Value.ToArray();
    }

    private static Variable Of(Pass pass, params int[] lengths) => pass.Constant(pass.Rent(new Shape(lengths)));

    private static Variable Leaf(Pass pass, params float[] numbers) => pass.Leaf(pass.Upload<float>([numbers.Length], numbers));

    private static Variable Fixed(Pass pass, (Shape Shape, float[] Numbers) input) => pass.Constant(pass.Upload<float>(input.Shape, input.Numbers));
}
