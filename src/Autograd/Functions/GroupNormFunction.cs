using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>y = (x - mean) / sqrt(variance + epsilon) * weight + bias with the mean and the biased variance of each image's groups of
/// neighbouring channels (Wu and He 2018; PyTorch's <c>group_norm</c>). x: [N, C, ...], weight, bias: [C].</summary>
internal static class GroupNormFunction
{
    /// <summary>Computes with channels innermost: an input in that order is read without a copy.</summary>
    /// <param name="x">[N, C, ...].</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="groups">Into how many groups the channels fall; with 1 all of an image is normalised together, with C each
    /// channel by itself (an instance norm).</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public static Variable Apply(Variable x, Variable weight, Variable bias, int groups, float epsilon)
    {
        x.RequireSamePass(weight);
        x.RequireSamePass(bias);
        Check(x.Shape, weight.Shape, bias.Shape, groups);
        var (pass, device) = (x.Pass, x.Pass.Device);
        var input = Grouped(pass.ChannelsLast(x.Value), groups);
        var factors = PerChannel(pass, weight.Value, groups);
        var y = pass.Rent(x.Shape, MemoryFormat.ChannelsLast);
        var output = Grouped(y, groups);
        float share = ShareOf(input.Shape);
        Tensor<float> mean = pass.Rent(OneAGroup(input.Shape)), inverse = pass.Rent(mean.Shape), scale = pass.Rent(input.Shape.With(1, 1));
        device.Reduce<SumOf>(input, mean, share);
        device.Zip(default(Subtract), input, mean, output);
        device.Reduce<SumOfSquares>(output, inverse, share);
        device.Map(new InverseSquareRoot(epsilon), inverse, inverse);
        device.Zip(default(Multiply), inverse, factors, scale);
        device.Zip(default(Multiply), output, scale, output);
        device.Zip(default(Add), output, PerChannel(pass, bias.Value, groups), output);
        bool tracked = x.NeedsGradient || weight.NeedsGradient || bias.NeedsGradient;
        return tracked ? pass.Record(y, new GroupNormNode(x, weight, bias, input, mean, inverse, factors)) : pass.Untracked(y);
    }

    private static void Check(Shape x, Shape weight, Shape bias, int groups)
    {
        if (x.Rank < 2) ShapeException.Throw("group_norm", $"input {x}", "the input has to be [N, C, ...]");
        if (groups < 1 || x[1] % groups != 0)
            ShapeException.Throw("group_norm", $"input {x}", $"{x[1]} channels do not fall into {groups} groups");
        if (weight != new Shape([x[1]]))
            ShapeException.Throw("group_norm", $"input {x} does not fit weight {weight}", $"the input has {x[1]} channels, so the weight has to be [{x[1]}]");
        if (bias != weight) ShapeException.Throw("group_norm", $"bias {bias} does not fit weight {weight}", "both need a value for each channel");
    }

    /// <summary>A dense channels-last tensor [N, C, ...] as [N, pixels, groups, C / groups]: a view.</summary>
    private static Tensor<float> Grouped(Tensor<float> x, int groups)
    {
        int images = x.Shape[0], channels = x.Shape[1];
        Shape shape = [images, Places(x.Shape), groups, channels / groups];
        return x.View(shape, Strides.Dense(shape), x.Offset);
    }

    private static int Places(Shape x)
    {
        int places = 1;
        for (int axis = 2; axis < x.Rank; axis++) places *= x[axis];
        return places;
    }

    private static Tensor<float> PerChannel(Pass pass, Tensor<float> values, int groups) =>
        pass.Contiguous(values).Reshape([groups, values.Shape[0] / groups]);

    private static Shape OneAGroup(Shape grouped) => grouped.With(1, 1).With(3, 1);

    /// <summary>1 / the number of elements in a group of an image.</summary>
    private static float ShareOf(Shape grouped) => 1f / Math.Max(1, (float)grouped[1] * grouped[3]);

    private sealed class GroupNormNode : Node
    {
        private readonly Variable input;
        private readonly Variable weight;
        private readonly Variable bias;
        private readonly Tensor<float> x;
        private readonly Tensor<float> mean;
        private readonly Tensor<float> inverse;
        private readonly Tensor<float> factors;

        public GroupNormNode(
            Variable input, Variable weight, Variable bias, Tensor<float> x, Tensor<float> mean, Tensor<float> inverse, Tensor<float> factors)
        {
            (this.input, this.weight, this.bias) = (input, weight, bias);
            this.x = Save(x);
            this.mean = Save(mean);
            this.inverse = Save(inverse);
            this.factors = Save(factors);
        }

        /// <summary>With g = dy * weight and h = (x - mean) * inverse: dx = inverse * (g - mean(g) - h * mean(g h)) over each group,
        /// dweight = the sum of dy h, dbias = that of dy.</summary>
        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var device = run.Device;
            int groups = factors.Shape[0];
            var gradient = Grouped(run.ChannelsLast(dy), groups);
            if (bias.NeedsGradient) AddPerChannel(run, bias, gradient);
            if (!input.NeedsGradient && !weight.NeedsGradient) return;
            var dx = run.Rent(input.Shape, MemoryFormat.ChannelsLast);
            Tensor<float> normalised = run.Rent(x.Shape), products = run.Rent(x.Shape), to = Grouped(dx, groups);
            device.Zip(default(Subtract), x, mean, normalised);
            device.Zip(default(Multiply), normalised, inverse, normalised);
            device.Zip(default(Multiply), gradient, normalised, products);
            if (weight.NeedsGradient) AddPerChannel(run, weight, products);
            if (!input.NeedsGradient) return;
            float share = ShareOf(x.Shape);
            Tensor<float> sum = run.Rent(mean.Shape), along = run.Rent(mean.Shape);
            device.Zip(default(Multiply), products, factors, products);
            device.Reduce<SumOf>(products, along, share);
            device.Zip(default(Multiply), gradient, factors, to);
            device.Reduce<SumOf>(to, sum, share);
            device.Zip(default(Subtract), to, sum, to);
            device.Zip(default(Multiply), normalised, along, normalised);
            device.Zip(default(Subtract), to, normalised, to);
            device.Zip(default(Multiply), to, inverse, to);
            run.Add(input.Slot, dx);
        }

        private void AddPerChannel(BackwardRun run, Variable variable, Tensor<float> terms)
        {
            var sum = run.Rent(factors.Shape);
            run.Device.Reduce<SumOf>(terms, sum);
            run.Add(variable.Slot, sum.Reshape(variable.Shape));
        }
    }
}
