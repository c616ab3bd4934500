using Graft.Autograd;
using Graft.Models;
using Graft.Transfer;

namespace Graft.Tensors.Gpu.Tests;

/// <summary>An optimiser's steps on the simulated card.</summary>
public sealed class OptimiserOnGpuTests
{
    [Fact]
    public void A_step_over_all_parameters_is_one_launch_and_the_CPUs_numbers()
    {
        using var cpu = new CpuDevice(1);
        using var card = GpuDevice.OnCpuAccelerator();
        var expected = Train(cpu, static () => 0, out _);
        var actual = Train(card, () => card.Launches, out long launches);
        Assert.Equal(1, launches);
        for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-5, $"{i}: {expected[i]} and {actual[i]}");
    }

    /// <summary>The weights after two steps of Adam, and how many kernels the second was.</summary>
    private static float[] Train(Device device, Func<long> count, out long launches)
    {
        var model = new Sequential(new Linear(3, 5), new Linear(5, 2));
        int wave = 0;
        foreach (var parameter in model.Parameters())
        {
            parameter.Fill(numbers =>
            {
                for (int i = 0; i < numbers.Length; i++) numbers[i] = MathF.Sin(++wave);
            });
        }
        var groups = new ParameterGroups(new ParameterGroup("all", model.Parameters()));
        groups.Rates(0.1);
        using var optimiser = Optimiser.Adam(groups);
        launches = 0;
        for (int step = 0; step < 2; step++)
        {
            using var pass = Pass.Train(device, seed: 1);
            using var x = Tensor.From<float>([4, 3], [.. Enumerable.Range(0, 12).Select(static at => MathF.Sin(at))], device);
            var gradients = pass.Backward(model.Forward(pass.Constant(x)).Square().Mean());
            long before = count();
            optimiser.Step(gradients);
            // the first step makes the moments too
            launches = count() - before;
        }
        return [.. model.Parameters().SelectMany(static parameter => parameter.Value.ToArray())];
    }
}
