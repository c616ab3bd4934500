namespace Graft.Tensors;

/// <summary>The middle loops of a product: a block of the left operand, packed, against panels of the right one. Sums stay in
/// a buffer of the worker's own, padded to whole tiles, until the depth is through.</summary>
internal static unsafe class BlockProduct
{
    /// <summary>sums [rows, width] (+)= left block times right panels, over one block of the depth.</summary>
    public static void Add<TLeft, S>(
        in TLeft left, TileShape tile, nint firstRow, nint rowCount, nint k, int depth,
        float* packedLeft, float* rightPanels, nint panelStep, float* sums, nint width, bool accumulate)
        where TLeft : unmanaged, IPanelSource
        where S : unmanaged, IVectorLane<S>
    {
        float** rows = stackalloc float*[TileShape.MaximumRows];
        nint leftPanels = (rowCount + tile.Rows - 1) / tile.Rows;
        for (nint panel = 0; panel < leftPanels; panel++)
        {
            nint row = panel * tile.Rows;
            left.Pack(packedLeft + row * depth, tile.Rows, firstRow + row, (int)Math.Min(tile.Rows, rowCount - row), k, depth);
        }
        for (nint column = 0; column < width; column += tile.Columns, rightPanels += panelStep)
        {
            for (nint panel = 0; panel < leftPanels; panel++)
            {
                for (int i = 0; i < tile.Rows; i++) rows[i] = sums + (panel * tile.Rows + i) * width;
                GemmTile.Run<S>(packedLeft + panel * tile.Rows * depth, rightPanels, depth, rows, column, accumulate);
            }
        }
    }

    public static nint RoundUp(nint value, nint unit) => (value + unit - 1) / unit * unit;
}

/// <summary>Blocks of rows against a right operand that is packed already: <c>[panel][depth][columns of a tile]</c>.</summary>
internal readonly unsafe struct RowBlocksKernel<TLeft, TRight, TRows, TEpilogue>(
    Product<TLeft, TRight, TRows, TEpilogue> product, TileShape tile, float* panels, nint rowsPerItem) : IRangeKernel
    where TLeft : unmanaged, IPanelSource
    where TRight : unmanaged, IPanelSource
    where TRows : unmanaged, IRowMap
    where TEpilogue : unmanaged, IEpilogue
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint width = BlockProduct.RoundUp(product.Columns, tile.Columns), left = BlockProduct.RoundUp(rowsPerItem * GemmBlocks.Depth, 16);
        using var scratch = new RowScratch(checked((int)(left + rowsPerItem * width)));
        float* sums = scratch.Pointer + left;
        for (nint item = begin; item < end; item++)
        {
            nint first = item * rowsPerItem, count = Math.Min(rowsPerItem, product.Rows - first);
            nint k = 0;
            do
            {
                int depth = (int)Math.Min(GemmBlocks.Depth, product.Depth - k);
                BlockProduct.Add<TLeft, S>(
                    product.Left, tile, first, count, k, depth, scratch.Pointer,
                    panels + k * tile.Columns, product.Depth * tile.Columns, sums, width, accumulate: k > 0);
                k += GemmBlocks.Depth;
            }
            while (k < product.Depth);
            for (nint row = 0; row < count; row++) product.Finish<S>(first + row, 0, product.Columns, sums + row * width);
        }
    }
}

/// <summary>Blocks of columns (and of the depth), each item packing what it needs. Where the depth is in chunks, their sums go to
/// <paramref name="partial"/> [chunk, rows, columns]; else the output is finished at once.</summary>
internal readonly unsafe struct ColumnBlocksKernel<TLeft, TRight, TRows, TEpilogue>(
    Product<TLeft, TRight, TRows, TEpilogue> product, TileShape tile, nint columnBlocks, nint chunkDepth, float* partial) : IRangeKernel
    where TLeft : unmanaged, IPanelSource
    where TRight : unmanaged, IPanelSource
    where TRows : unmanaged, IRowMap
    where TEpilogue : unmanaged, IEpilogue
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint rowsPerBlock = BlockProduct.RoundUp(Math.Min(GemmBlocks.Rows, product.Rows), tile.Rows);
        nint allRows = BlockProduct.RoundUp(product.Rows, rowsPerBlock);
        nint left = rowsPerBlock * GemmBlocks.Depth, right = GemmBlocks.Columns * GemmBlocks.Depth;
        using var scratch = new RowScratch(checked((int)(left + right + allRows * GemmBlocks.Columns)));
        float* panels = scratch.Pointer + left, sums = panels + right;
        for (nint item = begin; item < end; item++)
        {
            nint chunk = item / columnBlocks;
            nint column = (item - chunk * columnBlocks) * GemmBlocks.Columns;
            nint columns = Math.Min(GemmBlocks.Columns, product.Columns - column);
            nint width = BlockProduct.RoundUp(columns, tile.Columns);
            nint firstDepth = chunk * chunkDepth, lastDepth = Math.Min(product.Depth, firstDepth + chunkDepth);
            nint k = firstDepth;
            do
            {
                int depth = (int)Math.Min(GemmBlocks.Depth, lastDepth - k);
                for (nint at = 0; at < width; at += tile.Columns)
                    product.Right.Pack(
                        panels + at * depth, tile.Columns, column + at, (int)Math.Min(tile.Columns, columns - at), k, depth);
                for (nint row = 0; row < product.Rows; row += rowsPerBlock)
                    BlockProduct.Add<TLeft, S>(
                        product.Left, tile, row, Math.Min(rowsPerBlock, product.Rows - row), k, depth, scratch.Pointer,
                        panels, depth * tile.Columns, sums + row * width, width, accumulate: k > firstDepth);
                k += GemmBlocks.Depth;
            }
            while (k < lastDepth);
            for (nint row = 0; row < product.Rows; row++)
            {
                if (partial is null) product.Finish<S>(row, column, columns, sums + row * width);
                else
                    new ReadOnlySpan<float>(sums + row * width, (int)columns).CopyTo(
                        new Span<float>(partial + (chunk * product.Rows + row) * product.Columns + column, (int)columns));
            }
        }
    }
}

/// <summary>Adds up the chunks of the depth in their order, then finishes the output; an item is a row.</summary>
internal readonly unsafe struct CombineChunksKernel<TLeft, TRight, TRows, TEpilogue>(
    Product<TLeft, TRight, TRows, TEpilogue> product, float* partial, nint chunks) : IRangeKernel
    where TLeft : unmanaged, IPanelSource
    where TRight : unmanaged, IPanelSource
    where TRows : unmanaged, IRowMap
    where TEpilogue : unmanaged, IEpilogue
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint chunkStep = product.Rows * product.Columns;
        for (nint row = begin; row < end; row++)
        {
            float* sums = partial + row * product.Columns;
            for (nint chunk = 1; chunk < chunks; chunk++)
            {
                float* more = sums + chunk * chunkStep;
                nint i = 0;
                for (; i + S.Width <= product.Columns; i += S.Width) S.Store(S.Load(sums + i) + S.Load(more + i), sums + i);
                for (; i < product.Columns; i++) sums[i] += more[i];
            }
            product.Finish<S>(row, 0, product.Columns, sums);
        }
    }
}
