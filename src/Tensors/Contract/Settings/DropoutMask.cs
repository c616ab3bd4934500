namespace Graft.Tensors;

/// <summary>Which numbers dropout keeps: a function of a stream's key and a number's index, so that backward draws the mask again
/// instead of storing it, and threads, lanes and devices agree.</summary>
/// <remarks>Number i is number i % 64 of block i / 64. Number e of block b takes word e / 16 of the stream's position 16 b + e % 16, so
/// that neighbouring numbers are neighbouring counters. Its upper 24 bits are compared with the probability.</remarks>
public readonly record struct DropoutMask
{
    /// <summary>How many numbers are drawn together.</summary>
    public const int Block = 64;

    /// <summary>Counters of a block, each of four words.</summary>
    public const int CountersPerBlock = Block / 4;

    private const float Range = 1 << 24;

    /// <summary>Keeps a number with probability 1 - <paramref name="probability"/> and scales it by 1 / (1 - probability).</summary>
    public DropoutMask(RandomStream stream, float probability)
    {
        (KeyLow, KeyHigh) = stream.Key;
        Threshold = MathF.Round(probability * Range);
        Scale = probability >= 1f ? 0f : 1f / (1f - probability);
    }

    /// <summary>The lower half of the stream's key.</summary>
    public uint KeyLow { get; }

    /// <summary>The upper half of the stream's key.</summary>
    public uint KeyHigh { get; }

    /// <summary>A number is dropped where its 24 bits are below this; 0 drops none.</summary>
    public float Threshold { get; }

    /// <summary>What a kept number is multiplied by.</summary>
    public float Scale { get; }

    /// <summary>The mask that changes nothing.</summary>
    public static DropoutMask None => new(default, 0f);

    /// <summary>Whether every number is kept.</summary>
    public bool DropsNone => Threshold == 0f;
}
