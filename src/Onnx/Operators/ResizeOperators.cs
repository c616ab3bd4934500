using Graft.Autograd;

namespace Graft.Onnx;

/// <summary>Images made larger and smaller: along each axis a product with the weights of the neighbours, so that gradients go through.</summary>
internal static class ResizeOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Operator.OfFloats("Resize", Resize, 1, 2, 3),
        Operator.OfFloats("Upsample", Resize, 1),
    ];

    private static Variable Resize(NodeContext node)
    {
        var x = node.Variable(0);
        int[] dims = node.Dims(0);
        bool isOld = node.Version < 11;
        int[] axes = node.Attributes.Ints("axes") is { } given ? [.. given.Select(axis => Dimensions.Axis(axis, dims.Length))] : [.. Enumerable.Range(0, dims.Length)];
        double[]? scales = isOld ? (node.Has(1) ? node.Host(1).ToDoubles() : node.Attributes.Floats("scales")?.Select(scale => (double)scale).ToArray())
            : node.Has(2) && node.Tensor(2).Count > 0 ? node.Host(2).ToDoubles() : null;
        int[]? sizes = !isOld && node.Has(3) && node.Tensor(3).Count > 0 ? node.Int32s(3) : null;
        if (scales is null && sizes is null) throw new ArgumentException("neither scales nor sizes are given");
        double[] regions = !isOld && node.Has(1) && node.Tensor(1).Count > 0 ? node.Host(1).ToDoubles() : [];
        if (sizes is not null) (scales, sizes) = Sized(node.Attributes.Text("keep_aspect_ratio_policy", "stretch"), sizes, [.. axes.Select(axis => dims[axis])]);
        if (scales!.Length != axes.Length) throw new ArgumentException($"{scales.Length} scales are not one for each of {axes.Length} axes");
        Variable? outside = null;
        for (int i = 0; i < axes.Length; i++)
        {
            int input = dims[axes[i]], output = sizes?[i] ?? (int)Math.Floor(input * scales[i]);
            var sampling = new ResizeSampling(node.Attributes, isOld, input, output, scales[i], regions.Length == 2 * axes.Length ? (regions[i], regions[axes.Length + i]) : (0, 1));
            if (sampling.IsIdentity) continue;
            float[] weights = sampling.Weights(out float[]? beyond);
            var matrix = node.Upload([output, input], weights);
            bool isLast = axes[i] == x.Shape.Rank - 1;
            x = isLast ? x.Linear(matrix) : x.Transpose(axes[i], -1).Linear(matrix).Transpose(axes[i], -1);
            if (beyond is null) continue;
            // where the region reaches beyond the image there is another value
            var side = node.Upload([output, .. Enumerable.Repeat(1, x.Shape.Rank - 1 - axes[i])], beyond);
            outside = outside is null ? side : outside.Maximum(side);
        }
        if (outside is null) return x;
        float value = node.Attributes.Float("extrapolation_value");
        return outside.Zip(x, default(WhereFalse)) + outside * value;
    }

    /// <summary>Sizes as scales, with the sides' ratio kept where that is asked for.</summary>
    private static (double[] Scales, int[] Sizes) Sized(string policy, int[] sizes, int[] input)
    {
        double[] scales = [.. sizes.Select((size, i) => size / (double)input[i])];
        if (policy == "stretch") return (scales, sizes);
        double one = policy == "not_larger" ? scales.Min() : scales.Max();
        return ([.. scales.Select(_ => one)], [.. input.Select(length => (int)Math.Floor(one * length + 0.5))]);
    }
}

/// <summary>Which neighbours an output along one axis is made of, and with which weights.</summary>
internal sealed class ResizeSampling(NodeAttributes attributes, bool isOld, int input, int output, double scale, (double Start, double End) region)
{
    private readonly string mode = attributes.Text("mode", "nearest");
    private readonly string coordinates = attributes.Text("coordinate_transformation_mode", isOld ? "asymmetric" : "half_pixel");
    private readonly string rounding = attributes.Text("nearest_mode", isOld ? "floor" : "round_prefer_floor");

