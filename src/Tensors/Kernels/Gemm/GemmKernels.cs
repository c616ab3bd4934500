namespace Graft.Tensors;

/// <summary>The middle loops of a product: a block of the left operand, packed, against panels of the right one. Sums stay in
/// a buffer of the worker's own, a tile after the other, until the depth is through.</summary>
internal static unsafe class BlockProduct
{
    /// <summary>sums [panel][tile] (+)= left block times right panels, over one block of the depth.</summary>
    public static void Add<S>(
        StridedSource left, TileShape tile, nint firstRow, nint rowCount, nint k, int depth,
        float* packedLeft, float* rightPanels, nint panelStep, float* sums, nint columns, bool accumulate)
        where S : unmanaged, IVectorLane<S>
    {
        nint tiles = (rowCount + tile.Rows - 1) / tile.Rows;
        for (nint at = 0; at < tiles; at++)
        {
            nint row = at * tile.Rows;
            left.Pack(packedLeft + row * depth, tile.Rows, firstRow + row, (int)Math.Min(tile.Rows, rowCount - row), k, depth);
        }
        nint zero = 0;
        var walk = TileWalk.Packed(tile, depth, &zero);
        for (nint column = 0; column < columns; column += tile.Columns, rightPanels += panelStep)
        {
            bool oneLane = columns - column <= S.Width;
            for (nint at = 0; at < tiles; at++, sums += tile.Sums)
                GemmTile.Run<S, SideBySide>(new SideBySide(packedLeft + at * tile.Rows * depth), rightPanels, walk, sums, oneLane, accumulate);
        }
    }

    public static nint RoundUp(nint value, nint unit) => (value + unit - 1) / unit * unit;
}

/// <summary>Blocks of rows and panels of columns against a right operand that is packed already:
/// <c>[panel][depth][columns of a tile]</c>.</summary>
internal readonly unsafe struct BlocksKernel<TEpilogue>(
    Product<StridedRows, TEpilogue> product, StridedSource left, TileShape tile, float* panels, nint firstPanel, nint panelCount, GemmBlocks blocks) : IRangeKernel
    where TEpilogue : unmanaged, IEpilogue
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint leftLength = BlockProduct.RoundUp(blocks.Rows * GemmBlocks.Depth, 16), tiles = blocks.Rows / tile.Rows;
        using var scratch = new Scratch(leftLength + blocks.Panels * tiles * tile.Sums);
        float* sums = scratch.Pointer + leftLength;
        for (nint item = begin; item < end; item++)
        {
            nint down = item / blocks.Across, panel = (item - down * blocks.Across) * blocks.Panels;
            nint row = down * blocks.Rows, rows = Math.Min(blocks.Rows, product.Rows - row);
            nint column = (firstPanel + panel) * tile.Columns;
            nint columns = Math.Min(Math.Min(blocks.Panels, panelCount - panel) * tile.Columns, product.Columns - column);
            float* right = panels + panel * tile.Columns * product.Depth;
            nint k = 0;
            do
            {
                int depth = (int)Math.Min(GemmBlocks.Depth, product.Depth - k);
                BlockProduct.Add<S>(
                    left, tile, row, rows, k, depth, scratch.Pointer,
                    right + k * tile.Columns, product.Depth * tile.Columns, sums, columns, accumulate: k > 0);
                k += GemmBlocks.Depth;
            }
            while (k < product.Depth);
            Finish<S>(row, rows, column, columns, sums);
        }
    }

    private void Finish<S>(nint row, nint rows, nint column, nint columns, float* sums) where S : unmanaged, IVectorLane<S>
    {
        nint panelStep = (rows + tile.Rows - 1) / tile.Rows * tile.Sums;
        for (nint i = 0; i < rows; i++)
        {
            float* from = sums + i * tile.Columns;     // tiles are as long as their rows together
            for (nint at = 0; at < columns; at += tile.Columns, from += panelStep)
                product.Finish<S>(row + i, column + at, Math.Min(tile.Columns, columns - at), from);
        }
    }
}
