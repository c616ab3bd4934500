using Graft.Tensors;
using Graft.Testing;

namespace Graft.Autograd.Tests;

public sealed class DropoutTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void The_gradient_goes_where_the_numbers_went()
    {
        using var pass = Pass.Train(device, seed: 3);
        var ones = new float[3 * 100];
        Array.Fill(ones, 1f);
        var x = pass.Leaf(Tensor.From<float>([3, 100], ones, device));
        var y = DropoutFunction.Apply(x, 0.4f, "hidden");
        float[] kept = y.Value.ToArray();
        Assert.Contains(0f, kept);
        Assert.All(kept, value => Assert.True(value is 0f or 1f / (1f - 0.4f)));
        Assert.Equal(kept, pass.Backward(y.Sum()).Of(x)!.ToArray());
    }

    [Fact]
    public void Seed_and_name_say_which_mask()
    {
        float[] once = Run(1, "a");
        Assert.Equal(once, Run(1, "a"));
        Assert.NotEqual(once, Run(2, "a"));
        Assert.NotEqual(once, Run(1, "b"));

        float[] Run(ulong seed, string name)
        {
            using var pass = Pass.Train(device, seed);
            return DropoutFunction.Apply(pass.Leaf(Tensor.From<float>([500], Draw.Uniform("x", 500), device)), 0.5f, name).Value.ToArray();
        }
    }

    [Fact]
    public void A_name_called_again_in_one_pass_draws_another_mask_that_follows_from_the_seed()
    {
        var (first, second) = Run(1);
        Assert.NotEqual(first, second);
        var (firstAgain, secondAgain) = Run(1);
        Assert.Equal(first, firstAgain);
        Assert.Equal(second, secondAgain);
        Assert.NotEqual(second, Run(2).Second);

        // the first call's bits are those of the name's own stream, and its gradient goes through its own mask
        using var pass = Pass.Train(device, seed: 1);
        Assert.Equal(new RandomStream(1, "shared"), pass.Stream("shared"));
        Assert.NotEqual(new RandomStream(1, "shared"), pass.Stream("shared"));
        Assert.Equal(new RandomStream(1, "other"), pass.Stream("other"));

        (float[] First, float[] Second) Run(ulong seed)
        {
            using var pass = Pass.Train(device, seed);
            var x = pass.Leaf(Tensor.From<float>([200], Draw.Uniform("x", 200, 1, 2), device));
            Variable once = DropoutFunction.Apply(x, 0.5f, "shared"), again = DropoutFunction.Apply(x, 0.5f, "shared");
            float[] a = once.Value.ToArray(), b = again.Value.ToArray();
            var gradients = pass.Backward((once + again * 10f).Sum());
            Assert.Equal(a.Zip(b, (left, right) => (left > 0 ? 2f : 0) + (right > 0 ? 20f : 0)), gradients.Of(x)!.ToArray());
            return (a, b);
        }
    }

    [Fact]
    public void It_is_not_there_in_inference_and_at_probability_zero()
    {
        using var infer = Pass.Infer(device);
        var x = infer.Constant(infer.Rent([2, 3]));
        Assert.Same(x, DropoutFunction.Apply(x, 0.5f, "x"));
        using var train = Pass.Train(device);
        var leaf = train.Leaf(train.Rent([2, 3]));
        Assert.Same(leaf, DropoutFunction.Apply(leaf, 0f, "x"));
        Assert.Equal(0, train.TapeLength);
    }

    [Theory]
    [InlineData(-0.1f)]
    [InlineData(1.5f)]
    [InlineData(float.NaN)]
    public void Other_probabilities_are_refused(float probability)
    {
        using var pass = Pass.Train(device);
        var x = pass.Leaf(pass.Rent([2]));
        var refused = Assert.Throws<ArgumentException>(() => DropoutFunction.Apply(x, probability, "x"));
        Assert.Equal(FormattableString.CurrentCulture($"dropout: probability {probability} is not from 0 to 1"), refused.Message);
    }
}
