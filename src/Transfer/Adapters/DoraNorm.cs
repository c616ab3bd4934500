using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>The lengths of a weight's rows, which DoRA learns (Liu et al. 2024): a row is what an output is made of.</summary>
internal static class DoraNorm
{
    /// <summary>The order of axes of a transposed matrix.</summary>
    public static readonly int[] Swapped = [1, 0];

    private static readonly int[] Columns = [1];

    /// <summary>The learnt lengths of a layer, which begin as its weight's.</summary>
    public static Parameter Begin(Parameter magnitude, Parameter weight, bool isTransposed)
    {
        float[] numbers = weight.Value.ToArray(), lengths = Lengths(numbers, (int)magnitude.Shape.ElementCount, isTransposed);
        magnitude.Fill(lengths.CopyTo);
        return magnitude;
    }

    /// <summary>The key of the lengths.</summary>
    public const string Key = "lora_magnitude_vector";

    /// <summary>m / |row|, of a weight [O, ...] that nothing learns through here: what the lengths have to be multiplied with (the paper's 4.3).</summary>
    /// <param name="magnitude">m, of O elements.</param>
    /// <param name="weight">W + scaling * B A [O, K].</param>
    public static Variable Factors(Variable magnitude, Variable weight)
    {
        int outputs = weight.Shape[0];
        return magnitude.Reshape([outputs]) / weight.Detach().Square().Sum(Columns, keepAxes: false).Sqrt();
    }

    /// <summary>The weight whose rows have the learnt lengths.</summary>
    public static void Scale(float[] weight, float[] magnitude, bool isTransposed)
    {
        int outputs = magnitude.Length;
        float[] lengths = Lengths(weight, outputs, isTransposed);
        int inputs = weight.Length / outputs;
        for (int i = 0; i < weight.Length; i++)
        {
            int output = isTransposed ? i % outputs : i / inputs;
            weight[i] *= magnitude[output] / lengths[output];
        }
    }

    private static float[] Lengths(float[] weight, int outputs, bool isTransposed)
    {
        var sums = new double[outputs];
        int inputs = weight.Length / outputs;
        for (int i = 0; i < weight.Length; i++) sums[isTransposed ? i % outputs : i / inputs] += (double)weight[i] * weight[i];
        return Array.ConvertAll(sums, static sum => (float)Math.Sqrt(sum));
    }
}
