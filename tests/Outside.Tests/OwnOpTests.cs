using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Outside.Tests;

/// <summary>Elementwise ops of one's own: the README's, and one of two operands.</summary>
public sealed class OwnOpTests
{
    [Fact]
    public void An_op_of_ones_own_has_its_value_and_its_gradient()
    {
        float[] numbers = [.. Enumerable.Range(-20, 41).Select(i => i * 0.37f)];
        using var tensor = Tensor.From<float>([numbers.Length], numbers);
        using var pass = Pass.Train(Device.Cpu);
        var x = pass.Leaf(tensor);
        var y = x.Map(new Softplus());
        using var gradients = pass.Backward(y.Sum());

        float[] values = y.Value.ToArray(), slopes = gradients.Of(x)!.ToArray();
        for (int i = 0; i < numbers.Length; i++)
        {
            Assert.Equal(Math.Log(1 + Math.Exp(numbers[i])), values[i], 1e-5);
            Assert.Equal(1 / (1 + Math.Exp(-numbers[i])), slopes[i], 1e-6);
        }
    }

    [Fact]
    public void An_op_of_two_operands_has_two_gradients()
    {
        using var left = Tensor.From<float>([2, 1], [3f, 5f]);
        using var right = Tensor.From<float>([1, 2], [4f, 12f]);
        using var pass = Pass.Train(Device.Cpu);
        var (a, b) = (pass.Leaf(left), pass.Leaf(right));
        var y = a.Zip(b, new Hypotenuse());
        using var gradients = pass.Backward(y.Sum());

        double Of(double p, double q) => Math.Sqrt(p * p + q * q);
        Assert.Equal([(float)Of(3, 4), (float)Of(3, 12), (float)Of(5, 4), (float)Of(5, 12)], y.Value.ToArray());
        Assert.Equal(3 / Of(3, 4) + 3 / Of(3, 12), gradients.Of(a)!.ToArray()[0], 1e-6);
        Assert.Equal(12 / Of(3, 12) + 12 / Of(5, 12), gradients.Of(b)!.ToArray()[1], 1e-6);
    }

    /// <summary>y = ln(1 + e^x).</summary>
    private readonly struct Softplus : IUnaryOp
    {
        public static Saves Saves => Saves.Input;

        public S Forward<S>(S x) where S : unmanaged, ILane<S> =>
            S.WhereGreater(x, S.Splat(0f), x, S.Splat(0f)) + S.Log(S.Splat(1f) + S.Exp(-S.Abs(x)));

        public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S> => S.Splat(1f) / (S.Splat(1f) + S.Exp(-x));
    }

    /// <summary>y = sqrt(a^2 + b^2).</summary>
    private readonly struct Hypotenuse : IBinaryOp
    {
        public static Saves Saves => Saves.Input | Saves.Output;

        public S Forward<S>(S a, S b) where S : unmanaged, ILane<S> => S.Sqrt(S.FusedMultiplyAdd(a, a, b * b));

        public S BackwardLeft<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy * a / y;

        public S BackwardRight<S>(S dy, S a, S b, S y) where S : unmanaged, ILane<S> => dy * b / y;
    }
}
