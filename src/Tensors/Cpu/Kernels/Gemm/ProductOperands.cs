namespace Graft.Tensors;

/// <summary>The operands of a batch of products: the first matrix of each and their strides.</summary>
internal readonly unsafe struct ProductOperands(
    float* left, nint leftLine, nint leftDepth, float* right, nint rightLine, nint rightDepth, float* output, nint outputRow, float* residual, nint residualRow)
{
    /// <summary>The operands of one product; <paramref name="leading"/> runs over output, left, right and residual.</summary>
    public (MatrixView Left, MatrixView Right, StridedRows Output, StridedRows Residual) At(in StridedIteration leading, nint item) => (
        new MatrixView(left + Offset(leading, item, 1), leftLine, leftDepth),
        new MatrixView(right + RightOffset(leading, item), rightLine, rightDepth),
        new StridedRows(output + Offset(leading, item, 0), outputRow),
        new StridedRows(residual + Offset(leading, item, 3), residualRow));

    /// <summary>The offset of a product's right matrix from the first one.</summary>
    public static nint RightOffset(in StridedIteration leading, nint item) => Offset(leading, item, 2);

    private static nint Offset(in StridedIteration leading, nint item, int operand)
    {
        nint outer = item / leading.Inner, inner = item - outer * leading.Inner;
        return leading.RowOffset(operand, outer) + inner * leading.InnerStep(operand);
    }
}
