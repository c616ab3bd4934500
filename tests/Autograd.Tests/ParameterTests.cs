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
        var parameter = new TestParameter("weight", [3], [1, 2, 3]);
        var before = parameter.Value;
        parameter.Fill(numbers => numbers.Fill(7));
        Assert.Same(before, parameter.Value);
        var moved = parameter.ValueOn(device);
        Assert.Equal((device, 7f), (moved.Device, moved.ToArray()[2]));
        parameter.Fill(numbers => numbers.Fill(8));
        Assert.Same(moved, parameter.ValueOn(device));
        Assert.Equal([8f, 8, 8], moved.ToArray());
    }

    [Fact]
    public void A_pass_computes_with_what_was_filled_since_the_last()
    {
        var weight = new TestParameter("weight", [1, 3], [1, 2, 3]);
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

    [Fact]
    public void A_parameter_of_no_model_has_a_lock_of_its_own_and_takes_numbers_over()
    {
        int made = 0;
        var parameter = Parameter.Create("prompt", [2], numbers =>
        {
            made++;
            numbers.Fill(5);
        });
        Assert.False(parameter.IsMade);
        Assert.Equal([5f, 5], parameter.Value.ToArray());
        using (parameter.Lock.Change()) parameter.Adopt(Tensor.From<float>([2], [1, 2]));
        Assert.Equal([1f, 2], parameter.Value.ToArray());
        Assert.Equal(("prompt", 1), (parameter.Name, made));
        using var longer = Tensor.From<float>([3], [1, 2, 3]);
        Assert.Throws<ShapeException>(() => parameter.Adopt(longer));
        using (parameter.Lock.Read())
            Assert.Throws<InvalidOperationException>(() => parameter.Lock.Change().Dispose());
    }

    [Fact]
    public void A_step_has_all_weights_alone_and_makes_what_the_pass_put_off()
    {
        var (moved, frozen) = (new TestParameter("weight", [1], [2]), new TestParameter("frozen", [1], [3]));
        frozen.IsFrozen = true;
        var update = new Update();
        using var pass = Pass.Train(device);
        pass.Defer(update);
        var gradients = pass.Backward((pass.Of(moved) * pass.Of(frozen)).Sum());
        Assert.Equal(0, update.Applied);
        var locks = new WeightLockSet();
        locks.Add(moved.Lock);
        using (gradients.BeginStep(locks))
        {
            Assert.Equal(1, update.Applied);
            moved.ValueOn(device).CopyFrom([2 - gradients.Of(moved)!.ToArray()[0]]);
        }
        Assert.Equal([-1f], moved.Value.ToArray());
    }

    private sealed class Update : DeferredUpdate
    {
        public int Applied { get; private set; }

        public override void Apply(Device device) => Applied++;
    }

    private sealed class Unmakeable(Shape shape) : Parameter(shape)
    {
        public override string Name => "weight";

        protected override void Initialise(Span<float> numbers) => throw new InvalidOperationException("its numbers are made for nothing");
    }
}
