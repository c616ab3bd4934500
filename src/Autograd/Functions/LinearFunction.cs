using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>y = x weight^T + bias. x: [..., K], weight: [O, K], bias: [O], y: [..., O] (PyTorch's <c>linear</c>).</summary>
internal static class LinearFunction
{
    public static Variable Apply(Variable x, Variable weight, Variable? bias)
    {
        x.RequireSamePass(weight);
        if (bias is not null) x.RequireSamePass(bias);
        if (x.Shape.Rank == 0 || x.Shape[^1] != weight.Shape[1])
            ShapeException.Throw(
                "linear", $"input {x.Shape} does not fit weight {weight.Shape}",
                $"the input's last axis is {(x.Shape.Rank == 0 ? 1 : x.Shape[^1])}, the weight's axis 1 is {weight.Shape[1]}");
        if (bias is not null && bias.Shape != new Shape([weight.Shape[0]]))
            ShapeException.Throw("linear", $"bias {bias.Shape} does not fit weight {weight.Shape}", $"the bias needs {weight.Shape[0]} numbers");
        var pass = x.Pass;
        int outputs = weight.Shape[0], inputs = weight.Shape[1];
        int rows = checked((int)(inputs == 0 ? 0 : x.Shape.ElementCount / inputs));
        var input = pass.Contiguous(x.Value).Reshape([rows, inputs]);
        var y = pass.Rent([rows, outputs]);
        if (bias is null) pass.Device.Gemm(default(NoEpilogue), input, weight.Value.Permute(1, 0), null, null, y);
        else pass.Device.Gemm(default(AddBias), input, weight.Value.Permute(1, 0), bias.Value, null, y);
        var shaped = y.Reshape(x.Shape.With(^1, outputs));
        bool tracked = x.NeedsGradient || weight.NeedsGradient || bias is { NeedsGradient: true };
        return tracked ? pass.Record(shaped, new LinearNode(x, input, weight, bias)) : pass.Untracked(shaped);
    }

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

        public override void Backward(Tensor<float> dy, Gradients gradients)
        {
            var pass = gradients.Pass;
            int outputs = weight.Shape[0], inputs = weight.Shape[1];
            var rows = pass.Contiguous(dy).Reshape([checked((int)(dy.ElementCount / outputs)), outputs]);
            if (x is not null)
            {
                var dweight = pass.Rent(weight.Shape);
                pass.Device.Gemm(default(NoEpilogue), rows.Permute(1, 0), x, null, null, dweight);
                gradients.Add(weight.Slot, dweight);
            }
            if (bias is { NeedsGradient: true }) gradients.Add(bias.Slot, Elementwise.SumTo(pass, rows, [outputs]));
            if (input.NeedsGradient)
            {
                var dx = pass.Rent([rows.Shape[0], inputs]);
                pass.Device.Gemm(default(NoEpilogue), rows, weight.Value, null, null, dx);
                gradients.Add(input.Slot, dx.Reshape(input.Shape));
            }
        }
    }
}
