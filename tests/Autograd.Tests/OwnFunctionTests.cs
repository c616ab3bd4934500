using Graft.Tensors;

namespace Graft.Autograd.Tests;

/// <summary>A function as a user of the library writes one.</summary>
public sealed class OwnFunctionTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void It_is_recorded_and_its_gradient_is_right() =>
        GradientCheck.Run(device, "cube", (_, v) => Cube(v[0]), GradientCheck.Input("cube", [2, 3, 4]));

    [Fact]
    public void It_is_recorded_only_where_a_gradient_is_wanted()
    {
        using var pass = Pass.Train(device);
        Assert.False(Cube(pass.Constant(pass.Upload<float>([2], [1, 2]))).NeedsGradient);
        Assert.Equal(0, pass.TapeLength);
        Assert.True(Cube(pass.Leaf(pass.Upload<float>([2], [1, 2]))).NeedsGradient);
        Assert.Equal(1, pass.TapeLength);
        using var infer = Pass.Infer(device);
        var x = infer.Constant(infer.Upload<float>([1], [1]));
        var error = Assert.Throws<InvalidOperationException>(() => infer.Record(x.Value, new CubeNode(x)));
        Assert.Contains("give no node", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_it_saved_is_held_until_backward_and_no_longer()
    {
        using var pass = Pass.Train(device);
        var x = pass.Leaf(pass.Upload<float>([2], [1, 2]));
        var scope = pass.OpenScope();
        var inner = x * 2f;
        var loss = scope.KeepOnly(Cube(inner).Sum());
        Assert.True(inner.Value.IsAlive);
        Assert.Equal([24f, 96], pass.Backward(loss).Of(x)!.ToArray());
        Assert.False(inner.Value.IsAlive);
    }

    [Fact]
    public void A_gradient_of_another_shape_is_refused()
    {
        using var pass = Pass.Train(device);
        var x = pass.Leaf(pass.Upload<float>([2], [1, 2]));
        var y = pass.Record((x * 1f).Value, new Misshapen(x));
        var error = Assert.Throws<ShapeException>(() => pass.Backward(y.Sum()));
        Assert.Equal("backward: gradient [3] does not fit variable [2]: a gradient has the shape of what it is the gradient of", error.Message);
    }

    private static Variable Cube(Variable x)
    {
        var pass = x.Pass;
        var y = pass.RentLike(x.Value);
        pass.Device.Zip(default(Multiply), x.Value, x.Value, y);
        pass.Device.Zip(default(Multiply), y, x.Value, y);
        return pass.Record(y, x.NeedsGradient ? new CubeNode(x) : null);
    }

    private sealed class CubeNode : Node
    {
        private readonly Variable input;
        private readonly Tensor<float> x;

        public CubeNode(Variable input)
        {
            this.input = input;
            x = Save(input.Value);
        }

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var dx = run.RentLike(x);
            run.Device.Zip(default(Multiply), x, x, dx);
            run.Device.Zip(default(Multiply), dx, dy, dx);
            run.Device.Map(new Scale(3f), dx, dx);
            run.Add(input, dx);
        }
    }

    private sealed class Misshapen(Variable input) : Node
    {
        public override void Backward(Tensor<float> dy, BackwardRun run) => run.Add(input, run.Rent([3]));
    }
}
