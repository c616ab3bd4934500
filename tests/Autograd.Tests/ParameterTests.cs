using Graft.Tensors;

namespace Graft.Autograd.Tests;

public sealed class ParameterTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void What_a_file_fills_is_not_made_first()
    {
        var parameter = new Unmakeable([2, 2]);
        parameter.Fill(numbers => ((float[])[1, 2, 3, 4]).CopyTo(numbers));
        Assert.Equal([1f, 2, 3, 4], parameter.Value.ToArray());
    }

    [Fact]
    public void Filling_overwrites_in_place_and_the_numbers_move_to_the_device_that_asks()
    {
        var parameter = new TestParameter("weight", [3], [1, 2, 3], Device.Cpu);
        var before = parameter.Value;
        parameter.Fill(numbers => numbers.Fill(7));
        Assert.Same(before, parameter.Value);
        var moved = parameter.On(device);
        Assert.Equal((device, 7f), (moved.Device, moved.ToArray()[2]));
        parameter.Fill(numbers => numbers.Fill(8));
        Assert.Same(moved, parameter.On(device));
        Assert.Equal([8f, 8, 8], moved.ToArray());
    }

    [Fact]
    public void A_pass_computes_with_what_was_filled_since_the_last()
    {
        var weight = new TestParameter("weight", [1, 3], [1, 2, 3], device);
        using var x = Tensor.From<float>([2, 3], [1, 1, 1, 2, 2, 2], device);
        Assert.Equal([6f, 12], Product());
        weight.Fill(numbers => numbers.Fill(7));
        Assert.Equal([21f, 42], Product());

        float[] Product()
        {
            using var pass = Pass.Infer(device);
            return LinearFunction.Apply(pass.Constant(x), pass.Of(weight), null).Value.ToArray();
        }
    }

    private sealed class Unmakeable(Shape shape) : Parameter(shape)
    {
        public override string Name => "weight";

        internal override Tensor<float> Create() => throw new InvalidOperationException("its numbers are made for nothing");
    }
}
