namespace Graft.Tensors;

/// <summary>Numbers that attention's kernels and those who call them agree on.</summary>
public static class AttentionLimits
{
    /// <summary>Below every score that counts, and finite: where the running maximum begins, so that a row with no key at all gives
    /// e^(-infinity - this) = 0, not NaN. A bias at or below it hides its key.</summary>
    public const float LowestMaximum = -1e30f;
}
