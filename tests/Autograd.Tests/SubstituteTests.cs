using Graft.Tensors;

namespace Graft.Autograd.Tests;

public sealed class SubstituteTests : IDisposable
{
    private readonly CpuDevice device = new(2);
    private readonly Parameter weight = Parameter.Create("weight", [2], numbers => ((float[])[1, 2]).CopyTo(numbers));
    private readonly Parameter bias = Parameter.Create("bias", [2], numbers => ((float[])[3, 4]).CopyTo(numbers));

    public void Dispose() => device.Dispose();

    [Fact]
    public void Gradients_flow_to_what_the_substitute_was_computed_from_and_others_are_unaffected()
    {
        using var pass = Pass.Train(device);
        var adapter = pass.Leaf(pass.Upload<float>([2], [10, 20]));
        pass.Substitute(weight, adapter * 3f);
        Assert.True(pass.IsSubstituted(weight));
        Assert.False(pass.IsSubstituted(bias));
        var y = pass.Of(weight) * pass.Of(bias);
        Assert.Equal([90f, 240], y.Value.ToArray());
        var gradients = pass.Backward(y.Sum());
        Assert.Equal([9f, 12], gradients.Of(adapter)!.ToArray());
        Assert.Null(gradients.Of(weight));
        Assert.Equal([30f, 60], gradients.Of(bias)!.ToArray());
        Assert.Equal([1f, 2], weight.Value.ToArray());
    }

    [Fact]
    public void A_leaf_in_a_parameters_place_keeps_its_own_gradient()
    {
        using var pass = Pass.Train(device);
        var leaf = pass.Leaf(pass.Upload<float>([2], [10, 20]));
        pass.Substitute(weight, leaf);
        var gradients = pass.Backward((pass.Of(weight) * 2f).Sum());
        Assert.Equal([2f, 2], gradients.Of(leaf)!.ToArray());
        Assert.Null(gradients.Of(weight));
    }

    [Fact]
    public void A_parameter_may_be_moved_by_a_gradient_of_itself()
    {
        // MAML's inner step to first order: the gradient of the outer loss is that at the moved weights
        using var inner = Pass.Train(device);
        var gradients = inner.Backward((inner.Of(weight) * inner.Of(weight)).Sum());
        using var outer = Pass.Train(device);
        float[] gradient = gradients.Of(weight)!.ToArray(), value = weight.Value.ToArray();
        var moved = outer.Leaf(outer.Upload<float>([2], [value[0] - 0.1f * gradient[0], value[1] - 0.1f * gradient[1]]));
        outer.Substitute(weight, moved);
        Assert.Equal([1.6f, 3.2f], outer.Backward((outer.Of(weight) * outer.Of(weight)).Sum()).Of(moved)!.ToArray());
    }

    [Fact]
    public void What_is_computed_from_a_parameter_stands_in_its_place_and_the_parameter_learns_through_it()
    {
        using var pass = Pass.Train(device);
        var step = pass.Constant(pass.Upload<float>([2], [0.5f, 1]));
        pass.Substitute(weight, own =>
        {
            Assert.Same(own, pass.Of(weight));
            return own - step;
        });
        Assert.True(pass.IsSubstituted(weight));
        var moved = pass.Of(weight);
        Assert.Equal([0.5f, 1], moved.Value.ToArray());
        Assert.Equal([0.5f, 1], pass.ValueOf(weight).ToArray());
        Assert.Equal([1f, 2], pass.Backward((moved * moved).Sum()).Of(weight)!.ToArray());
    }

    [Fact]
    public void An_adapter_learns_beside_a_weight_that_is_frozen()
    {
        weight.IsFrozen = true;
        using var pass = Pass.Train(device);
        pass.Substitute(weight, own => own + pass.Of(bias));
        var gradients = pass.Backward((pass.Of(weight) * 2f).Sum());
        Assert.Null(gradients.Of(weight));
        Assert.Equal([2f, 2], gradients.Of(bias)!.ToArray());
        using var other = Pass.Train(device);
        using var stranger = Pass.Train(device);
        Assert.Throws<ArgumentException>(() => other.Substitute(weight, _ => stranger.Of(weight)));
    }

    [Fact]
    public void A_buffer_is_read_through_the_pass_and_may_be_a_tensor()
    {
        using var pass = Pass.Infer(device);
        Assert.Equal([3f, 4], pass.ValueOf(bias).ToArray());
        using var numbers = Tensor.From<float>([2], [7, 8], device);
        pass.Substitute(weight, numbers);
        Assert.Equal([7f, 8], pass.ValueOf(weight).ToArray());
        Assert.Equal([7f, 8], pass.Of(weight).Value.ToArray());
        using var later = Pass.Infer(device);
        Assert.Equal([1f, 2], later.ValueOf(weight).ToArray());
    }

    [Fact]
    public void What_cannot_be_substituted_is_refused()
    {
        using var pass = Pass.Train(device);
        var shape = Assert.Throws<ShapeException>(() => pass.Substitute(weight, pass.Leaf(pass.Rent([3]))));
        Assert.Equal("substitute: [3] does not fit weight [2]: what takes a parameter's place has its shape", shape.Message);
        using var other = Pass.Train(device);
        Assert.Throws<ArgumentException>(() => pass.Substitute(weight, other.Leaf(other.Rent([2]))));
        _ = pass.Of(weight);
        _ = pass.ValueOf(bias);
        Refused(weight);
        Refused(bias);
        using var twice = Pass.Train(device);
        twice.Substitute(weight, twice.Leaf(twice.Rent([2])));
        Assert.Throws<InvalidOperationException>(() => twice.Substitute(weight, twice.Leaf(twice.Rent([2]))));

        void Refused(Parameter parameter) => Assert.StartsWith(
            $"{parameter.Name} has been used in this pass already",
            Assert.Throws<InvalidOperationException>(() => pass.Substitute(parameter, pass.Leaf(pass.Rent([2])))).Message, StringComparison.Ordinal);
    }
}
