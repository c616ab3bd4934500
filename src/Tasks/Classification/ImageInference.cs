using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Runs a model over pictures without training it.</summary>
internal static class ImageInference
{
    /// <summary>The model's output for each batch, row by row [N, D], beside the batch it came from.</summary>
    public static IEnumerable<(ImageBatch Batch, float[] Rows, int Width)> Run(
        Device device, Batches batches, Func<Variable, Variable> compute, CancellationToken cancellation)
    {
        foreach (var batch in batches.Epoch(0, cancellation))
        {
            using (batch)
            using (var pass = Pass.Infer(device))
            {
                var y = compute(batch.On(pass)).Value;
                yield return (batch, y.ToArray(), y.Shape[1]);
            }
        }
    }

    public static Evaluation Evaluate(
        ImageModel model, Device device, Batches batches, CancellationToken cancellation, Action<int, int>? answered = null)
    {
        int examples = 0, correct = 0;
        double loss = 0;
        foreach (var (batch, logits, classes) in Run(device, batches, model.Forward, cancellation))
        {
            int[] labels = batch.Labels.ToArray();
            for (int row = 0; row < batch.Count; row++)
            {
                var scores = logits.AsSpan(row * classes, classes);
                loss -= LogSoftmax(scores)[labels[row]];
                int answer = IndexOfLargest(scores);
                if (answer == labels[row]) correct++;
                answered?.Invoke(labels[row], answer);
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
