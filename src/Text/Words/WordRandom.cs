using Graft.Tensors;

namespace Graft.Text;

/// <summary>The numbers of a stream one after the other, four to a draw.</summary>
internal sealed class WordRandom(RandomStream stream, ulong step)
{
    private ulong position;
    private (uint First, uint Second, uint Third, uint Fourth) drawn;
    private int left;

    /// <summary>32 random bits.</summary>
    public uint Next()
    {
        if (left == 0) (drawn, left) = (stream.Bits(position++, step), 4);
        return left-- switch { 4 => drawn.First, 3 => drawn.Second, 2 => drawn.Third, _ => drawn.Fourth };
    }

    /// <summary>A whole number in [0, maximum).</summary>
    public int Below(int maximum) => (int)((ulong)Next() * (uint)maximum >> 32);

    /// <summary>A number in [0, 1).</summary>
    public double Uniform() => Next() / 4294967296.0;
}
