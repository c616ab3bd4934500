using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>y = f((x - mean) / sqrt(variance + epsilon) * weight + bias + residual), channel by channel (Ioffe and Szegedy 2015), with
/// what a residual block has behind its norm: a residual or none, f an activation. All of it is one sweep, but for the gradient of an
/// activation that reads its input: that is recorded by itself.</summary>
internal static class BatchNormFunction
{
    /// <summary>With the statistics of the batch; they are left in <paramref name="mean"/> and <paramref name="variance"/> (biased),
    /// temporaries of the pass, for the running statistics.</summary>
    public static Variable OfBatch(
        Variable x, Variable weight, Variable bias, float epsilon, out Tensor<float> mean, out Tensor<float> variance,
        Activation? activation = null, Variable? residual = null)
    {
        Check(x, weight, bias, residual);
        // a single value has no variance: it would be normalised to the bias, and the running variance would be 0 / 0
        if (x.Shape.ElementCount <= x.Shape[1])
            ShapeException.Throw(
                "batch_norm", $"input {x.Shape}",
                "the statistics of a batch need more than one value a channel: use a larger batch or larger images, "
                + "or let norms use their running statistics (BatchNormPolicy.AlwaysRunningStatistics)");
        var pass = x.Pass;
        var input = pass.ChannelsLast(x.Value);
        mean = pass.Rent([x.Shape[1]]);
        variance = pass.Rent([x.Shape[1]]);
        pass.Device.ChannelStatistics(input, mean, variance);
        return (activation ?? Activation.Identity).Normalise(new(x, input, weight, bias, residual), mean, variance, epsilon, ofBatch: true);
    }

    /// <summary>With stored statistics, which are constants.</summary>
    public static Variable Stored(
        Variable x, Tensor<float> mean, Tensor<float> variance, Variable weight, Variable bias, float epsilon,
        Activation? activation = null, Variable? residual = null)
    {
        Check(x, weight, bias, residual);
        return (activation ?? Activation.Identity).Normalise(
            new(x, x.Pass.ChannelsLast(x.Value), weight, bias, residual), mean, variance, epsilon, ofBatch: false);
    }

    /// <summary>The norm with an op behind it.</summary>
    public static Variable Normalise<TOp>(
        TOp op, in BatchNormOperands operands, Tensor<float> mean, Tensor<float> variance, float epsilon, bool ofBatch)
        where TOp : unmanaged, IUnaryOp
    {
        var (x, input, weight, bias, residual) = operands;
        var pass = x.Pass;
        bool tracked = x.NeedsGradient || weight.NeedsGradient || bias.NeedsGradient || residual is { NeedsGradient: true };
        // backward through the norm has the op's output at most: an op whose derivative reads its input is a call of its own
        if (tracked && (TOp.Saves & Saves.Input) != 0) return Normalise(default(Identity), operands, mean, variance, epsilon, ofBatch).Map(op);
        var inverse = pass.Rent(mean.Shape);
        pass.Device.Map(new InverseSquareRoot(epsilon), variance, inverse);
        var y = pass.RentLike(input);
        if (residual is null)
        {
            pass.Device.BatchNorm(new ScaleBiasThen<TOp>(op), input, mean, inverse, weight.Value, bias.Value, null, y);
        }
        else
        {
            var added = pass.ChannelsLast(residual.Value);
            pass.Device.BatchNorm(new ScaleBiasResidualThen<TOp>(op), input, mean, inverse, weight.Value, bias.Value, added, y);
        }
        return tracked ? pass.Record(y, new BatchNormNode<TOp>(op, operands, mean, inverse, y, ofBatch)) : pass.Untracked(y);
    }

