namespace Graft.Autograd.Tests;

/// <summary>The numbers of precision.py, bit for bit: SplitMix64 at seed * 2^32 and what follows.</summary>
internal static class Numbers
{
    /// <summary>Numbers of [0, 1), 24 bits each.</summary>
    public static float[] Uniform(ulong seed, int count)
    {
        var numbers = new float[count];
        for (int i = 0; i < count; i++) numbers[i] = (float)At(seed, i);
        return numbers;
    }

    /// <summary>Nearly normal numbers: of four uniform ones.</summary>
    public static float[] Normal(ulong seed, int count, double level = 0, double scale = 1)
    {
        var numbers = new float[count];
        for (int i = 0; i < count; i++)
            numbers[i] = (float)((At(seed, 4 * i) + At(seed, 4 * i + 1) + At(seed, 4 * i + 2) + At(seed, 4 * i + 3) - 2) * Math.Sqrt(3) * scale + level);
        return numbers;
    }

    /// <summary>Whole numbers below a bound.</summary>
    public static int[] Whole(ulong seed, int count, int bound)
    {
        var numbers = new int[count];
        for (int i = 0; i < count; i++) numbers[i] = (int)(Word(seed, i) % (ulong)bound);
        return numbers;
    }

    private static double At(ulong seed, long i) => (Word(seed, i) >> 40) / (double)(1 << 24);

    private static ulong Word(ulong seed, long i)
    {
        ulong z = (seed << 32) + (ulong)i + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
