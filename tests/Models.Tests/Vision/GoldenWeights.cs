using System.Text;

namespace Graft.Models.Tests;

/// <summary>Weights, images and signs that a formula gives: <c>Golden/make.py</c> has the same formulas, bit by bit.</summary>
internal static class GoldenWeights
{
    /// <summary>Fills every parameter and running statistic.</summary>
    /// <param name="model">The model.</param>
    /// <param name="scale">The middle of vectors that are weights: of the norms' scales.</param>
    /// <param name="shift">The middle of the biases.</param>
    public static void Fill(ImageModel model, double scale = 1, double shift = 0)
    {
        foreach (var tensor in model.Tensors()) tensor.Fill(numbers => Fill(tensor, numbers, scale, shift));
    }

    public static float[] Images(string stream, int count, int size)
    {
        var pixels = new float[count * 3 * size * size];
        Uniform($"images {stream}", pixels, 0, 1.7);
        return pixels;
    }

    public static int[] Labels(int count) => [.. Enumerable.Range(0, count).Select(image => (3 * image + 1) % 10)];

    /// <summary>Norm, largest entry, the products with two vectors of signs, two entries.</summary>
    public static double[] Summary(string key, ReadOnlySpan<float> numbers)
    {
        double squares = 0, largest = 0;
        foreach (float number in numbers)
        {
            squares += (double)number * number;
            largest = Math.Max(largest, Math.Abs(number));
        }
        var (first, second) = Projections(key, numbers);
        ulong stream = Hash("entries " + key), count = (ulong)numbers.Length;
        return [Math.Sqrt(squares), largest, first, second, numbers[(int)(Word(stream, 0) % count)], numbers[(int)(Word(stream, 1) % count)]];
    }

    public static (double First, double Second) Projections(string key, ReadOnlySpan<float> numbers)
    {
        ulong stream = Hash("signs " + key);
        double first = 0, second = 0;
        for (int i = 0; i < numbers.Length; i++)
        {
            ulong word = Word(stream, (ulong)i);
            first += (word >> 63) == 0 ? numbers[i] : -numbers[i];
            second += (word >> 62 & 1) == 0 ? numbers[i] : -numbers[i];
        }
        return (first, second);
    }

    /// <summary>What make.py says of a model's keys: the hash of all of them in order.</summary>
    public static string HashOfKeys(ImageModel model) =>
        $"{Hash(string.Join('\n', model.Tensors().Select(tensor => tensor.Name).Concat(model.Counters().Select(counter => counter.Name)).Order(StringComparer.Ordinal))):x16}";

    private static void Fill(ModuleParameter tensor, Span<float> numbers, double scale, double shift)
    {
        string name = tensor.Name;
        if (tensor.Shape.Rank >= 2) Uniform(name, numbers, 0, Math.Sqrt(6.0 / (numbers.Length / tensor.Shape[0])));
        else if (name.EndsWith("running_var", StringComparison.Ordinal)) Uniform(name, numbers, 1, 0.5);
        else if (name.EndsWith(".weight", StringComparison.Ordinal)) Uniform(name, numbers, scale, 0.1);
        else Uniform(name, numbers, name.EndsWith("running_mean", StringComparison.Ordinal) ? 0 : shift, 0.1);
    }

    private static void Uniform(string key, Span<float> numbers, double middle, double bound)
    {
        ulong stream = Hash(key);
        for (int i = 0; i < numbers.Length; i++) numbers[i] = (float)(middle + bound * ((Word(stream, (ulong)i) >> 40) / 8388608.0 - 1));
    }

    /// <summary>FNV-1a.</summary>
    private static ulong Hash(string text)
    {
        ulong value = 0xCBF29CE484222325;
        foreach (byte one in Encoding.UTF8.GetBytes(text)) value = (value ^ one) * 0x100000001B3;
        return value;
    }

    /// <summary>A number of SplitMix64's sequence from a stream's seed.</summary>
    private static ulong Word(ulong stream, ulong index)
    {
        ulong z = stream + (index + 1) * 0x9E3779B97F4A7C15;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
}
