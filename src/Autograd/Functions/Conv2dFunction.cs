using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>y = x * weight + bias (cross-correlation, as PyTorch's <c>conv2d</c>).</summary>
internal static class Conv2dFunction
{
    public static Variable Apply(Variable x, Variable weight, Variable? bias, Conv2dGeometry geometry)
    {
        x.RequireSamePass(weight);
        if (bias is not null) x.RequireSamePass(bias);
        Check(x.Shape, weight.Shape, bias?.Shape, geometry);
        var pass = x.Pass;
        var input = pass.ChannelsLast(x.Value);
        var y = Output(x, weight, geometry);
        if (bias is null) pass.Device.Conv2d(default(NoEpilogue), geometry, input, weight.Value, null, null, y);
        else pass.Device.Conv2d(default(AddBias), geometry, input, weight.Value, bias.Value, null, y);
        bool tracked = x.NeedsGradient || weight.NeedsGradient || bias is { NeedsGradient: true };
        return tracked ? pass.Record(y, new Conv2dNode(x, input, weight, bias, geometry)) : pass.Untracked(y);
    }

    /// <summary>op(x * weight + bias): one sweep over the output where no gradient is needed.</summary>
    public static Variable ApplyThen<TOp>(Variable x, Variable weight, Variable? bias, Conv2dGeometry geometry, TOp op)
        where TOp : unmanaged, IUnaryOp
    {
        bool tracked = x.NeedsGradient || weight.NeedsGradient || bias is { NeedsGradient: true };
        if (bias is null || tracked) return Apply(x, weight, bias, geometry).Map(op);
        x.RequireSamePass(weight);
        x.RequireSamePass(bias);
        Check(x.Shape, weight.Shape, bias.Shape, geometry);
        var y = Output(x, weight, geometry);
        x.Pass.Device.Conv2d(new BiasThen<TOp>(op), geometry, x.Pass.ChannelsLast(x.Value), weight.Value, bias.Value, null, y);
        return x.Pass.Untracked(y);
    }

    /// <summary>y = op(x * weight * scale + shift (+ residual)): a convolution with the batch norm (running statistics) and the activation
    /// folded in, in one sweep over the output. For inference; it is not recorded.</summary>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="weight">[O, C / groups, KH, KW].</param>
    /// <param name="shift">[O].</param>
    /// <param name="scale">[O].</param>
    /// <param name="residual">Of the output's shape; null for none.</param>
    /// <param name="op">What follows.</param>
    /// <param name="geometry">How the window moves.</param>
    public static Variable Scaled<TOp>(
        Variable x, Variable weight, Tensor<float> shift, Tensor<float> scale, Variable? residual, TOp op, Conv2dGeometry geometry)
        where TOp : unmanaged, IUnaryOp
    {
        x.RequireSamePass(weight);
        Check(x.Shape, weight.Shape, null, geometry);
        var pass = x.Pass;
        Tensor<float> input = pass.ChannelsLast(x.Value), y = Output(x, weight, geometry);
        if (residual is null)
        {
            pass.Device.Conv2d(new ScaleBiasThen<TOp>(op), geometry, input, weight.Value, shift, null, y, scale);
            return pass.Untracked(y);
        }
        x.RequireSamePass(residual);
        if (residual.Shape != y.Shape)
            ShapeException.Throw("conv2d", $"residual {residual.Shape} does not fit output {y.Shape}", "both need the same shape");
        pass.Device.Conv2d(new ScaleBiasResidualThen<TOp>(op), geometry, input, weight.Value, shift, pass.ChannelsLast(residual.Value), y, scale);
        return pass.Untracked(y);
    }

    private static Tensor<float> Output(Variable x, Variable weight, Conv2dGeometry geometry) => x.Pass.Rent(
        [x.Shape[0], weight.Shape[0], geometry.OutputHeight(x.Shape[2], weight.Shape[2]), geometry.OutputWidth(x.Shape[3], weight.Shape[3])],
        MemoryFormat.ChannelsLast);

    private static void Check(Shape x, Shape weight, Shape? bias, Conv2dGeometry geometry)
    {
        if (x.Rank != 4) ShapeException.Throw("conv2d", $"input {x}", "the input has to be [N, C, H, W]");
        if (weight[1] * geometry.Groups != x[1])
            ShapeException.Throw("conv2d", $"input {x} does not fit weight {weight}", $"the input has {x[1]} channels, the weight takes {weight[1]} in each of {geometry.Groups} groups");
        if (weight[0] % geometry.Groups != 0)
            ShapeException.Throw("conv2d", $"weight {weight}", $"{weight[0]} output channels do not fall into {geometry.Groups} groups");
        if (bias is { } b && b != new Shape([weight[0]]))
            ShapeException.Throw("conv2d", $"bias {b} does not fit weight {weight}", $"the bias needs {weight[0]} values");
        if (geometry.OutputHeight(x[2], weight[2]) <= 0 || geometry.OutputWidth(x[3], weight[3]) <= 0)
            ShapeException.Throw("conv2d", $"input {x} does not fit weight {weight}", "the window is larger than the padded input");
    }

    private sealed class Conv2dNode : Node
    {
        private readonly Variable input;
        private readonly Variable weight;
        private readonly Variable? bias;
        private readonly Conv2dGeometry geometry;
        private readonly Tensor<float>? x;

        public Conv2dNode(Variable input, Tensor<float> x, Variable weight, Variable? bias, Conv2dGeometry geometry)
        {
            (this.input, this.weight, this.bias, this.geometry) = (input, weight, bias, geometry);
            Save(weight.Value);
            if (weight.NeedsGradient) this.x = Save(x);
        }

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            dy = run.ChannelsLast(dy);
            if (x is not null)
            {
                var dweight = run.RentLike(weight.Value);
                run.Device.Conv2dBackwardWeight(geometry, x, dy, dweight);
                run.Add(weight.Slot, dweight);
            }
            if (bias is { NeedsGradient: true }) run.Add(bias.Slot, Elementwise.SumTo(run.Pass, dy.Permute(0, 2, 3, 1), [dy.Shape[1]]));
            if (input.NeedsGradient)
            {
                var dx = run.Rent(input.Shape, MemoryFormat.ChannelsLast);
                run.Device.Conv2dBackwardInput(geometry, dy, weight.Value, dx);
                run.Add(input.Slot, dx);
            }
        }
    }
}
