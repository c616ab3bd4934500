using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>Each feature is to be the same in two views of a picture and to have nothing to do with the others (Barlow Twins; Zbontar et al. 2021).</summary>
public static class BarlowTwins
{
    /// <summary>sum over i of (1 - C_ii)^2 + lambda times the sum over i and j other than i of C_ij^2: C the correlation, over the batch, of features of the first view
    /// with those of the second.</summary>
    /// <param name="first">[n, features]: a view of each example, projected.</param>
    /// <param name="second">[n, features]: another view of each.</param>
    /// <param name="lambda">How much redundancy costs; 0.005 in the paper.</param>
    /// <returns>One element.</returns>
    /// <exception cref="ShapeException">They are no matrices of one shape with two rows or more.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Lambda is negative or not finite.</exception>
    public static Variable Of(Variable first, Variable second, double lambda = 0.005)
    {
        ViewShapes.Require("Barlow Twins", first, second);
        if (!(lambda >= 0 && double.IsFinite(lambda))) throw new ArgumentOutOfRangeException(nameof(lambda), lambda, "what redundancy costs is a number from 0 up");
        int n = first.Shape[0], width = first.Shape[1];
        var correlation = Standardised(first).Transpose(0, 1).MatMul(Standardised(second)) * (1f / n);
        float[] identity = new float[width * width], weights = new float[width * width];
        Array.Fill(weights, (float)lambda);
        for (int i = 0; i < width; i++) identity[i * width + i] = weights[i * width + i] = 1f;
        var pass = first.Pass;
        Variable Constant(float[] values) => pass.Constant(pass.Upload<float>([width, width], values));
        return ((correlation - Constant(identity)).Square() * Constant(weights)).Sum();
    }

    /// <summary>Each feature with mean 0 and variance 1 over the batch, as a batch norm without parameters makes it.</summary>
    private static Variable Standardised(Variable rows)
    {
        var centred = rows - rows.Mean([0], keepAxes: true);
        return centred / (centred.Square().Mean([0], keepAxes: true) + Epsilon).Sqrt();
    }

    private const float Epsilon = 1e-5f;
}
