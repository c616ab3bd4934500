using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>How far two samples are apart: the squared distance of their means in the space of a kernel (Gretton et al. 2012), which is a sum of Gaussians as deep
/// adaptation networks have it (Long et al. 2015).</summary>
public static class MaximumMeanDiscrepancy
{
    /// <summary>The widths of the usual five kernels, in shares of the mean squared distance of all pairs.</summary>
    public static IReadOnlyList<float> UsualWidths { get; } = [0.25f, 0.5f, 1f, 2f, 4f];

    /// <summary>mean k(s, s') + mean k(t, t') - 2 mean k(s, t) over all pairs, k(a, b) = sum over widths w of exp(-|a - b|^2 / (w m)), m the mean squared distance of
    /// all pairs of both samples, which is taken for a constant. It is 0 for equal samples and never below.</summary>
    /// <param name="source">[n, features].</param>
    /// <param name="target">[m, features].</param>
    /// <param name="widths">The kernels' widths; null for <see cref="UsualWidths"/>.</param>
    /// <returns>One element.</returns>
    /// <exception cref="ShapeException">They are no matrices of as many features.</exception>
    /// <exception cref="ArgumentException">There are no widths, or one is not above 0.</exception>
    public static Variable Of(Variable source, Variable target, IReadOnlyList<float>? widths = null)
    {
        DomainShapes.Require("maximum mean discrepancy", source, target);
        widths ??= UsualWidths;
        if (widths.Count == 0 || widths.Any(static width => !(width > 0 && float.IsFinite(width)))) throw new ArgumentException("kernels have widths above 0", nameof(widths));
        int n = source.Shape[0], m = target.Shape[0];
        var all = Variable.Concat([source, target]);
        var distances = SquaredDistances.Of(all, all);
        // of all pairs but those of an example with itself, which are 0
        var mean = distances.Detach().Sum() * (1f / ((float)(n + m) * (n + m - 1)));
        Variable? kernel = null;
        foreach (float width in widths)
        {
            var one = (-(distances / (mean * width + 1e-30f))).Exp();
            kernel = kernel is null ? one : kernel + one;
        }
        var ofSource = kernel!.Slice(0, 0, n);
        var ofTarget = kernel.Slice(0, n, m);
        return ofSource.Slice(1, 0, n).Mean() + ofTarget.Slice(1, n, m).Mean() - 2f * ofSource.Slice(1, n, m).Mean();
    }
}

/// <summary>What features of two domains have to be.</summary>
internal static class DomainShapes
{
    /// <exception cref="ShapeException">They are no matrices of as many features, or one has fewer than two rows.</exception>
    public static void Require(string operation, Variable source, Variable target)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        if (source.Shape.Rank != 2 || target.Shape.Rank != 2 || source.Shape[1] != target.Shape[1] || source.Shape[0] < 2 || target.Shape[0] < 2)
            ShapeException.Throw(operation, $"source {source.Shape} and target {target.Shape}", "both are [examples, features] of as many features and two examples or more");
    }
}
