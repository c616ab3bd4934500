using Graft.Tensors;
using Graft.Testing;

namespace Graft.Autograd.Tests;

public sealed class PassTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void A_variable_used_more_than_once_gathers_all_its_gradients()
    {
        using var pass = Pass.Train(device);
        var x = Leaf(pass, 1, 2, 3);
        var gradients = pass.Backward((x * x + x + x).Sum());
        Assert.Equal([4f, 6, 8], gradients.Of(x)!.ToArray());
    }

    [Fact]
    public void The_gradient_of_an_intermediate_stays_where_it_is_retained()
    {
        using var pass = Pass.Train(device);
        var x = Leaf(pass, 1, -2);
        var forgotten = x * 3f;
        var y = forgotten.Relu().RetainGradient();
        var gradients = pass.Backward((y * y + Constant(pass, 1, 1)).Sum());
        Assert.Equal([6f, 0], gradients.Of(y)!.ToArray());
        Assert.Null(gradients.Of(forgotten));
        Assert.Equal([18f, 0], gradients.Of(x)!.ToArray());
        Assert.Throws<InvalidOperationException>(() => Constant(pass, 1).RetainGradient());
    }

    [Fact]
    public void A_leaf_that_was_overwritten_after_the_forward_refuses_backward()
    {
        using var pass = Pass.Train(device);
        using var numbers = Tensor.From<float>([2], [1f, 2f], device);
        var x = pass.Leaf(numbers);
        var loss = (x * x).Sum();
        numbers.CopyFrom([5f, 5f]);
        var error = Assert.Throws<InvalidOperationException>(() => pass.Backward(loss));
        Assert.Contains("has been overwritten since the forward", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pass_that_was_disposed_of_does_nothing_more()
    {
        using var numbers = Tensor.From<float>([2], [1f, 2f], device);
        var pass = Pass.Train(device);
        var x = pass.Leaf(numbers);
        var loss = (x * x).Sum();
        pass.Dispose();
        pass.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pass.Constant(numbers));
        Assert.Throws<ObjectDisposedException>(() => pass.Leaf(numbers));
        Assert.Throws<ObjectDisposedException>(() => x * 2f);
        Assert.Throws<ObjectDisposedException>(() => pass.Backward(loss));
        Assert.Equal([1f, 2f], numbers.ToArray());
    }

    [Fact]
    public void Tensors_and_variables_say_what_they_are()
    {
        using var pass = Pass.Train(device);
        using var labels = Tensor.From<int>([2], [1, 2], device);
        Assert.Equal("Variable [2], gradient wanted", Leaf(pass, 1, 2).ToString());
        Assert.Equal("Variable [2]", Constant(pass, 1, 2).ToString());
        Assert.Equal($"Tensor of Int32 [2] on {device.Name}", labels.ToString());
    }

    [Theory]
    [InlineData(-0.1f)]
    [InlineData(2f)]
    [InlineData(float.NaN)]
    public void A_label_smoothing_outside_0_to_1_is_refused(float smoothing)
    {
        using var pass = Pass.Infer(device);
        var logits = Constant(pass, 1, 2).Reshape([1, 2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => logits.CrossEntropy([0], smoothing));
    }

    [Fact]
    public void The_same_variable_on_both_sides_counts_twice()
    {
        using var pass = Pass.Train(device);
        var (x, weights) = (Leaf(pass, 1, 2), Constant(pass, 3, -5));
        var gradients = pass.Backward(((x + x) * weights).Sum());
        Assert.Equal([6f, -10], gradients.Of(x)!.ToArray());
    }

    [Fact]
    public void A_gradient_that_add_hands_to_both_sides_is_not_corrupted_by_a_later_sum()
    {
        using var pass = Pass.Train(device);
        var (a, b, weights) = (Leaf(pass, 1, 2), Leaf(pass, 3, 4), Constant(pass, 3, -5));
        var early = (a * Constant(pass, 10, 20)).Sum();
        var view = (b.Reshape([2, 1]).Permute(1, 0) * Constant(pass, 7, 7).Reshape([1, 2])).Sum();
        var gradients = pass.Backward(((a + b) * weights).Sum() + early + view);
        Assert.Equal([13f, 15], gradients.Of(a)!.ToArray());
        Assert.Equal([10f, 2], gradients.Of(b)!.ToArray());
    }

    [Fact]
    public void A_gradient_that_two_functions_read_is_not_overwritten_by_the_first()
    {
        using var pass = Pass.Train(device);
        var (a, b) = (Leaf(pass, 1, -2), Leaf(pass, 3, -4));
        var gradients = pass.Backward(((a.Relu() + b.Relu()) * Constant(pass, 3, -5)).Sum());
        Assert.Equal([3f, 0], gradients.Of(a)!.ToArray());
        Assert.Equal([3f, 0], gradients.Of(b)!.ToArray());

        using var other = Pass.Train(device);
        var (x, weights) = (Leaf(other, 1, -2), Constant(other, 3, -5));
        var sum = x + x.Relu();
        Assert.Equal([6f, -5], other.Backward((sum * weights).Sum()).Of(x)!.ToArray());
    }

    [Fact]
    public void The_values_of_the_forward_survive_backward()
    {
        using var pass = Pass.Train(device);
        var x = Leaf(pass, 1, 2);
        var y = x * x;
        pass.Backward((y * y + y).Sum());
        Assert.Equal([1f, 2], x.Value.ToArray());
    }

    [Fact]
    public void Two_passes_add_up_in_one_gradients()
    {
        var parameter = Parameter(2, -1);
        using var gradients = new Gradients();
        foreach (float factor in new[] { 3f, 5f })
        {
            using var pass = Pass.Train(device);
            var w = pass.Of(parameter);
            pass.Backward((w * w * factor).Sum(), gradients);
        }
        Assert.Equal([32f, -16], gradients.Of(parameter)!.ToArray());
        Assert.Equal([2f, -1], parameter.Value.ToArray());
    }

    [Fact]
    public void A_leaf_of_an_earlier_pass_has_no_gradient_in_the_later()
    {
        using var gradients = new Gradients();
        using var first = Pass.Train(device);
        var earlier = Leaf(first, 1, 2);
        first.Backward((earlier * 2f).Sum(), gradients);
        Assert.Equal([2f, 2], gradients.Of(earlier)!.ToArray());
        using var second = Pass.Train(device);
        var later = Leaf(second, 1, 2);
        second.Backward((later * 3f).Sum(), gradients);
        Assert.Null(gradients.Of(earlier));
        Assert.Equal([3f, 3], gradients.Of(later)!.ToArray());
    }

    [Fact]
    public void A_parameter_is_one_variable_a_pass_and_one_without_a_part_has_no_gradient()
    {
        var (used, unused) = (Parameter(1, 2), Parameter(3, 4));
        using var pass = Pass.Train(device);
        Assert.Same(pass.Of(used), pass.Of(used));
        _ = pass.Of(unused) * 2f;
        var gradients = pass.Backward((pass.Of(used) * 2f).Sum());
        Assert.Equal([2f, 2], gradients.Of(used)!.ToArray());
        Assert.Null(gradients.Of(unused));
    }

    [Fact]
    public void Only_what_wants_a_gradient_is_recorded()
    {
        var (frozen, trained) = (Parameter(1, 2), Parameter(3, 4));
        frozen.IsFrozen = true;
        using var pass = Pass.Train(device);
        var features = (pass.Of(frozen) * Constant(pass, 5, 6) + Constant(pass, 1, 1)).Tanh().Reshape([1, 2]);
        Assert.False(features.NeedsGradient);
        Assert.Equal(0, pass.TapeLength);
        var loss = (features * pass.Of(trained)).Sum();
        Assert.Equal(2, pass.TapeLength);
        var gradients = pass.Backward(loss);
        Assert.Equal(0, pass.TapeLength);
        Assert.Null(gradients.Of(frozen));
        Assert.NotNull(gradients.Of(trained));
    }

    [Fact]
    public void Every_function_of_constants_leaves_the_tape_empty()
    {
        using var pass = Pass.Train(device);
        var x = pass.Constant(Tensor.From<float>([1, 2, 4, 4], Draw.Uniform("constant", 32), device));
        var weight = pass.Constant(Tensor.From<float>([2, 2, 3, 3], Draw.Uniform("kernel", 36), device));
        var (scale, bias) = (Constant(pass, 1, 2), Constant(pass, 3, 4));
        var y = Conv2dFunction.Apply(x, weight, bias, Conv2dGeometry.Square(padding: 1));
        y = BatchNormFunction.OfBatch(y, scale, bias, 1e-5f, out _, out _);
        y = BatchNormFunction.Stored(y, scale.Value, scale.Value, scale, bias, 1e-5f);
        y = Pooling.Average(Pooling.Max(y, Pool2dGeometry.Square(2, 1)), Pool2dGeometry.Square(2, 1));
        y = y.Pad(2, 1, 1).Slice(2, 1, 2).Mean(2, 3).Reshape([1, 2]).Permute(0, 1);
        y = LinearFunction.Apply(y, pass.Constant(Tensor.From<float>([2, 2], [1f, 2, 3, 4], device)), bias);
        Assert.False(y.CrossEntropy([1]).NeedsGradient);
        Assert.Equal(0, pass.TapeLength);
    }

    [Fact]
    public void A_pass_that_infers_records_nothing_and_refuses_backward()
    {
        using var pass = Pass.Infer(device);
        var loss = (pass.Of(Parameter(1, 2)) * Leaf(pass, 1, 2)).Sum();
        Assert.False(loss.NeedsGradient);
        Assert.Equal(0, pass.TapeLength);
        var error = Assert.Throws<InvalidOperationException>(() => pass.Backward(loss));
        Assert.Equal("a pass made by Pass.Infer records nothing: use Pass.Train to run backward", error.Message);
    }

    [Fact]
    public void A_loss_that_cannot_be_one_is_refused()
    {
        using var pass = Pass.Train(device);
        var x = Leaf(pass, 1, 2);
        var notScalar = Assert.Throws<ShapeException>(() => pass.Backward(x * 2f));
        Assert.Equal("backward: loss [2]: a loss has one element; take its mean or its sum first", notScalar.Message);
        var constant = Assert.Throws<InvalidOperationException>(() => pass.Backward(Constant(pass, 1, 2).Sum()));
        Assert.Contains("is everything frozen?", constant.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_backward_runs_through_a_new_graph_and_not_through_a_spent_one()
    {
        using var pass = Pass.Train(device);
        var parameter = Parameter(1, 2);
        var w = pass.Of(parameter);
        var shared = w * w;
        var loss = shared.Sum();
        using var gradients = new Gradients();
        pass.Backward(loss, gradients);
        foreach (var spent in new[] { loss, (shared * 3f).Sum() })
        {
            var error = Assert.Throws<InvalidOperationException>(() => pass.Backward(spent, gradients));
            Assert.StartsWith("a backward has already run through a part of this loss", error.Message, StringComparison.Ordinal);
        }
        Assert.Equal([2f, 4], gradients.Of(parameter)!.ToArray());
        pass.Backward((w * 3f).Sum(), gradients);
        Assert.Equal([5f, 7], gradients.Of(parameter)!.ToArray());
    }

    [Fact]
    public void Passes_do_not_mix()
    {
        using Pass one = Pass.Train(device), other = Pass.Train(device);
        Variable x = Leaf(one, 1, 2), stranger = Leaf(other, 3, 4), square = Leaf(one, 1, 2, 3, 4).Reshape([2, 2]);
        var image = Leaf(one, 1, 2, 3, 4).Reshape([1, 2, 1, 2]);
        var kernel = square.Reshape([2, 2, 1, 1]);
        Action[] mixtures =
        [
            () => _ = x + stranger, () => _ = stranger * x, () => LinearFunction.Apply(square, square, stranger),
            () => LinearFunction.Apply(stranger, square, null), () => Conv2dFunction.Apply(image, kernel, stranger, Conv2dGeometry.Square()),
            () => BatchNormFunction.OfBatch(square, x, stranger, 1e-5f, out _, out _), () => BatchNormFunction.Stored(square, x.Value, x.Value, stranger, x, 1e-5f),
        ];
        foreach (var mixture in mixtures)
        {
            var error = Assert.Throws<ArgumentException>(mixture);
            Assert.Equal("two variables of different passes cannot meet: make both in one pass", error.Message);
        }
        var loss = Assert.Throws<ArgumentException>(() => one.Backward(stranger.Sum()));
        Assert.StartsWith("the loss belongs to another pass", loss.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_of_another_device_is_refused()
    {
        using var other = new CpuDevice(1);
        using var pass = Pass.Train(device);
        using var tensor = Tensor.From<float>([2], [1f, 2], other);
        var error = Assert.Throws<ArgumentException>(() => pass.Constant(tensor));
        Assert.StartsWith("the tensor [2] is on cpu (1 threads", error.Message, StringComparison.Ordinal);
    }

    private Variable Leaf(Pass pass, params float[] numbers) => pass.Leaf(Tensor.From<float>([numbers.Length], numbers, device));

    private Variable Constant(Pass pass, params float[] numbers) => pass.Constant(Tensor.From<float>([numbers.Length], numbers, device));

    private static TestParameter Parameter(params float[] numbers) => new("weight", [numbers.Length], numbers);
}
