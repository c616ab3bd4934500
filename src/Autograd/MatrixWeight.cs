using Graft.Tensors;

namespace Graft.Autograd;

/// <summary>A weight that is kept as a matrix of narrower numbers, as a variable has it.</summary>
/// <param name="Matrix">Its lines and their numbers.</param>
/// <param name="AreLinesLast">Whether the variable's last axis counts the lines.</param>
internal sealed record MatrixWeight(WeightMatrix Matrix, bool AreLinesLast)
{
    public Shape Shape { get; } = AreLinesLast ? [Matrix.Depth, Matrix.Lines] : [Matrix.Lines, Matrix.Depth];

    /// <summary>The matrix where its lines are the first axis, as products and lookups read it.</summary>
    public WeightMatrix? Lines => AreLinesLast ? null : Matrix;

    public MatrixWeight Turned() => new(Matrix, !AreLinesLast);

    /// <summary>Single numbers in a temporary of a pass.</summary>
    public Tensor<float> Widen(Pass pass)
    {
        var wide = pass.Rent([Matrix.Lines, Matrix.Depth]);
        pass.Device.UnpackWeights(Matrix, wide);
        return AreLinesLast ? wide.Permute(1, 0) : wide;
    }
}
