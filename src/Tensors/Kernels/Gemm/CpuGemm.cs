namespace Graft.Tensors;

public sealed partial class CpuDevice
{
    internal override unsafe void Gemm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> a, Tensor<float> b, Tensor<float>? bias, Tensor<float>? residual, Tensor<float> c)
    {
        int rank = c.Shape.Rank;
        int rows = c.Shape[^2], columns = c.Shape[^1], depth = a.Shape[^1];
        var batch = c.Shape.Without(^1).Without(^1);
        Strides aSteps = a.Expand([.. batch, rows, depth]).Strides, bSteps = b.Expand([.. batch, depth, columns]).Strides;
        var residualSteps = residual is null ? c.Strides : residual.Strides;
        var leading = new LoopNest(batch, Leading(c.Strides), Leading(aSteps), Leading(bSteps), Leading(residualSteps));
        for (nint at = 0; at < leading.Count; at++)
        {
            nint outer = at / leading.Inner, inner = at - outer * leading.Inner;
            float* to = c.Pointer() + Place(0);
            var product = new Product<StridedSource, StridedSource, StridedRows, TEpilogue>(
                new StridedSource(a.Pointer() + Place(1), aSteps[rank - 2], aSteps[rank - 1]),
                new StridedSource(b.Pointer() + Place(2), bSteps[rank - 1], bSteps[rank - 2]),
                new StridedRows(to, c.Strides[rank - 2]),
                new StridedRows(residual is null ? to : residual.Pointer() + Place(3), residualSteps[rank - 2]),
                epilogue, bias.PointerOrNull(), rows, columns, depth);
            Multiply(product);

            nint Place(int operand) => leading.Offset(operand, outer) + inner * leading.InnerStep(operand);
        }
        GC.KeepAlive(a);
        GC.KeepAlive(b);
        GC.KeepAlive(bias);
        GC.KeepAlive(residual);
        GC.KeepAlive(c);

        Strides Leading(Strides steps)
        {
            var kept = new Strides();
            for (int axis = 0; axis < rank - 2; axis++) kept.Set(axis, steps[axis]);
            return kept;
        }
    }

    /// <summary>Cuts a product into items for the workers. The cuts depend on the shape alone.</summary>
    /// <remarks>Where rows abound, the right operand is packed once for all and an item is a block of rows. Else an item is a block
    /// of columns, and (where the depth is long and the output small) of the depth: those items' outputs are added in order.</remarks>
    private unsafe void Multiply<TLeft, TRight, TRows, TEpilogue>(in Product<TLeft, TRight, TRows, TEpilogue> product)
        where TLeft : unmanaged, IPanelSource
        where TRight : unmanaged, IPanelSource
        where TRows : unmanaged, IRowMap
        where TEpilogue : unmanaged, IEpilogue
    {
        if (product.Rows == 0 || product.Columns == 0) return;
        var tile = TileShape.Of(Lanes);
        long rightElements = product.Depth * product.Columns;
        if (product.Rows >= product.Columns / 2 && rightElements <= GemmBlocks.LargestSharedPanels)
        {
            nint panels = (product.Columns + tile.Columns - 1) / tile.Columns;
            using var packed = Rent<float>([checked((int)Math.Max(1, panels * tile.Columns * product.Depth))]);
            float* shared = packed.Pointer();
            workers.Run(new PackKernel<TRight>(product.Right, shared, tile.Columns, product.Columns, product.Depth), panels, product.Depth * tile.Columns);
            nint widest = Math.Max(TileShape.MaximumRows, Math.Min(GemmBlocks.Rows, GemmBlocks.LargestSums / product.Columns));
            nint block = BlockProduct.RoundUp(Math.Clamp((product.Rows + 15) / 16, TileShape.MaximumRows, widest), TileShape.MaximumRows);
            nint items = (product.Rows + block - 1) / block;
            workers.Run(
                new RowBlocksKernel<TLeft, TRight, TRows, TEpilogue>(product, tile, shared, block),
                items, Math.Max(1, block * product.Columns * product.Depth / 8));
            return;
        }

        nint columnBlocks = (product.Columns + GemmBlocks.Columns - 1) / GemmBlocks.Columns;
        nint chunks = Math.Clamp(Math.Min((16 + columnBlocks - 1) / columnBlocks, product.Depth / 1024), 1, 16);
        nint chunkDepth = (product.Depth + chunks - 1) / chunks;
        chunkDepth = Math.Max(1, (chunkDepth + GemmBlocks.Depth - 1) / GemmBlocks.Depth * GemmBlocks.Depth);
        chunks = Math.Max(1, (product.Depth + chunkDepth - 1) / chunkDepth);
        long steps = Math.Max(1, product.Rows * Math.Min(product.Columns, GemmBlocks.Columns) * Math.Min(chunkDepth, product.Depth) / 8);
        if (chunks == 1)
        {
            workers.Run(new ColumnBlocksKernel<TLeft, TRight, TRows, TEpilogue>(product, tile, columnBlocks, chunkDepth, null), columnBlocks, steps);
            return;
        }
        using var partial = Rent<float>([checked((int)(chunks * product.Rows * product.Columns))]);
        float* sums = partial.Pointer();
        workers.Run(
            new ColumnBlocksKernel<TLeft, TRight, TRows, TEpilogue>(product, tile, columnBlocks, chunkDepth, sums), chunks * columnBlocks, steps);
        workers.Run(new CombineChunksKernel<TLeft, TRight, TRows, TEpilogue>(product, sums, chunks), product.Rows, product.Columns * chunks);
    }
}

