using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>y = (x - mean) / sqrt(variance + epsilon) * weight + bias, channel by channel (Ioffe and Szegedy 2015).</summary>
internal static class BatchNormFunction
{
    /// <summary>With the statistics of the batch; they are left in <paramref name="mean"/> and <paramref name="variance"/> (biased),
    /// temporaries of the pass, for whoever keeps running ones.</summary>
    public static Variable OfBatch(Variable x, Variable weight, Variable bias, float epsilon, out Tensor<float> mean, out Tensor<float> variance)
    {
        Check(x, weight, bias);
        var pass = x.Pass;
        var input = pass.ChannelsLast(x.Value);
        mean = pass.Rent([x.Shape[1]]);
        variance = pass.Rent([x.Shape[1]]);
        pass.Device.ChannelStatistics(input, mean, variance);
        return Normalise(x, input, mean, variance, weight, bias, epsilon, ofBatch: true);
    }

    /// <summary>With stored statistics, which are constants.</summary>
    public static Variable Stored(Variable x, Tensor<float> mean, Tensor<float> variance, Variable weight, Variable bias, float epsilon)
    {
        Check(x, weight, bias);
        return Normalise(x, x.Pass.ChannelsLast(x.Value), mean, variance, weight, bias, epsilon, ofBatch: false);
    }

    private static Variable Normalise(
        Variable x, Tensor<float> input, Tensor<float> mean, Tensor<float> variance, Variable weight, Variable bias, float epsilon, bool ofBatch)
    {
        var pass = x.Pass;
        var inverse = pass.Rent([x.Shape[1]]);
        pass.Device.Map(new InverseSquareRoot(epsilon), variance, inverse);
        var y = pass.RentLike(input);
        pass.Device.BatchNorm(input, mean, inverse, weight.Value, bias.Value, y);
        bool tracked = x.NeedsGradient || weight.NeedsGradient || bias.NeedsGradient;
        return tracked ? pass.Record(y, new BatchNormNode(x, input, mean, inverse, weight, bias, ofBatch)) : pass.Untracked(y);
    }

    private static void Check(Variable x, Variable weight, Variable bias)
    {
        x.RequireSamePass(weight);
        x.RequireSamePass(bias);
        if (x.Shape.Rank < 2 || x.Shape[1] != weight.Shape[0])
            ShapeException.Throw(
                "batch_norm", $"input {x.Shape} does not fit weight {weight.Shape}",
                x.Shape.Rank < 2 ? "the input has to be [N, C, ...]" : $"the input has {x.Shape[1]} channels, the weight {weight.Shape[0]}");
        if (bias.Shape != weight.Shape)
            ShapeException.Throw("batch_norm", $"bias {bias.Shape} does not fit weight {weight.Shape}", "both need a number a channel");
    }

    private sealed class BatchNormNode : Node
    {
        private readonly int inputSlot;
        private readonly int weightSlot;
        private readonly int biasSlot;
        private readonly bool ofBatch;
        private readonly Tensor<float> x;
        private readonly Tensor<float> mean;
        private readonly Tensor<float> inverse;
        private readonly Tensor<float> weight;

        public BatchNormNode(
            Variable x, Tensor<float> input, Tensor<float> mean, Tensor<float> inverse, Variable weight, Variable bias, bool ofBatch)
        {
            (inputSlot, weightSlot, biasSlot) = (x.Slot, weight.Slot, bias.Slot);
            this.ofBatch = ofBatch;
            // with stored statistics and nothing of its own to learn, the gradient only needs scaling: the input is not kept
            this.x = NeedsSums ? Save(input) : input;
            this.mean = Save(mean);
            this.inverse = Save(inverse);
            this.weight = Save(weight.Value);
        }

        private bool NeedsSums => ofBatch || weightSlot >= 0 || biasSlot >= 0;

        public override void Backward(Tensor<float> dy, Gradients gradients)
        {
            var pass = gradients.Pass;
            dy = pass.ChannelsLast(dy);
            Tensor<float>? dweight = null, dbias = null;
            if (NeedsSums)
            {
                dweight = pass.Rent(weight.Shape);
                dbias = pass.Rent(weight.Shape);
                pass.Device.BatchNormBackwardParameters(dy, x, mean, inverse, dweight, dbias);
                gradients.Add(weightSlot, dweight);
                gradients.Add(biasSlot, dbias);
            }
            if (inputSlot < 0) return;
            var dx = pass.Over(dy);
            pass.Device.BatchNormBackwardInput(dy, NeedsSums ? x : dy, mean, inverse, weight, ofBatch ? dweight : null, ofBatch ? dbias : null, dx);
            gradients.Add(inputSlot, dx);
        }
    }
}
