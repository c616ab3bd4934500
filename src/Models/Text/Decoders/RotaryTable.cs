using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The cosines and sines of positions, made as far as they are asked for.</summary>
internal sealed class RotaryTable(RotaryScaling scaling)
{
    private readonly Lock growing = new();
    private Angles made = new([], []);

    /// <summary>Angles on a pass's device.</summary>
    /// <param name="pass">The pass, which holds their memory.</param>
    /// <param name="first">The position of the first row.</param>
    /// <param name="count">How many positions there are.</param>
    /// <param name="tokens">T, how many tokens a sequence has.</param>
    /// <param name="positions">The position of each token among those; null for the first T of them.</param>
    public RotaryAngles Of(Pass pass, int first, int count, int tokens, Tensor<int>? positions)
    {
        int half = scaling.Frequencies.Length;
        var angles = Upto(first + count);
        Shape shape = [count, half];
        return new RotaryAngles(
            pass.Upload<float>(shape, angles.Cosines.AsSpan(first * half, count * half)), pass.Upload<float>(shape, angles.Sines.AsSpan(first * half, count * half)), tokens, positions);
    }

    private Angles Upto(int count)
    {
        lock (growing)
        {
            int half = scaling.Frequencies.Length, before = made.Cosines.Length / half;
            if (count <= before) return made;
            int after = Math.Max(count, 2 * before);
            float[] cosines = new float[checked(after * half)], sines = new float[cosines.Length];
            for (int position = 0, at = 0; position < after; position++)
                foreach (float frequency in scaling.Frequencies)
                {
                    // in single precision, as the models were trained with it
                    float angle = position * frequency;
                    (cosines[at], sines[at++]) = ((float)(Math.Cos(angle) * scaling.Factor), (float)(Math.Sin(angle) * scaling.Factor));
                }
            return made = new Angles(cosines, sines);
        }
    }

    /// <summary>[P, W / 2] each.</summary>
    private sealed record Angles(float[] Cosines, float[] Sines);
}