/// <summary>How a product is blocked for the caches. The depth of a block is the same on every machine, since sums are stored
/// between blocks and so its boundaries show in no bit but might in speed.</summary>
internal static class GemmBlocks
{
    /// <summary>Depth of a block: a right panel of it (32 columns) stays in the first-level cache.</summary>
    public const int Depth = 256;

    /// <summary>Most rows of a block: a left block of it stays in the second-level cache.</summary>
    public const int Rows = 240;

    /// <summary>The most sums of a block of rows: they share the second-level cache with the left block.</summary>
    public const int LargestSums = 128 * 1024;

    /// <summary>Columns of an item where columns are shared out.</summary>
    public const int Columns = 256;

    /// <summary>The most elements of a right operand that is packed whole.</summary>
    public const long LargestSharedPanels = 16L << 20;
}

/// <summary>Where the rows of an output lie.</summary>
internal unsafe interface IRowMap
{
    float* Row(nint row);
}

/// <summary>Rows at equal steps.</summary>
internal readonly unsafe struct StridedRows(float* start, nint step) : IRowMap
{
    public float* Row(nint row) => start + row * step;
}

/// <summary>A product to be computed: sources of both operands, where the output's rows and the residual's lie, the epilogue.</summary>
internal readonly unsafe struct Product<TLeft, TRight, TRows, TEpilogue>(
    TLeft left, TRight right, TRows output, TRows residual, TEpilogue epilogue, float* bias, nint rows, nint columns, nint depth)
    where TLeft : unmanaged, IPanelSource
    where TRight : unmanaged, IPanelSource
    where TRows : unmanaged, IRowMap
    where TEpilogue : unmanaged, IEpilogue
{
    public readonly TLeft Left = left;
    public readonly TRight Right = right;
    public readonly TRows Output = output;
    public readonly TRows Residual = residual;

    public nint Rows => rows;

    public nint Columns => columns;

    public nint Depth => depth;

    /// <summary>Turns the sums of one row, columns [first, first + count), into the output; <paramref name="sums"/> may be it.</summary>
    public void Finish<S>(nint row, nint first, nint count, float* sums) where S : unmanaged, IVectorLane<S>
    {
        float* to = Output.Row(row) + first;
        float* added = TEpilogue.UsesResidual ? Residual.Row(row) + first : null;
        nint i = 0;
        for (; i + S.Width <= count; i += S.Width) S.Store(Apply<S>(sums, added, first, i), to + i);
        for (; i < count; i++) Lane1.Store(Apply<Lane1>(sums, added, first, i), to + i);
    }

    private S Apply<S>(float* sums, float* added, nint first, nint i) where S : unmanaged, IVectorLane<S> => epilogue.Apply(
        S.Load(sums + i),
        TEpilogue.UsesBias ? S.Load(bias + first + i) : S.Splat(0f),
        TEpilogue.UsesResidual ? S.Load(added + i) : S.Splat(0f));
}

/// <summary>Packs the right operand whole, a panel an item: <c>[panel][depth][columns of a tile]</c>.</summary>
internal readonly unsafe struct PackKernel<TSource>(TSource source, float* panels, int panelWidth, nint lines, nint depth) : IRangeKernel
    where TSource : unmanaged, IPanelSource
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint panel = begin; panel < end; panel++)
        {
            nint line = panel * panelWidth;
            source.Pack(panels + line * depth, panelWidth, line, (int)Math.Min(panelWidth, lines - line), 0, (int)depth);
        }
    }
}
