using ILGPU;

namespace Graft.Tensors.Gpu;

public sealed partial class GpuDevice
{
    public override void Gemm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> a, Tensor<float> b, Tensor<float>? bias, Tensor<float>? residual, Tensor<float> c,
        Tensor<float>? scale = null)
    {
        RequireOperands<TEpilogue>(bias, scale, residual);
        int rank = c.Shape.Rank;
        int rows = c.Shape[^2], columns = c.Shape[^1], terms = a.Shape[^1];
        // the leading axes alone; a factor without them, or with one of length 1, is the same for every batch
        Shape leading = new(c.Shape.ToArray().AsSpan(0, rank - 2));
        Span<StridedIndex> batches = stackalloc StridedIndex[4];
        StridedIndex.Of(leading, [c.Strides, LeadingStrides(a, rank), LeadingStrides(b, rank), (residual ?? c).Strides], batches);

        int aRank = a.Shape.Rank, bRank = b.Shape.Rank;
        var left = new MatrixFactor(ViewOf(a), batches[1], a.Strides[aRank - 2], a.Strides[aRank - 1]);
        var right = new MatrixFactor(ViewOf(b), batches[2], b.Strides[bRank - 1], b.Strides[bRank - 2]);
        var output = new GemmOutput<TEpilogue>(
            epilogue, ViewOf(bias, c), ViewOf(scale, c), ViewOf(residual, c), batches[3], (residual ?? c).Strides[rank - 2],
            ViewOf(c), batches[0], c.Strides[rank - 2]);
        var shape = new ProductShape(
            checked((int)leading.ElementCount), rows, columns, terms, left.IsAlongTerms ? 1 : 0, right.IsAlongTerms ? 1 : 0);
        Product(left, right, output, shape, a, b, bias, residual, c, scale);
    }

    /// <summary>Launches a product of any two factors.</summary>
    private void Product<TLeft, TRight, TOutput>(
        TLeft left, TRight right, TOutput output, ProductShape shape, params ReadOnlySpan<object?> operands)
        where TLeft : struct, IFactor
        where TRight : struct, IFactor
        where TOutput : struct, IProductOutput
    {
        if (MatrixPrecision == MatrixPrecision.High) TensorProduct<TLeft, TRight, TOutput, TensorFloat32>(left, right, output, shape, operands);
        else if (MatrixPrecision == MatrixPrecision.Medium) TensorProduct<TLeft, TRight, TOutput, BrainFloat16>(left, right, output, shape, operands);
        else if (simulated) ProductOf<TLeft, TRight, TOutput, Tile16>(left, right, output, shape, operands);
        else if (shape.Tiles(Tile<Tile128>.Side) >= accelerator.NumMultiprocessors) ProductOf<TLeft, TRight, TOutput, Tile128>(left, right, output, shape, operands);
        else ProductOf<TLeft, TRight, TOutput, Tile64>(left, right, output, shape, operands);
    }

    private void TensorProduct<TLeft, TRight, TOutput, TFormat>(TLeft left, TRight right, TOutput output, ProductShape shape, ReadOnlySpan<object?> operands)
        where TLeft : struct, IFactor
        where TRight : struct, IFactor
        where TOutput : struct, IProductOutput
        where TFormat : struct, IMatrixFormat
    {
        const int Side = TensorProductKernel<TLeft, TRight, TOutput, TFormat>.Side;
        LaunchGroups(
            new TensorProductKernel<TLeft, TRight, TOutput, TFormat>(left, right, output, shape), shape.Tiles(Side), TensorProductKernel<TLeft, TRight, TOutput, TFormat>.Threads, operands);
    }

    private void ProductOf<TLeft, TRight, TOutput, TTile>(TLeft left, TRight right, TOutput output, ProductShape shape, ReadOnlySpan<object?> operands)
        where TLeft : struct, IFactor
        where TRight : struct, IFactor
        where TOutput : struct, IProductOutput
        where TTile : struct, ITile => LaunchGroups(
        new ProductKernel<TLeft, TRight, TOutput, TTile>(left, right, output, shape), shape.Tiles(Tile<TTile>.Side), TTile.Threads * TTile.Threads, operands);

    /// <summary>The strides of a factor's leading axes, as seen from those of a product of that rank.</summary>
    private static Strides LeadingStrides(Tensor<float> factor, int rank)
    {
        var strides = new Strides();
        int added = rank - factor.Shape.Rank;
        for (int axis = added; axis < rank - 2; axis++) strides.Set(axis, factor.Shape[axis - added] == 1 ? 0 : factor.Strides[axis - added]);
        return strides;
    }
}

/// <summary>A matrix in memory with any strides.</summary>
internal readonly struct MatrixFactor(ArrayView<float> elements, StridedIndex batches, int outerStride, int termStride) : IFactor
{
    public bool IsAlongTerms => termStride < outerStride;

    public float At(int batch, int outer, int term) => elements[batches.Offset(batch) + outer * outerStride + term * termStride];
}

/// <summary>c = epilogue(sum), its rows contiguous.</summary>
internal readonly struct GemmOutput<TEpilogue>(
    TEpilogue epilogue, ArrayView<float> bias, ArrayView<float> scale, ArrayView<float> residual, StridedIndex residualBatches, int residualRow,
    ArrayView<float> c, StridedIndex cBatches, int cRow) : IProductOutput
    where TEpilogue : unmanaged, IEpilogue
{
    public void Write(int batch, int row, int column, float sum)
    {
        var factor = TEpilogue.UsesScale ? new GpuLane(scale[column]) : new GpuLane(0f);
        var added = TEpilogue.UsesBias ? new GpuLane(bias[column]) : new GpuLane(0f);
        var before = TEpilogue.UsesResidual ? new GpuLane(residual[residualBatches.Offset(batch) + row * residualRow + column]) : new GpuLane(0f);
        c[cBatches.Offset(batch) + row * cRow + column] = epilogue.Apply(new GpuLane(sum), factor, added, before).Value;
    }
}
