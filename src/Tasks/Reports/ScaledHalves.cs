using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>Temperature scaling that is not judged on the examples that it was fitted to: each half of a test with the other's temperature.</summary>
internal static class ScaledHalves
{
    private const int Fewest = 20;

    /// <summary>The calibration of both halves together; null where the test has too few examples.</summary>
    public static ScaledCalibration? Of(float[] logits, int[] labels, ulong seed)
    {
        if (labels.Length < Fewest) return null;
        int classes = logits.Length / labels.Length;
        int[] order = new RandomStream(seed, "halves").Permutation(labels.Length), first = order[..(labels.Length / 2)], second = order[(labels.Length / 2)..];
        var scaled = (float[])logits.Clone();
        double sum = Scale(from: first, to: second) + Scale(from: second, to: first);
        return new ScaledCalibration(sum / 2, Calibration.Of(scaled, labels));

        double Scale(int[] from, int[] to)
        {
            float[] rows = [.. from.SelectMany(row => logits.AsSpan(row * classes, classes).ToArray())];
            double temperature = TemperatureScaling.Fit(rows, [.. from.Select(row => labels[row])]).Temperature;
            foreach (int row in to)
                for (int label = 0; label < classes; label++) scaled[row * classes + label] = (float)(logits[row * classes + label] / temperature);
            return temperature;
        }
    }
}
