using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Norms.</summary>
internal static class NormalisationOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        new Operator("BatchNormalization", BatchNorm) { HasWeights = true },
        new Operator("LayerNormalization", LayerNorm) { HasWeights = true },
        Operator.OfFloats("RMSNormalization", static node =>
        {
            var x = node.Variable(0);
            int axis = Dimensions.Axis(node.Attributes.Int("axis", -1), x.Shape.Rank);
            int[] over = [.. Enumerable.Range(axis, x.Shape.Rank - axis)];
            return x / (x.Square().Mean(over, keepAxes: true) + node.Attributes.Float("epsilon", 1e-5f)).Sqrt() * node.Variable(1);
        }) with { HasWeights = true },
        Operator.OfFloats("InstanceNormalization", static node =>
            node.Variable(0).GroupNorm(node.Dims(0)[1], node.Variable(1), node.Variable(2), node.Attributes.Float("epsilon", 1e-5f))) with { HasWeights = true },
        Operator.OfFloats("GroupNormalization", GroupNorm) with { HasWeights = true },
        Operator.OfFloats("LpNormalization", static node =>
        {
            var x = node.Variable(0);
            int axis = Dimensions.Axis(node.Attributes.Int("axis", -1), x.Shape.Rank);
            var norm = node.Attributes.Int("p", 2) == 1 ? x.Abs().Sum([axis], keepAxes: true) : x.Square().Sum([axis], keepAxes: true).Sqrt();
            // a row of zeros stays one
            return x / norm.Maximum(node.Upload([], [float.Epsilon]));
        }),
        Operator.OfFloats("MeanVarianceNormalization", static node =>
        {
            var x = node.Variable(0);
            int[] axes = Dimensions.Axes(node.Attributes.Ints("axes") ?? [0, 2, 3], x.Shape.Rank);
            var centred = x - x.Mean(axes, keepAxes: true);
            return centred / (centred.Square().Mean(axes, keepAxes: true).Sqrt() + 1e-9f);
        }),
        Operator.OfFloats("LRN", LocalResponse),
    ];

    private static Value?[] BatchNorm(NodeContext node)
    {
        Variable x = node.Variable(0), weight = node.Variable(1), bias = node.Variable(2);
        float epsilon = node.Attributes.Float("epsilon", 1e-5f), momentum = node.Attributes.Float("momentum", 0.9f);
        // a sequence or a row of numbers is a plane of one pixel's height or one pixel
        var plane = x.Shape.Rank >= 4 ? x : x.Reshape([x.Shape[0], x.Shape.Rank > 1 ? x.Shape[1] : 1, 1, x.Shape.Rank == 3 ? x.Shape[2] : 1]);
        bool ofBatch = node.Attributes.Flag("training_mode") || (node.Version < 14 && node.OutputCount > 1);
        if (!ofBatch) return [Operator.Typed(plane.BatchNorm(node.Variable(3).Value, node.Variable(4).Value, weight, bias, epsilon).Reshape(x.Shape), node)];
        var y = plane.BatchNormOfBatch(weight, bias, out var mean, out var variance, epsilon).Reshape(x.Shape);
        Variable batchMean = node.Pass.Constant(mean), batchVariance = node.Pass.Constant(variance);
        return
        [
            Operator.Typed(y, node),
            new DeviceValue(node.Variable(3).Detach() * momentum + batchMean * (1 - momentum)),
            new DeviceValue(node.Variable(4).Detach() * momentum + batchVariance * (1 - momentum)),
        ];
    }

    private static Value?[] LayerNorm(NodeContext node)
    {
        var x = node.Variable(0);
        int axis = Dimensions.Axis(node.Attributes.Int("axis", -1), x.Shape.Rank);
        float epsilon = node.Attributes.Float("epsilon", 1e-5f);
        int[] over = [.. Enumerable.Range(axis, x.Shape.Rank - axis)];
        var inner = new Shape(x.Shape.ToArray().AsSpan(axis));
        var weight = node.Variable(1);
        var bias = node.VariableOrNull(2);
        bool isPlain = weight.Shape == inner && (bias is null || bias.Shape == inner) && !node.Wants(1) && !node.Wants(2);
        if (isPlain) return [Operator.Typed(x.LayerNorm(weight, bias ?? weight.Detach() * 0f, epsilon), node)];
        var mean = x.Mean(over, keepAxes: true);
        var centred = x - mean;
        var inverse = (centred.Square().Mean(over, keepAxes: true) + epsilon).Sqrt().Map(default(Reciprocal));
        var y = centred * inverse * weight;
        return [Operator.Typed(bias is null ? y : y + bias, node), new DeviceValue(mean), new DeviceValue(inverse)];
    }

    private static Variable GroupNorm(NodeContext node)
    {
        Variable x = node.Variable(0), weight = node.Variable(1), bias = node.Variable(2);
        int groups = (int)node.Attributes.Int("num_groups", 1), channels = x.Shape[1];
        if (weight.Shape[0] == groups && groups != channels)
        {
            // before version 21 there was a number for each group
            weight = weight.Unsqueeze(1).Expand([groups, channels / groups]).Reshape([channels]);
            bias = bias.Unsqueeze(1).Expand([groups, channels / groups]).Reshape([channels]);
        }
        return x.GroupNorm(groups, weight, bias, node.Attributes.Float("epsilon", 1e-5f));
    }

    /// <summary>x / (bias + alpha / size * the sum of squares of neighbouring channels)^beta (Krizhevsky et al. 2012).</summary>
    private static Variable LocalResponse(NodeContext node)
    {
        var x = node.Variable(0);
        int size = (int)node.Attributes.Int("size", 1), before = (size - 1) / 2, channels = x.Shape[1];
        var squares = x.Square().Pad(1, before, size - 1 - before);
        var sum = squares.Slice(1, 0, channels);
        for (int step = 1; step < size; step++) sum += squares.Slice(1, step, channels);
        return x * (sum * (node.Attributes.Float("alpha", 1e-4f) / size) + node.Attributes.Float("bias", 1f)).Pow(-node.Attributes.Float("beta", 0.75f));
    }
}
