using Graft.Tensors;

namespace Graft.Testing;

/// <summary>Test inputs: the same numbers for the same name, on every machine and in every order of tests.</summary>
internal static class Draw
{
    private const ulong Seed = 20;

    public static float[] Uniform(string name, long count, double low = -1, double high = 1)
    {
        var numbers = new float[count];
        new RandomStream(Seed, name).FillUniform(numbers, (float)low, (float)high);
        return numbers;
    }

    public static float[] Normal(string name, long count, double mean = 0, double deviation = 1)
    {
        var numbers = new float[count];
        new RandomStream(Seed, name).FillNormal(numbers, (float)mean, (float)deviation);
        return numbers;
    }

    /// <summary>Whole numbers in [low, high).</summary>
    public static int[] Integers(string name, long count, int low, int high)
    {
        var stream = new RandomStream(Seed, name);
        var numbers = new int[count];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = low + stream.Below(high - low, (ulong)i);
        return numbers;
    }
}
