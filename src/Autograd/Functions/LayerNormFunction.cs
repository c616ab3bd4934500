using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>y = (x - mean) / sqrt(variance + epsilon) * weight + bias over the last axis (Ba, Kiros and Hinton 2016; PyTorch's
/// <c>layer_norm</c>). x: [..., C], weight, bias: [C].</summary>
internal static class LayerNormFunction
{
    public static Variable Apply(Variable x, Variable weight, Variable bias, float epsilon)
    {
        x.RequireSamePass(weight);
        x.RequireSamePass(bias);
        Check(x.Shape, weight.Shape, bias.Shape);
        var pass = x.Pass;
        var (input, factors) = (pass.Contiguous(x.Value), pass.Contiguous(weight.Value));
        Shape rows = x.Shape.Without(^1);
        var (mean, inverse, y) = (pass.Rent(rows), pass.Rent(rows), pass.Rent(x.Shape));
        pass.Device.LayerNorm(input, factors, pass.Contiguous(bias.Value), epsilon, mean, inverse, y);
        bool tracked = x.NeedsGradient || weight.NeedsGradient || bias.NeedsGradient;
        return tracked ? pass.Record(y, new LayerNormNode(x, input, mean, inverse, weight, factors, bias)) : pass.Untracked(y);
    }

    private static void Check(Shape x, Shape weight, Shape bias)
    {
        if (x.Rank == 0) ShapeException.Throw("layer_norm", $"input {x}", "the input has to be [..., C]");
        if (weight != new Shape([x[^1]]))
            ShapeException.Throw("layer_norm", $"input {x} does not fit weight {weight}", $"the input's last axis is {x[^1]}, so the weight has to be [{x[^1]}]");
        if (bias != weight) ShapeException.Throw("layer_norm", $"bias {bias} does not fit weight {weight}", "both need a value for each column");
    }

    private sealed class LayerNormNode : Node
    {
        private readonly int inputSlot;
        private readonly int weightSlot;
        private readonly int biasSlot;
        private readonly Tensor<float> x;
        private readonly Tensor<float> mean;
        private readonly Tensor<float> inverse;
        private readonly Tensor<float> weight;

        public LayerNormNode(
            Variable x, Tensor<float> input, Tensor<float> mean, Tensor<float> inverse, Variable weight, Tensor<float> factors, Variable bias)
        {
            (inputSlot, weightSlot, biasSlot) = (x.Slot, weight.Slot, bias.Slot);
            this.x = Save(input);
            this.mean = Save(mean);
            this.inverse = Save(inverse);
            this.weight = Save(factors);
        }

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            dy = run.Contiguous(dy);
            var dx = inputSlot >= 0 ? run.RentInPlaceOf(dy) : null;
            var dweight = weightSlot >= 0 ? run.Rent(weight.Shape) : null;
            var dbias = biasSlot >= 0 ? run.Rent(weight.Shape) : null;
            run.Device.LayerNormBackward(dy, x, mean, inverse, weight, dx, dweight, dbias);
            if (dx is not null) run.Add(inputSlot, dx);
            if (dweight is not null) run.Add(weightSlot, dweight);
            if (dbias is not null) run.Add(biasSlot, dbias);
        }
    }
}
