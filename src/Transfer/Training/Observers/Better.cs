namespace Graft.Transfer;

/// <summary>When a figure is better than the best so far, for whatever watches figures.</summary>
internal static class Better
{
    /// <summary>Whether a figure is better; every figure is better than none.</summary>
    /// <param name="value">The figure.</param>
    /// <param name="best">The best so far; NaN before there is one.</param>
    /// <param name="largerIsBetter">Whether a larger figure is better.</param>
    /// <param name="threshold">By which share of the best it has to be better to count (PyTorch's <c>threshold_mode="rel"</c>).</param>
    public static bool Is(double value, double best, bool largerIsBetter, double threshold = 0) =>
        double.IsNaN(best) || (largerIsBetter ? value > best * (1 + threshold) : value < best * (1 - threshold));
}