    private static void Check(Variable x, Variable weight, Variable bias, Variable? residual)
    {
        x.RequireSamePass(weight);
        x.RequireSamePass(bias);
        if (x.Shape.Rank < 2 || x.Shape[1] != weight.Shape[0])
            ShapeException.Throw(
                "batch_norm", $"input {x.Shape} does not fit weight {weight.Shape}",
                x.Shape.Rank < 2 ? "the input has to be [N, C, ...]" : $"the input has {x.Shape[1]} channels, the weight {weight.Shape[0]}");
        if (bias.Shape != weight.Shape)
            ShapeException.Throw("batch_norm", $"bias {bias.Shape} does not fit weight {weight.Shape}", "both need a value for each channel");
        if (residual is null) return;
        x.RequireSamePass(residual);
        if (residual.Shape != x.Shape)
            ShapeException.Throw("batch_norm", $"residual {residual.Shape} does not fit input {x.Shape}", "both need the same shape");
    }

    private sealed class BatchNormNode<TOp> : Node where TOp : unmanaged, IUnaryOp
    {
        private readonly TOp op;
        private readonly int inputSlot;
        private readonly int weightSlot;
        private readonly int biasSlot;
        private readonly int residualSlot;
        private readonly bool ofBatch;
        private readonly Tensor<float> x;
        private readonly Tensor<float> mean;
        private readonly Tensor<float> inverse;
        private readonly Tensor<float> weight;
        private readonly Tensor<float>? y;

        public BatchNormNode(TOp op, in BatchNormOperands operands, Tensor<float> mean, Tensor<float> inverse, Tensor<float> y, bool ofBatch)
        {
            this.op = op;
            (inputSlot, weightSlot, biasSlot) = (operands.X.Slot, operands.Weight.Slot, operands.Bias.Slot);
            residualSlot = operands.Residual?.Slot ?? -1;
            this.ofBatch = ofBatch;
            // with stored statistics and nothing of its own to learn, the gradient only needs scaling: the input is not kept
            x = NeedsSums ? Save(operands.Input) : operands.Input;
            this.mean = Save(mean);
            this.inverse = Save(inverse);
            weight = Save(operands.Weight.Value);
            if ((TOp.Saves & Saves.Output) != 0) this.y = Save(y);
        }

        private bool NeedsSums => ofBatch || weightSlot >= 0 || biasSlot >= 0;

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            dy = run.ChannelsLast(dy);
            Tensor<float>? dweight = null, dbias = null;
            if (NeedsSums)
            {
                dweight = run.Rent(weight.Shape);
                dbias = run.Rent(weight.Shape);
                run.Device.BatchNormBackwardParameters(op, dy, y, x, mean, inverse, dweight, dbias);
                run.Add(weightSlot, dweight);
                run.Add(biasSlot, dbias);
            }
            if (inputSlot >= 0) Input(dy, ofBatch ? dweight : null, ofBatch ? dbias : null, run);
            else if (residualSlot >= 0) Residual(dy, run);
        }

        private void Input(Tensor<float> dy, Tensor<float>? dweight, Tensor<float>? dbias, BackwardRun run)
        {
            // where nothing follows the norm, the residual's gradient is the output's as it is
            bool isMade = residualSlot >= 0 && typeof(TOp) != typeof(Identity);
            if (!isMade) run.Add(residualSlot, dy);
            var dresidual = isMade ? run.RentLike(dy) : null;
            var dx = run.RentInPlaceOf(dy);
            run.Device.BatchNormBackwardInput(op, dy, y, NeedsSums ? x : dy, mean, inverse, weight, dweight, dbias, dx, dresidual);
            run.Add(inputSlot, dx);
            if (dresidual is not null) run.Add(residualSlot, dresidual);
        }

        private void Residual(Tensor<float> dy, BackwardRun run)
        {
            var dresidual = run.RentInPlaceOf(dy);
            run.Device.MapBackward(op, dy, null, y, dresidual);
            run.Add(residualSlot, dresidual);
        }
    }
}

/// <summary>What a norm is given; <c>Input</c> is x with channels innermost.</summary>
internal readonly record struct BatchNormOperands(Variable X, Tensor<float> Input, Variable Weight, Variable Bias, Variable? Residual);
