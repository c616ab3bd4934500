using Graft.Tensors;
using Graft.Testing;

namespace Graft.Autograd.Tests;

/// <summary>Compares every element of every gradient with differences of the forward. The loss is a randomly weighted sum of
/// e^(0.3 y), summed on the host in double precision, so that no two places of y get the same gradient.</summary>
internal static class GradientCheck
{
    private const float Step = 1f / 64;
    private const float Slope = 0.3f;
    private const double Tolerance = 1e-3;

    public static void Run(Device device, string name, Func<Pass, Variable[], Variable> function, params (Shape Shape, float[] Numbers)[] inputs)
    {
        Run(device, name, MemoryFormat.Contiguous, function, inputs);
        if (inputs[0].Shape.Rank == 4) Run(device, name + ", channels last", MemoryFormat.ChannelsLast, function, inputs);
    }

    public static (Shape Shape, float[] Numbers) Input(string name, Shape shape, double low = -1, double high = 1) =>
        (shape, Draw.Uniform(name, shape.ElementCount, low, high));

    /// <summary>Numbers at least 0.1 apart from each other and 0.05 from 0, in random order: no step moves one across a kink.</summary>
    public static (Shape Shape, float[] Numbers) Apart(string name, Shape shape)
    {
        float[] order = Draw.Uniform(name, shape.ElementCount), numbers = new float[order.Length];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = 0.1f * (i - numbers.Length / 2) + 0.05f;
        Array.Sort(order, numbers);
        return (shape, numbers);
    }

    private static void Run(
        Device device, string name, MemoryFormat format, Func<Pass, Variable[], Variable> function, (Shape Shape, float[] Numbers)[] inputs)
    {
        using var pass = Pass.Train(device);
        var leaves = Array.ConvertAll(inputs, input => pass.Leaf(Place(pass, input.Shape, input.Numbers, format)));
        var y = function(pass, leaves);
        float[] weights = Draw.Uniform(name + " weights", y.Shape.ElementCount, 0.5, 1.5);
        for (int i = 1; i < weights.Length; i += 2) weights[i] = -weights[i];
        var loss = ((y * Slope).Exp() * pass.Constant(Place(pass, y.Shape, weights, MemoryFormat.Contiguous))).Sum();
        Assert.Equal(HostLoss(y.Value.ToArray(), weights), loss.Value.ToArray()[0], 1e-4 * weights.Length);
        var gradients = pass.Backward(loss);

        for (int input = 0; input < inputs.Length; input++)
        {
            var gradient = gradients.Of(leaves[input]);
            Assert.NotNull(gradient);
            Assert.Equal(inputs[input].Shape, gradient.Shape);
            float[] actual = gradient.ToArray();
            var expected = new double[actual.Length];
            for (int i = 0; i < expected.Length; i++)
                expected[i] = (8 * Difference(input, i, Step) - Difference(input, i, 2 * Step)) / (12 * Step);
            double scale = Math.Max(0.1, expected.Max(Math.Abs));
            for (int i = 0; i < actual.Length; i++)
            {
                Assert.True(
                    Math.Abs(actual[i] - expected[i]) <= Tolerance * scale,
                    $"{name}: gradient {i} of input {input} {gradient.Shape} is {actual[i]:R}, differences give {expected[i]:R}");
            }
        }

        double Difference(int input, int place, float step) => Moved(input, place, step) - Moved(input, place, -step);

        double Moved(int input, int place, float step)
        {
            using var forward = Pass.Infer(device);
            var moved = new Variable[inputs.Length];
            for (int i = 0; i < moved.Length; i++)
            {
                float[] numbers = inputs[i].Numbers;
                if (i == input)
                {
                    numbers = [.. numbers];
                    numbers[place] += step;
                }
                moved[i] = forward.Constant(Place(forward, inputs[i].Shape, numbers, format));
            }
            return HostLoss(function(forward, moved).Value.ToArray(), weights);
        }
    }

    private static Tensor<float> Place(Pass pass, Shape shape, float[] numbers, MemoryFormat format)
    {
        var tensor = pass.Rent(shape, format);
        tensor.CopyFrom(numbers);
        return tensor;
    }

    private static double HostLoss(float[] y, float[] weights)
    {
        double loss = 0;
        for (int i = 0; i < y.Length; i++) loss += weights[i] * Math.Exp(Slope * (double)y[i]);
        return loss;
    }
}
