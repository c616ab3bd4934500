using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>|a - b|^2 = |a|^2 + |b|^2 - 2 a b of all pairs of rows, not below 0 by rounding.</summary>
internal static class SquaredDistances
{
    /// <summary>[n, d] and [m, d] to [n, m].</summary>
    public static Variable Of(Variable rows, Variable others) =>
        (rows.Square().Sum([1], keepAxes: true) + others.Square().Sum([1], keepAxes: true).Transpose(0, 1) - 2f * rows.MatMul(others.Transpose(0, 1))).Relu();
}
