using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Sums up mean and variance of what comes into a batch norm, channel by channel, over batches of any size.</summary>
internal sealed class StatisticsProbe(string layer, int channels)
{
    private readonly double[] sums = new double[channels];
    private readonly double[] squares = new double[channels];
    private double count;

    public string Layer { get; } = layer;

    /// <summary>The mean of each channel.</summary>
    public double[] Means => [.. sums.Select(sum => sum / count)];

    /// <summary>The biased variance of each channel.</summary>
    public double[] Variances => [.. sums.Zip(squares, (sum, square) => square / count - sum / count * (sum / count))];

    /// <summary>Whether anything was observed.</summary>
    public bool IsEmpty => count == 0;

    /// <param name="x">[N, C, H, W], channels last.</param>
    public void Observe(Variable x)
    {
        var pass = x.Pass;
        Tensor<float> mean = pass.Rent([channels]), variance = pass.Rent([channels]);
        pass.Device.ChannelStatistics(x.Value, mean, variance);
        float[] means = mean.ToArray(), variances = variance.ToArray();
        double elements = x.Shape.ElementCount / (double)channels;
        for (int channel = 0; channel < channels; channel++)
        {
            sums[channel] += elements * means[channel];
            squares[channel] += elements * (variances[channel] + (double)means[channel] * means[channel]);
        }
        count += elements;
    }
}
