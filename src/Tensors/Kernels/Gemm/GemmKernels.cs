namespace Graft.Tensors;

/// <summary>Blocks of rows and panels of columns against a right operand that is packed already:
/// <c>[panel][depth][columns of a tile]</c>.</summary>
internal readonly unsafe struct BlocksKernel<TEpilogue>(
    Product<StridedRows, TEpilogue> product, StridedSource left, TileShape tile, float* panels, nint firstPanel, nint panelCount, GemmBlocks blocks) : IRangeKernel
    where TEpilogue : unmanaged, IEpilogue
{
    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        nint tiles = blocks.Rows / tile.Rows, startsLength = Scratch.RoundUp(blocks.Rows * sizeof(float*) / sizeof(float));
        nint leftLength = startsLength + left.PackedLength(blocks.Rows, GemmBlocks.Depth);
        using var scratch = new Scratch(leftLength + blocks.Panels * tiles * tile.Sums);
        float** rowStarts = (float**)scratch.Pointer;
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
                nint depth = Math.Min(GemmBlocks.Depth, product.Depth - k);
                nint step = left.Open(row, rows, k, (int)depth, scratch.Pointer + startsLength, rowStarts);
                Add<S>(rowStarts, step, rows, right + k * tile.Columns, depth, sums, columns, accumulate: k > 0);
                k += GemmBlocks.Depth;
            }
            while (k < product.Depth);
            Finish<S>(row, rows, column, columns, sums);
        }
    }

    /// <summary>sums [panel][tile] (+)= rows times panels, over one block of the depth.</summary>
    private void Add<S>(float** rowStarts, nint step, nint rows, float* right, nint depth, float* sums, nint columns, bool accumulate)
        where S : unmanaged, IVectorLane<S>
    {
        nint zero = 0, panelStep = product.Depth * tile.Columns, tiles = (rows + tile.Rows - 1) / tile.Rows;
        var walk = new TileWalk(1, depth, &zero, step);
        for (nint column = 0; column < columns; column += tile.Columns, right += panelStep, sums += tiles * tile.Sums)
        {
            float* next = column + tile.Columns < columns ? right + panelStep : right;
            GemmTile.Panel<S>(rowStarts, tiles, right, next, walk, sums, columns - column, accumulate);
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
