using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Runs a model over pictures without training it.</summary>
internal static class ImageInference
{
    /// <summary>The outputs for each picture with its index, in order.</summary>
    public static IEnumerable<(int Example, ReadOnlyMemory<float> Outputs)> Rows(
        ImageModel model, Device device, ImageLoader loader, CancellationToken cancellation) =>
        Rows(Run(device, loader, model.Forward, model.Capture, cancellation));

    /// <summary>The trunk's features for each picture, as the outputs.</summary>
    public static IEnumerable<(int Example, ReadOnlyMemory<float> Features)> FeatureRows(
        ImageModel model, Device device, ImageLoader loader, CancellationToken cancellation) =>
        Rows(Run(device, loader, model.Features, model.CaptureFeatures, cancellation));

    private static IEnumerable<(int, ReadOnlyMemory<float>)> Rows(IEnumerable<(ImageBatch Batch, float[] Rows, int Width)> batches)
    {
        foreach (var (batch, rows, width) in batches)
            for (int row = 0; row < batch.Count; row++) yield return (batch.Indices[row], rows.AsMemory(row * width, width));
    }

    /// <summary>Where there is more than one batch all of the first one's size go through one captured pass; the last, often smaller, is
    /// computed eagerly, with the same bits.</summary>
    private static IEnumerable<(ImageBatch Batch, float[] Rows, int Width)> Run(
        Device device, ImageLoader loader, Func<Variable, Variable> compute, Func<Device, Shape, Captured> capture, CancellationToken cancellation)
    {
        Captured? captured = null;
        try
        {
            foreach (var batch in loader.Epoch(0, cancellation))
            {
                using (batch)
                {
                    if (loader.Count > 1) captured ??= capture(device, batch.Images.Shape);
                    if (captured?.InputShape == batch.Images.Shape)
                    {
                        yield return Finite(loader, batch, batch.Through(captured), captured.OutputShape[1]);
                        continue;
                    }
                    using var pass = Pass.Infer(device);
                    var y = compute(batch.On(pass)).Value;
                    yield return Finite(loader, batch, y.ToArray(), y.Shape[1]);
                }
            }
        }
        finally
        {
            captured?.Dispose();
        }
    }

    /// <summary>Refuses outputs that are not finite.</summary>
    /// <exception cref="NonFiniteException">A row has one.</exception>
    private static (ImageBatch Batch, float[] Rows, int Width) Finite(ImageLoader loader, ImageBatch batch, float[] rows, int width)
    {
        int at = rows.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        return at < 0 ? (batch, rows, width) : throw new NonFiniteException(
            $"{Printable.Text(loader.Name(batch.Indices[at / width]))}: the network makes of it numbers that are not finite; "
            + "its weights are damaged or diverged in training");
    }

    /// <summary>One entry of <see cref="LogSoftmax"/>.</summary>
    /// <param name="scores">The logits.</param>
    /// <param name="entry">Which one.</param>
    /// <param name="largest">The largest of them.</param>
    public static double LogProbability(ReadOnlySpan<float> scores, int entry, double largest)
    {
        double sum = 0;
        foreach (float score in scores) sum += Math.Exp(score - largest);
        return scores[entry] - largest - Math.Log(sum);
    }

    public static double[] LogSoftmax(ReadOnlySpan<float> scores)
    {
        var logarithms = new double[scores.Length];
        double largest = scores[IndexOfLargest(scores)], sum = 0;
        foreach (float score in scores) sum += Math.Exp(score - largest);
        for (int i = 0; i < logarithms.Length; i++) logarithms[i] = scores[i] - largest - Math.Log(sum);
        return logarithms;
    }

    /// <summary>The first of the largest, as PyTorch's <c>argmax</c>.</summary>
    public static int IndexOfLargest(ReadOnlySpan<float> scores)
    {
        int best = 0;
        for (int i = 1; i < scores.Length; i++)
            if (scores[i] > scores[best]) best = i;
        return best;
    }
}
