using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Shows whether imported weights are the network that was trained: each batch norm's running mean and variance, which training
/// left in the file, are compared with those measured on pictures. A layer whose weights are random or another's, and a wrong
/// normalisation of the pictures, show at the first norm behind it.</summary>
public static class StatisticsCheck
{
    /// <summary>The variance of a channel below which it is dead.</summary>
    private const double Dead = 1e-10;

    /// <summary>Runs pictures through the model and compares.</summary>
    /// <param name="model">A model of nobody else's; it is in nobody's forward meanwhile.</param>
    /// <param name="batches">Pictures [N, C, H, W], prepared as the model wants them; a few hundred of the kind that it was trained on.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="cancellation">Ends the work between two batches.</param>
    /// <exception cref="ArgumentException">The model has no batch norm, or there is no picture.</exception>
    /// <exception cref="ShapeException">The pictures do not fit the model.</exception>
    public static StatisticsReport Run(ImageModel model, IEnumerable<Tensor<float>> batches, Device device, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batches);
        ArgumentNullException.ThrowIfNull(device);
        BatchNorm2d[] norms = [.. model.Descendants().OfType<BatchNorm2d>()];
        if (norms.Length == 0) throw new ArgumentException($"{model.Name} has no batch norm, so the file says nothing of the pictures that it was trained on");
        foreach (var norm in norms) norm.Probe = new StatisticsProbe(norm.Key, norm.Running.Mean.Shape[0]);
        try
        {
            int pictures = 0;
            foreach (var batch in batches)
            {
                cancellation.ThrowIfCancellationRequested();
                using var pass = Pass.Infer(device);
                _ = model.Features(pass.Constant(batch));
                pictures += batch.Shape[0];
            }
            if (pictures == 0) throw new ArgumentException("there is no picture to measure by");
            return new StatisticsReport(pictures, [.. norms.Where(norm => !norm.Probe!.IsEmpty).Select(Compare)]);
        }
        finally
        {
            foreach (var norm in norms) norm.Probe = null;
        }
    }

    private static NormFit Compare(BatchNorm2d norm)
    {
        var probe = norm.Probe!;
        double[] means = Doubles(norm.Running.Mean), variances = Doubles(norm.Running.Variance);
        double[] measuredMeans = probe.Means, measuredVariances = probe.Variances;
        double shift = 0, spread = 0;
        for (int channel = 0; channel < means.Length; channel++)
        {
            double difference = measuredMeans[channel] - means[channel];
            shift += difference * difference / Math.Max(variances[channel], Dead) / means.Length;
            spread += Math.Abs(Logarithm(measuredVariances[channel]) - Logarithm(variances[channel])) / means.Length;
        }
        return new NormFit(
            probe.Layer, Correlation(means, measuredMeans), Correlation([.. variances.Select(Logarithm)], [.. measuredVariances.Select(Logarithm)]),
            Math.Sqrt(shift), Math.Exp(spread));
    }

    private static double[] Doubles(Parameter buffer) => [.. buffer.Value.ToArray().Select(value => (double)value)];

    // Variances of channels lie orders of magnitude apart. A dead channel has none at all.
    private static double Logarithm(double variance) => Math.Log(Math.Max(variance, Dead));

    /// <summary>Pearson's correlation.</summary>
    private static double Correlation(double[] stored, double[] measured)
    {
        double first = stored.Average(), second = measured.Average();
        double both = 0, left = 0, right = 0;
        for (int i = 0; i < stored.Length; i++)
        {
            both += (stored[i] - first) * (measured[i] - second);
            left += (stored[i] - first) * (stored[i] - first);
            right += (measured[i] - second) * (measured[i] - second);
        }
        return left * right > 0 ? both / Math.Sqrt(left * right) : left == right ? 1 : 0;
    }
}
