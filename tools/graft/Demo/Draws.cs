using Graft.Tensors;

namespace Graft.CommandLine.Demo;

/// <summary>The random choices of one drawing, one after another: a <see cref="RandomStream"/> read from its start, so that a drawing
/// depends on the seed, the stream's name and its own index alone.</summary>
internal sealed class Draws(ulong seed, string name, int drawing)
{
    private readonly RandomStream stream = new(seed, name);
    private ulong place;

    /// <summary>A value in [low, high).</summary>
    public float Between(float low, float high) => low + (high - low) * stream.Uniform(place++, (ulong)drawing);

    /// <summary>An integer in [0, count).</summary>
    public int Below(int count) => stream.Below(count, place++, (ulong)drawing);

    /// <summary>True in that share of the cases.</summary>
    public bool Chance(float probability) => stream.Uniform(place++, (ulong)drawing) < probability;
}
