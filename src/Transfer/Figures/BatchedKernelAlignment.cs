namespace Graft.Transfer;

/// <summary>Linear centred kernel alignment of more examples than fit into memory at once: unbiased estimates of the dependence are averaged over batches
/// (Nguyen et al. 2020).</summary>
public sealed class BatchedKernelAlignment
{
    private double both, first, second;

    /// <summary>How many batches there were.</summary>
    public int Batches { get; private set; }

    /// <summary>The alignment over the batches so far; NaN before there is one, or where the estimate of a side is not above 0.</summary>
    public double Value => first > 0 && second > 0 ? both / Math.Sqrt(first * second) : double.NaN;

    /// <summary>Counts a batch.</summary>
    /// <param name="x">One representation: N rows [N, P], a row an example.</param>
    /// <param name="y">The other: N rows [N, Q] of the same examples in the same order.</param>
    /// <param name="examples">N, four at least.</param>
    /// <exception cref="ArgumentException">The numbers are not N rows of one width.</exception>
    public void Add(ReadOnlySpan<float> x, ReadOnlySpan<float> y, int examples)
    {
        var (xy, xx, yy) = CentredKernelAlignment.Dependence(x, y, examples);
        (both, first, second, Batches) = (both + xy, first + xx, second + yy, Batches + 1);
    }
}
