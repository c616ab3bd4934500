namespace Graft.Tensors;

/// <summary>Random numbers without state: the number at a position depends on the seed, the stream's name and the position alone,
/// so threads, order and what was drawn before do not matter.</summary>
/// <remarks>Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): the key is the seed mixed
/// with the name, the counter is (position, step).</remarks>
public readonly struct RandomStream : IEquatable<RandomStream>
{
    private readonly uint keyLow;
    private readonly uint keyHigh;

    /// <summary>Opens the stream of that name.</summary>
    /// <param name="seed">The seed of the whole run.</param>
    /// <param name="name">What the numbers are for: a parameter's key, "shuffle", "crop".</param>
    public RandomStream(ulong seed, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        // FNV-1a over the name's bytes, then a mix with the seed (the finaliser of SplitMix64)
        ulong hash = 14695981039346656037UL;
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in name.EnumerateRunes())
            foreach (byte value in bytes[..rune.EncodeToUtf8(bytes)]) hash = (hash ^ value) * 1099511628211UL;
        ulong key = seed + 0x9E3779B97F4A7C15UL * (hash | 1);
        key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9UL;
        key = (key ^ (key >> 27)) * 0x94D049BB133111EBUL;
        key ^= key >> 31;
        keyLow = (uint)key;
        keyHigh = (uint)(key >> 32);
    }

    /// <summary>What kernels draw with.</summary>
    public (uint Low, uint High) Key => (keyLow, keyHigh);

    /// <summary>Four independent 32-bit numbers at a position of a step.</summary>
    public (uint First, uint Second, uint Third, uint Fourth) Bits(ulong position, ulong step = 0) =>
        Philox(((uint)position, (uint)(position >> 32), (uint)step, (uint)(step >> 32)), (keyLow, keyHigh));

    /// <summary>Ten rounds of Philox4x32 over a counter.</summary>
    public static (uint First, uint Second, uint Third, uint Fourth) Philox((uint, uint, uint, uint) counter, (uint, uint) key)
    {
        var (c0, c1, c2, c3) = counter;
        var (k0, k1) = key;
        for (int round = 0; round < 10; round++)
        {
            ulong left = (ulong)c0 * 0xD2511F53u;
            ulong right = (ulong)c2 * 0xCD9E8D57u;
            (c0, c1, c2, c3) = ((uint)(right >> 32) ^ c1 ^ k0, (uint)right, (uint)(left >> 32) ^ c3 ^ k1, (uint)left);
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        return (c0, c1, c2, c3);
    }

    /// <summary>A number in [0, 1) with 24 random bits.</summary>
    public float Uniform(ulong position, ulong step = 0) => ToUniform(Bits(position, step).First);

    /// <summary>A whole number in [0, <paramref name="exclusiveMaximum"/>); the bias is below 2^-32 of the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The maximum is not positive.</exception>
    public int Below(int exclusiveMaximum, ulong position, ulong step = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMaximum);
        var (first, second, _, _) = Bits(position, step);
        return (int)(UInt128.CreateTruncating(((ulong)second << 32) | first) * (uint)exclusiveMaximum >> 64);
    }

    /// <summary>Fills <paramref name="destination"/> with numbers uniform in [low, high).</summary>
    public void FillUniform(Span<float> destination, float low, float high, ulong step = 0)
    {
        for (int i = 0; i < destination.Length; i++)
            destination[i] = low + (high - low) * ToUniform(Bits((ulong)i, step).First);
    }

    /// <summary>Fills <paramref name="destination"/> with normally distributed numbers (Box-Muller).</summary>
    public void FillNormal(Span<float> destination, float mean, float standardDeviation, ulong step = 0)
    {
        for (int i = 0; i < destination.Length; i += 2)
        {
            var (first, second, _, _) = Bits((ulong)i, step);
            double radius = Math.Sqrt(-2 * Math.Log((first + 1.0) / 4294967296.0));
            var (sine, cosine) = Math.SinCos(2 * Math.PI * second / 4294967296.0);
            destination[i] = (float)(mean + standardDeviation * radius * cosine);
            if (i + 1 < destination.Length) destination[i + 1] = (float)(mean + standardDeviation * radius * sine);
        }
    }

    /// <summary>The numbers 0 ... <paramref name="count"/> - 1 in random order (Fisher-Yates).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public int[] Permutation(int count, ulong step = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var order = new int[count];
        for (int i = 0; i < count; i++)
        {
            int swap = Below(i + 1, (ulong)i, step);
            order[i] = order[swap];
            order[swap] = i;
        }
        return order;
    }

    /// <inheritdoc/>
    public bool Equals(RandomStream other) => keyLow == other.keyLow && keyHigh == other.keyHigh;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RandomStream other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(keyLow, keyHigh);

    /// <summary>Whether two streams draw the same numbers.</summary>
    public static bool operator ==(RandomStream left, RandomStream right) => left.Equals(right);

    /// <summary>Whether two streams draw different numbers.</summary>
    public static bool operator !=(RandomStream left, RandomStream right) => !left.Equals(right);

    private static float ToUniform(uint bits) => (bits >> 8) * (1f / 16777216f);
}
