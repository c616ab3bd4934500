using System.Buffers;
using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>-log of the probability of a sequence of labels under all its alignments to frames (Graves et al. 2006; PyTorch's <c>ctc_loss</c>). The sums over
/// alignments are computed by the processor in double precision, whatever the device.</summary>
/// <remarks>Letters: B sequences, T frames, V labels; the states of a sequence are its labels with a blank before, between and behind: S = 2 L + 1.</remarks>
internal static class CtcLossFunction
{
    /// <param name="logProbabilities">[B, T, V].</param>
    /// <param name="labels">The labels of each sequence.</param>
    /// <param name="lengths">How many frames of each sequence count.</param>
    /// <param name="blank">The label that means none.</param>
    /// <param name="weights">What each sequence's loss is multiplied with.</param>
    /// <param name="zeroInfinity">Whether a sequence that no alignment fits has the loss 0 rather than infinity.</param>
    /// <returns>The losses [B].</returns>
    public static Variable Apply(
        Variable logProbabilities, IReadOnlyList<int[]> labels, ReadOnlySpan<int> lengths, int blank, ReadOnlySpan<float> weights, bool zeroInfinity)
    {
        var (pass, shape) = (logProbabilities.Pass, logProbabilities.Shape);
        int frames = shape[1], classes = shape[2];
        bool isTracked = logProbabilities.NeedsGradient;
        float[] numbers = pass.Contiguous(logProbabilities.Value).ToArray(), losses = new float[shape[0]];
        float[]? gradient = isTracked ? new float[numbers.Length] : null;
        for (int row = 0; row < losses.Length; row++)
        {
            var range = new Range(row * frames * classes, (row * frames + lengths[row]) * classes);
            double loss = Align(
                numbers.AsSpan(range), classes, labels[row], blank, weights[row], zeroInfinity, gradient is null ? [] : gradient.AsSpan(range));
            losses[row] = (float)(weights[row] * loss);
        }
        var y = pass.Upload<float>([losses.Length], losses);
        return isTracked ? pass.Record(y, new CtcLossNode(logProbabilities, pass.Upload<float>(shape, gradient))) : pass.Untracked(y);
    }

    /// <summary>The loss of one sequence, and the derivative by each log-probability: minus the probability that a label is at a frame.</summary>
    private static double Align(
        ReadOnlySpan<float> numbers, int classes, int[] labels, int blank, float weight, bool zeroInfinity, Span<float> gradient)
    {
        int states = 2 * labels.Length + 1, frames = numbers.Length / classes;
        if (frames == 0) return labels.Length == 0 || zeroInfinity ? 0 : double.PositiveInfinity;
        double[] forward = ArrayPool<double>.Shared.Rent(states * frames), later = ArrayPool<double>.Shared.Rent(states), now = ArrayPool<double>.Shared.Rent(states);
        try
        {
            for (int t = 0; t < frames; t++)
            {
                var row = numbers.Slice(t * classes, classes);
                for (int s = 0; s < states; s++)
                {
                    double sum = t == 0 ? s <= 1 ? 0 : double.NegativeInfinity : forward[(t - 1) * states + s];
                    if (t > 0 && s > 0) sum = Add(sum, forward[(t - 1) * states + s - 1]);
                    if (t > 0 && Skips(labels, s)) sum = Add(sum, forward[(t - 1) * states + s - 2]);
                    forward[t * states + s] = sum + row[Label(labels, s, blank)];
                }
            }
            int last = (frames - 1) * states;
            double total = Add(forward[last + states - 1], states > 1 ? forward[last + states - 2] : double.NegativeInfinity);
            if (double.IsNegativeInfinity(total))
            {
                // nothing says what would make it likelier: PyTorch's derivative is no number either
                if (!zeroInfinity) gradient.Fill(float.NaN);
                return zeroInfinity ? 0 : double.PositiveInfinity;
            }
            if (gradient.IsEmpty) return -total;
            for (int t = frames - 1; t >= 0; t--)
            {
                var row = numbers.Slice(t * classes, classes);
                for (int s = 0; s < states; s++)
                {
                    double sum = t == frames - 1 ? s >= states - 2 ? 0 : double.NegativeInfinity : later[s];
                    if (t < frames - 1 && s + 1 < states) sum = Add(sum, later[s + 1]);
                    if (t < frames - 1 && s + 2 < states && Skips(labels, s + 2)) sum = Add(sum, later[s + 2]);
                    int label = Label(labels, s, blank);
                    gradient[t * classes + label] -= (float)(weight * Math.Exp(forward[t * states + s] + sum - total));
                    now[s] = sum + row[label];
                }
                (later, now) = (now, later);
            }
            return -total;
        }
        finally
        {
            ArrayPool<double>.Shared.Return(forward);
            ArrayPool<double>.Shared.Return(later);
            ArrayPool<double>.Shared.Return(now);
        }
    }

    private static int Label(int[] labels, int state, int blank) => state % 2 == 0 ? blank : labels[state / 2];

    /// <summary>Whether a state may follow on the one before the last: a label that differs from the label before it.</summary>
    private static bool Skips(int[] labels, int state) => state % 2 == 1 && state >= 3 && labels[state / 2] != labels[state / 2 - 1];

    /// <summary>log(e^a + e^b).</summary>
    private static double Add(double a, double b)
    {
        double larger = Math.Max(a, b);
        return double.IsNegativeInfinity(larger) ? larger : larger + Math.Log(1 + Math.Exp(Math.Min(a, b) - larger));
    }

    private sealed class CtcLossNode : Node
    {
        private readonly Variable input;
        private readonly Tensor<float> gradient;

        public CtcLossNode(Variable input, Tensor<float> gradient) => (this.input, this.gradient) = (input, Save(gradient));

        public override void Backward(Tensor<float> dy, BackwardRun run)
        {
            var dx = run.Rent(gradient.Shape);
            run.Device.Zip(default(Multiply), gradient, run.Contiguous(dy).Reshape([gradient.Shape[0], 1, 1]), dx);
            run.Add(input, dx);
        }
    }
}
