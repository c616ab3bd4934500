using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>Grad-CAM (Selvaraju et al. 2017): where in a picture the trunk's last feature map speaks for a class.</summary>
/// <remarks>The map's channels are added up with the means of their gradients as weights, and what is below 0 is left out.</remarks>
public static class GradCam
{
    /// <summary>The map of a class.</summary>
    /// <param name="model">The model; it is not changed. Nobody trains it meanwhile.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="image">One preprocessed picture [1, C, H, W].</param>
    /// <param name="label">The class's number.</param>
    /// <returns>The map, whose largest value is 1 unless all are 0; null where the trunk ends in no feature map [1, C, H, W], as of a vision transformer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The model has no such class.</exception>
    public static ActivationMap? Of(ImageModel model, Device device, Tensor<float> image, int label)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfNegative(label);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(label, model.Classes);
        string last = model.Stages.Count > 1 ? model.Stages[^2].Name : "";
        if (last.Length == 0) return null;
        float[] values;
        Shape shape;
        using (var looking = Pass.Infer(device))
        {
            var map = model.ForwardTo(looking.Constant(image), last);
            shape = map.Shape;
            if (shape.Rank != 4) return null;
            values = map.Value.ToArray();
        }
        return Weigh(values, Gradient(model, device, values, shape, label), shape);
    }

    private static ActivationMap Weigh(float[] map, float[] gradient, Shape shape)
    {
        int plane = shape[2] * shape[3];
        var sums = new double[plane];
        for (int channel = 0; channel < shape[1]; channel++)
        {
            double weight = 0;
            for (int at = 0; at < plane; at++) weight += gradient[channel * plane + at];
            for (int at = 0; at < plane; at++) sums[at] += weight / plane * map[channel * plane + at];
        }
        double largest = Math.Max(0, sums.Max());
        return new ActivationMap(shape[2], shape[3], [.. sums.Select(sum => largest > 0 ? (float)(Math.Max(0, sum) / largest) : 0)]);
    }

    /// <summary>The gradient of a class's logit by the map, with everything as in prediction: no dropout, stored statistics.</summary>
    private static float[] Gradient(ImageModel model, Device device, float[] values, Shape shape, int label)
    {
        var norms = model.Descendants().OfType<BatchNorm2d>().Select(static norm => (Norm: norm, norm.Policy)).ToList();
        var dropouts = model.Descendants().OfType<Dropout>().Select(static dropout => (Dropout: dropout, dropout.Probability)).ToList();
        try
        {
            foreach (var (norm, _) in norms) norm.Policy = BatchNormPolicy.AlwaysRunningStatistics;
            foreach (var (dropout, _) in dropouts) dropout.Probability = 0;
            using var pass = Pass.Train(device);
            var leaf = pass.Leaf(pass.Upload<float>(shape, values));
            var logit = model.ForwardHead(leaf).Slice(1, label, 1).Sum();
            float[] gradient = pass.Backward(logit).Of(leaf)?.ToArray() ?? new float[values.Length];
            pass.DiscardDeferred();
            return gradient;
        }
        finally
        {
            foreach (var (norm, policy) in norms) norm.Policy = policy;
            foreach (var (dropout, probability) in dropouts) dropout.Probability = probability;
        }
    }
}

/// <summary>How much each place of a picture counts.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Values">Row by row, from 0 to 1.</param>
public sealed record ActivationMap(int Height, int Width, IReadOnlyList<float> Values)
{
    /// <summary>The value at a place of the picture, both from 0 to 1, between the places of the map.</summary>
    internal double At(double y, double x)
    {
        double row = Math.Clamp(y * Height - 0.5, 0, Height - 1), column = Math.Clamp(x * Width - 0.5, 0, Width - 1);
        int top = (int)row, left = (int)column, bottom = Math.Min(top + 1, Height - 1), right = Math.Min(left + 1, Width - 1);
        double down = row - top, over = column - left;
        return (1 - down) * ((1 - over) * Values[top * Width + left] + over * Values[top * Width + right])
            + down * ((1 - over) * Values[bottom * Width + left] + over * Values[bottom * Width + right]);
    }
}