    /// <summary>Whether nothing changes.</summary>
    public bool IsIdentity => input == output && scale == 1 && coordinates != "tf_crop_and_resize";

    /// <summary>The weights [outputs, inputs].</summary>
    /// <param name="beyond">1 for each output that is made of none; null where all are made of some.</param>
    public float[] Weights(out float[]? beyond)
    {
        var weights = new float[output * input];
        beyond = null;
        bool excludes = attributes.Flag("exclude_outside");
        for (int at = 0; at < output; at++)
        {
            double place = Place(at);
            if (coordinates == "tf_crop_and_resize" && (place < 0 || place > input - 1))
            {
                beyond ??= new float[output];
                beyond[at] = 1;
                continue;
            }
            int first = (int)Math.Ceiling(place) - 1;
            double[] shares = Shares(place - first, out int start);
            double sum = 0;
            for (int i = 0; i < shares.Length; i++)
            {
                int neighbour = first + start + i;
                if (excludes && (neighbour < 0 || neighbour >= input)) shares[i] = 0;
                sum += shares[i];
            }
            for (int i = 0; i < shares.Length; i++)
                weights[at * input + Math.Clamp(first + start + i, 0, input - 1)] += (float)(excludes ? shares[i] / sum : shares[i]);
        }
        return weights;
    }

    private double Place(int at)
    {
        double width = scale * input;
        return coordinates switch
        {
            "asymmetric" => at / scale,
            "align_corners" => output == 1 ? 0 : at * (input - 1.0) / (width - 1),
            "pytorch_half_pixel" => output == 1 ? -0.5 : (at + 0.5) / scale - 0.5,
            "half_pixel_symmetric" => input / 2.0 * (1 - output / width) + (at + 0.5) / scale - 0.5,
            "tf_crop_and_resize" => (input - 1) * (region.Start + (region.End - region.Start) * (output == 1 ? 0.5 : at / (output - 1.0))),
            "half_pixel" or "tf_half_pixel_for_nn" => (at + 0.5) / scale - 0.5,
            _ => throw new ArgumentException($"the coordinates '{Printable.Text(coordinates)}' are not known"),
        };
    }

    /// <summary>The weights of neighbours, from one on that is counted from the place's own left one; the ratio is in (0, 1].</summary>
    private double[] Shares(double ratio, out int start)
    {
        double narrow = attributes.Flag("antialias") ? Math.Min(1, scale) : 1;
        switch (mode)
        {
            case "nearest":
                start = 0;
                bool isRight = ratio == 1 || rounding switch
                {
                    "floor" => false,
                    "ceil" => true,
                    "round_prefer_ceil" => ratio >= 0.5,
                    _ => ratio > 0.5,
                };
                return isRight ? [0, 1] : [1, 0];
            case "linear" or "bilinear":
                return Kernel(ratio, narrow, 1, static (distance, _) => Math.Max(0, 1 - Math.Abs(distance)), out start);
            case "cubic":
                return Kernel(ratio, narrow, 2, Cubic, out start);
            default:
                throw new ArgumentException($"the mode '{Printable.Text(mode)}' is not known");
        }
    }

    private double[] Kernel(double ratio, double narrow, double reach, Func<double, double, double> shape, out int start)
    {
        start = (int)Math.Floor(-reach / narrow) + 1;
        var shares = new double[2 - 2 * start];
        double slope = attributes.Float("cubic_coeff_a", -0.75f);
        for (int i = 0; i < shares.Length; i++) shares[i] = shape((start + i - ratio) * narrow, slope);
        double sum = shares.Sum();
        if (narrow < 1)
            for (int i = 0; i < shares.Length; i++) shares[i] /= sum;
        return shares;
    }

    /// <summary>Cubic convolution (Keys 1981).</summary>
    private static double Cubic(double distance, double a)
    {
        double x = Math.Abs(distance);
        return x <= 1 ? (a + 2) * x * x * x - (a + 3) * x * x + 1 : x < 2 ? a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a : 0;
    }
}
