using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Runs a model over pictures without training it.</summary>
internal static class ImageInference
{
    /// <summary>The logits for each batch, row by row [N, D], beside the batch they came from.</summary>
    public static IEnumerable<(ImageBatch Batch, float[] Rows, int Width)> Run(
        ImageModel model, Device device, ImageLoader batches, CancellationToken cancellation) =>
        Run(device, batches, model.Forward, model.Capture, cancellation);

    /// <summary>The trunk's features for each batch, as the logits.</summary>
    public static IEnumerable<(ImageBatch Batch, float[] Rows, int Width)> Features(
        ImageModel model, Device device, ImageLoader batches, CancellationToken cancellation) =>
        Run(device, batches, model.Features, model.CaptureFeatures, cancellation);

    /// <summary>Where there is more than one batch all of the first one's size go through one captured pass; the last, often smaller, is
    /// computed eagerly, with the same bits.</summary>
    private static IEnumerable<(ImageBatch Batch, float[] Rows, int Width)> Run(
        Device device, ImageLoader batches, Func<Variable, Variable> compute, Func<Device, Shape, Captured> capture, CancellationToken cancellation)
    {
        Captured? captured = null;
        try
        {
            foreach (var batch in batches.Epoch(0, cancellation))
            {
                using (batch)
                {
                    if (batches.Count > 1) captured ??= capture(device, batch.Images.Shape);
                    if (captured?.InputShape == batch.Images.Shape)
                    {
                        yield return Finite(batches, batch, batch.Through(captured), captured.OutputShape[1]);
                        continue;
                    }
                    using var pass = Pass.Infer(device);
                    var y = compute(batch.On(pass)).Value;
                    yield return Finite(batches, batch, y.ToArray(), y.Shape[1]);
                }
            }
        }
        finally
        {
            captured?.Dispose();
        }
    }

    /// <summary>Numbers that are not finite are no answer.</summary>
    /// <exception cref="NonFiniteException">A row has one.</exception>
    private static (ImageBatch Batch, float[] Rows, int Width) Finite(ImageLoader batches, ImageBatch batch, float[] rows, int width)
    {
        int at = rows.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        return at < 0 ? (batch, rows, width) : throw new NonFiniteException(
            $"{Printable.Text(batches.Name(batch.Indices[at / width]))}: the network makes of it numbers that are not finite; "
            + "its weights are damaged or diverged in training");
    }

    public static Evaluation Evaluate(
        ImageModel model, Device device, ImageLoader batches, LabelledImages pictures, CancellationToken cancellation, Action<int, int>? answered = null)
    {
        int examples = 0, correct = 0;
        double loss = 0;
        foreach (var (batch, logits, classes) in Run(model, device, batches, cancellation))
        {
            for (int row = 0; row < batch.Count; row++)
            {
                var scores = logits.AsSpan(row * classes, classes);
                int label = pictures.Label(batch.Indices[row]), answer = IndexOfLargest(scores);
                loss -= LogSoftmax(scores)[label];
                if (answer == label) correct++;
                answered?.Invoke(label, answer);
            }
            examples += batch.Count;
        }
        return new Evaluation(examples, correct, loss / Math.Max(1, examples));
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
