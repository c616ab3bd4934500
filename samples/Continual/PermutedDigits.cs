using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Samples.Continual;

/// <summary>Handwritten digits whose pixels are all moved in one way: each way is a task that is as hard as the next one and has nothing to do with it (Goodfellow et al. 2013).</summary>
internal sealed class PermutedDigits(Perceptron model, float[][] images, int[] labels, ulong seed) : ITrainingSet
{
    public const int Pixels = 28 * 28;
    private const int BatchSize = 64;

    public int BatchesPerEpoch => (images.Length + BatchSize - 1) / BatchSize;

    /// <summary>What is added to the loss of some digits and the answers to them; null for nothing.</summary>
    public Func<Variable, Variable, Variable>? Beside { get; init; }

    /// <summary>Reads digits, with the pixels of a task's order.</summary>
    /// <param name="path">A NumPy archive with <c>images</c> [count, 28, 28] and <c>labels</c>.</param>
    /// <param name="task">Which order; 0 leaves them where they are.</param>
    public static (float[][] Images, int[] Labels) Read(string path, int task)
    {
        using var archive = NumpyArchive.Open(path);
        byte[] pixels = archive.Read("images").Bytes;
        int[] order = task == 0 ? [.. Enumerable.Range(0, Pixels)] : new RandomStream(11, "pixels").Permutation(Pixels, (ulong)task);
        return ([.. pixels.Chunk(Pixels).Select(image => Array.ConvertAll(order, from => image[from] / 127.5f - 1))], archive.Read("labels").ToInt32());
    }

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation)
    {
        foreach (int[] rows in new RandomStream(seed, "order").Permutation(images.Length, (ulong)epoch).Chunk(BatchSize))
            yield return new Batch(model, [.. rows.Select(row => images[row])], [.. rows.Select(row => labels[row])], Beside);
    }

    /// <summary>The share of digits that is answered rightly.</summary>
    public static double Accuracy(Perceptron model, (float[][] Images, int[] Labels) digits, Device device)
    {
        int right = 0;
        foreach (int[] rows in Enumerable.Range(0, digits.Labels.Length).Chunk(500))
        {
            using var pass = Pass.Infer(device);
            float[][] logits = [.. model.Forward(On(pass, [.. rows.Select(row => digits.Images[row])])).Value.ToArray().Chunk(Perceptron.Digits)];
            for (int i = 0; i < rows.Length; i++)
                if (Array.IndexOf(logits[i], logits[i].Max()) == digits.Labels[rows[i]]) right++;
        }
        return (double)right / digits.Labels.Length;
    }

    private static Variable On(Pass pass, float[][] rows) => pass.Constant(pass.Upload<float>([rows.Length, Pixels], [.. rows.SelectMany(static row => row)]));

    private sealed class Batch(Perceptron model, float[][] rows, int[] answers, Func<Variable, Variable, Variable>? beside) : ITrainingBatch
    {
        public int Count => rows.Length;

        public Variable Loss(Pass pass)
        {
            var digits = On(pass, rows);
            var logits = model.Forward(digits);
            var loss = logits.CrossEntropy(answers);
            return beside is null ? loss : loss + beside(digits, logits);
        }
    }
}
