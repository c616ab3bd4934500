using System.Numerics;

namespace Graft.Tensors;

/// <summary>The block sizes that pools hand out: eight between a power of two and the next, so that at most an eighth of a
/// block is unused.</summary>
public static class SizeClasses
{
    private const int ClassesPerDoubling = 8;
    private const int SmallestBytes = 256;
    private const int LargestExponent = 48;

    /// <summary>How many there are.</summary>
    public static int Count => (LargestExponent - BitOperations.Log2(SmallestBytes)) * ClassesPerDoubling;

    /// <summary>The smallest class whose blocks hold so many bytes.</summary>
    public static int Of(long bytes)
    {
        ulong size = (ulong)Math.Max(bytes, SmallestBytes);
        int exponent = BitOperations.Log2(size);
        int step = (int)((size - (1UL << exponent) + ((1UL << (exponent - 3)) - 1)) >> (exponent - 3));
        return (exponent - BitOperations.Log2(SmallestBytes)) * ClassesPerDoubling + step;
    }

    /// <summary>The size of a class's blocks.</summary>
    public static long Bytes(int sizeClass)
    {
        int exponent = sizeClass / ClassesPerDoubling + BitOperations.Log2(SmallestBytes);
        return (1L << exponent) + (sizeClass % ClassesPerDoubling * (1L << (exponent - 3)));
    }
}
