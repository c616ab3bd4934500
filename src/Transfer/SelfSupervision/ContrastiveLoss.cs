using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Two views of a picture are to be more alike than any two pictures of the batch (SimCLR's NT-Xent, Chen et al. 2020; an InfoNCE, van den Oord et al.
/// 2018).</summary>
public static class ContrastiveLoss
{
    /// <summary>The mean over all 2 n views of -ln (exp(s(i, j) / T) / sum over k other than i of exp(s(i, k) / T)): j the other view of i, s the cosine.</summary>
    /// <param name="first">[n, features]: a view of each example, projected.</param>
    /// <param name="second">[n, features]: another view of each.</param>
    /// <param name="temperature">T; 0.5 in the paper for small pictures, 0.1 for large ones.</param>
    /// <returns>One element.</returns>
    /// <exception cref="ShapeException">They are no matrices of one shape with two rows or more.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not above 0.</exception>
    public static Variable Of(Variable first, Variable second, double temperature = 0.5)
    {
        ViewShapes.Require("contrastive loss", first, second);
        if (!(temperature > 0 && double.IsFinite(temperature))) throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "a temperature is above 0");
        int n = first.Shape[0];
        var views = Variable.Concat([first, second]).Normalise();
        var pass = views.Pass;
        // a view is not compared with itself
        var self = new float[4 * n * n];
        for (int i = 0; i < 2 * n; i++) self[i * 2 * n + i] = Excluded;
        var scores = views.MatMul(views.Transpose(0, 1)) * (float)(1 / temperature) + pass.Constant(pass.Upload<float>([2 * n, 2 * n], self));
        int[] others = [.. Enumerable.Range(0, 2 * n).Select(i => (i + n) % (2 * n))];
        return scores.CrossEntropy(others);
    }

    private const float Excluded = -1e9f;
}

/// <summary>What two views have to be.</summary>
internal static class ViewShapes
{
    /// <exception cref="ShapeException">They are no matrices of one shape with two rows or more.</exception>
    public static void Require(string operation, Variable first, Variable second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Shape.Rank != 2 || first.Shape != second.Shape || first.Shape[0] < 2)
            ShapeException.Throw(operation, $"views {first.Shape} and {second.Shape}", "both are [examples, features] of one shape and two examples or more");
    }
}
