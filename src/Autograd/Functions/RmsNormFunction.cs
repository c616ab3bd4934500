using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>y = x / sqrt(mean(x^2) + epsilon) * weight over the last axis (Zhang and Sennrich 2019; PyTorch's <c>rms_norm</c>; T5's and
/// Llama's norm). x: [..., C], weight: [C].</summary>
internal static class RmsNormFunction
{
    public static Variable Apply(Variable x, Variable weight, float epsilon)
    {
        x.RequireSamePass(weight);
        if (x.Shape.Rank == 0) ShapeException.Throw("rms_norm", $"input {x.Shape}", "the input has to be [..., C]");
        if (weight.Shape != new Shape([x.Shape[^1]]))
            ShapeException.Throw(
                "rms_norm", $"input {x.Shape} does not fit weight {weight.Shape}",
                $"the input's last axis is {x.Shape[^1]}, so the weight has to be [{x.Shape[^1]}]");
        var (pass, device) = (x.Pass, x.Pass.Device);
        var input = pass.Contiguous(x.Value);
        Tensor<float> inverse = pass.Rent(x.Shape.With(^1, 1)), y = pass.Rent(x.Shape);
        device.Reduce<SumOfSquares>(input, inverse, ShareOf(x.Shape));
        device.Map(new InverseSquareRoot(epsilon), inverse, inverse);
        device.Zip(default(Multiply), input, inverse, y);
        device.Zip(default(Multiply), y, weight.Value, y);
        return x.NeedsGradient || weight.NeedsGradient ? pass.Record(y, new RmsNormNode(x, weight, input, inverse)) : pass.Untracked(y);
    }

    private static float ShareOf(Shape x) => 1f / Math.Max(1, x[^1]);

    private sealed class RmsNormNode : Node
    {
        private readonly Variable input;
        private readonly Variable weight;
        private readonly Tensor<float> x;
        private readonly Tensor<float> inverse;
        private readonly Tensor<float> factors;

        public RmsNormNode(Variable input, Variable weight, Tensor<float> x, Tensor<float> inverse)
        {
            (this.input, this.weight) = (input, weight);
            this.x = Save(x);
            this.inverse = Save(inverse);
            factors = Save(weight.Value);
        }

        /// <summary>With g = dy * weight and h = x * inverse: dx = inverse * (g - h * mean(g h)), dweight = the rows' sum of dy h.</summary>
        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var device = run.Device;
            dy = run.Contiguous(dy);
            Tensor<float> normalised = run.Rent(x.Shape), products = run.Rent(x.Shape);
            device.Zip(default(Multiply), x, inverse, normalised);
            device.Zip(default(Multiply), dy, normalised, products);
            if (weight.NeedsGradient)
            {
                var dweight = run.Rent(weight.Shape);
                device.Reduce<SumOf>(products, dweight);
                run.Add(weight.Slot, dweight);
            }
            if (!input.NeedsGradient) return;
            Tensor<float> along = run.Rent(inverse.Shape), dx = run.RentInPlaceOf(dy);
            device.Zip(default(Multiply), products, factors, products);
            device.Reduce<SumOf>(products, along, ShareOf(x.Shape));
            device.Zip(default(Multiply), normalised, along, normalised);
            device.Zip(default(Multiply), dy, factors, dx);
            device.Zip(default(Subtract), dx, normalised, dx);
            device.Zip(default(Multiply), dx, inverse, dx);
            run.Add(input.Slot, dx);
        }
    }
}
