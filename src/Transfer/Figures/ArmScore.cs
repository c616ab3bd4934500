namespace Graft.Transfer;

/// <summary>How well one training of an arm did on the test.</summary>
/// <param name="Examples">How many examples it learnt from.</param>
/// <param name="Seed">Its seed: what both arms share at a seed is compared in pairs.</param>
/// <param name="Accuracy">The share of the test that it got right, from 0 to 1.</param>
public sealed record ArmScore(int Examples, ulong Seed, double Accuracy)
{
    /// <summary>Which examples of the test it got right, the same test in the same order for all; null where it is not known. With it the interval knows how
    /// much another test of this size could differ.</summary>
    public IReadOnlyList<bool>? Right { get; init; }

    /// <summary>Of what was got right.</summary>
    /// <param name="examples">How many examples it learnt from.</param>
    /// <param name="seed">Its seed.</param>
    /// <param name="right">Which examples of the test it got right.</param>
    /// <exception cref="ArgumentException">The test has no example.</exception>
    public static ArmScore Of(int examples, ulong seed, IReadOnlyList<bool> right)
    {
        ArgumentNullException.ThrowIfNull(right);
        if (right.Count == 0) throw new ArgumentException("the test has no example", nameof(right));
        return new ArmScore(examples, seed, (double)right.Count(static one => one) / right.Count) { Right = right };
    }
}
