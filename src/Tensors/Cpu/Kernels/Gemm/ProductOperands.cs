namespace Graft.Tensors;

/// <summary>Where the matrices of a batch of products lie, the first of each and their steps.</summary>
internal readonly unsafe struct ProductOperands(
    float* left, nint leftLine, nint leftDepth, float* right, nint rightLine, nint rightDepth, float* output, nint outputRow, float* residual, nint residualRow)
{
    /// <summary>The operands of one product; <paramref name="leading"/> runs over output, left, right and residual.</summary>
    public (StridedSource Left, StridedSource Right, StridedRows Output, StridedRows Residual) At(in LoopNest leading, nint item) => (
        new StridedSource(left + Place(leading, item, 1), leftLine, leftDepth),
        new StridedSource(right + RightPlace(leading, item), rightLine, rightDepth),
        new StridedRows(output + Place(leading, item, 0), outputRow),
        new StridedRows(residual + Place(leading, item, 3), residualRow));

    /// <summary>How far from the first the right matrix of a product lies.</summary>
    public static nint RightPlace(in LoopNest leading, nint item) => Place(leading, item, 2);

    private static nint Place(in LoopNest leading, nint item, int operand)
    {
        nint outer = item / leading.Inner, inner = item - outer * leading.Inner;
        return leading.Offset(operand, outer) + inner * leading.InnerStep(operand);
    }
}
