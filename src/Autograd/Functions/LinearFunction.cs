using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>y = x weight^T + bias. x: [..., K], weight: [O, K], bias: [O], y: [..., O] (PyTorch's <c>linear</c>).</summary>
internal static class LinearFunction
{
    public static Variable Apply(Variable x, Variable weight, Variable? bias)
    {
        Check(x, weight, bias);
        var input = Rows(x.Pass, x.Value);
        var y = bias is null
            ? Product(default(NoEpilogue), x, input, weight, null)
            : Product(default(AddBias), x, input, weight, bias);
        return IsTracked(x, weight, bias) ? x.Pass.Record(y, new LinearNode(x, input, weight, bias)) : x.Pass.Untracked(y);
    }

    /// <summary>op(x weight^T + bias): one sweep over the output where no gradient is needed.</summary>
    public static Variable ApplyThen<TOp>(Variable x, Variable weight, Variable? bias, TOp op) where TOp : unmanaged, IUnaryOp
    {
        if (bias is null || IsTracked(x, weight, bias)) return Apply(x, weight, bias).Map(op);
        Check(x, weight, bias);
        return x.Pass.Untracked(Product(new BiasThen<TOp>(op), x, Rows(x.Pass, x.Value), weight, bias));
    }

    /// <summary>x weight^T + bias + residual: one sweep over the output where no gradient is needed. residual: [..., O].</summary>
    public static Variable ApplyPlus(Variable x, Variable weight, Variable? bias, Variable residual)
    {
        if (bias is null || residual.NeedsGradient || IsTracked(x, weight, bias)) return Apply(x, weight, bias) + residual;
        Check(x, weight, bias);
        x.RequireSamePass(residual);
        if (residual.Shape != x.Shape.With(^1, weight.Shape[0])) return Apply(x, weight, bias) + residual;
        return x.Pass.Untracked(Product(new BiasResidualThen<Identity>(default), x, Rows(x.Pass, x.Value), weight, bias, residual));
    }

    private static bool IsTracked(Variable x, Variable weight, Variable? bias) =>
        x.NeedsGradient || weight.NeedsGradient || bias is { NeedsGradient: true };

    private static void Check(Variable x, Variable weight, Variable? bias)
    {
        x.RequireSamePass(weight);
        if (bias is not null) x.RequireSamePass(bias);
        if (x.Shape.Rank == 0 || x.Shape[^1] != weight.Shape[1])
            ShapeException.Throw(
                "linear", $"input {x.Shape} does not fit weight {weight.Shape}",
                $"the input's last axis is {(x.Shape.Rank == 0 ? 1 : x.Shape[^1])}, the weight's axis 1 is {weight.Shape[1]}");
        if (bias is not null && bias.Shape != new Shape([weight.Shape[0]]))
            ShapeException.Throw("linear", $"bias {bias.Shape} does not fit weight {weight.Shape}", $"the bias needs {weight.Shape[0]} values");
    }

    private static Tensor<float> Product<TEpilogue>(TEpilogue epilogue, Variable x, Tensor<float> input, Variable weight, Variable? bias, Variable? residual = null)
        where TEpilogue : unmanaged, IEpilogue
    {
        var y = x.Pass.Rent([input.Shape[0], weight.Shape[0]]);
        var added = residual is null ? null : Rows(x.Pass, residual.Value);
        if (weight.Weight?.Lines is { } matrix) x.Pass.Device.Gemm(epilogue, input, matrix, bias?.Value, added, y);
        else x.Pass.Device.Gemm(epilogue, input, weight.Value.Permute(1, 0), bias?.Value, added, y);
        return Shaped(y, x.Shape.With(^1, weight.Shape[0]));
    }

    /// <summary>[..., K] as [rows, K]: itself where it is that, else a view.</summary>
    private static Tensor<float> Rows(Pass pass, Tensor<float> tensor)
    {
        int width = tensor.Shape[^1];
        return Shaped(pass.Contiguous(tensor), [checked((int)(width == 0 ? 0 : tensor.ElementCount / width)), width]);
    }

    private static Tensor<float> Shaped(Tensor<float> tensor, Shape shape) => tensor.Shape == shape ? tensor : tensor.Reshape(shape);

    private sealed class LinearNode : Node
    {
        private readonly Variable input;
        private readonly Variable weight;
        private readonly Variable? bias;
        private readonly Tensor<float>? x;

        public LinearNode(Variable input, Tensor<float> x, Variable weight, Variable? bias)
        {
            (this.input, this.weight, this.bias) = (input, weight, bias);
            Save(weight.Value);
            if (weight.NeedsGradient) this.x = Save(x);
        }

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            int outputs = weight.Shape[0], inputs = weight.Shape[1];
            var rows = Rows(run.Pass, dy);
            if (x is not null)
            {
                var dweight = run.Rent(weight.Shape);
                run.Device.Gemm(default(NoEpilogue), rows.Permute(1, 0), x, null, null, dweight);
                run.Add(weight.Slot, dweight);
            }
            if (bias is { NeedsGradient: true }) run.Add(bias.Slot, Elementwise.SumTo(run.Pass, rows, [outputs]));
            if (input.NeedsGradient)
            {
                var dx = run.Rent([rows.Shape[0], inputs]);
                run.Device.Gemm(default(NoEpilogue), rows, weight.Value, null, null, dx);
                run.Add(input.Slot, Shaped(dx, input.Shape));
            }
        }
    }
}
