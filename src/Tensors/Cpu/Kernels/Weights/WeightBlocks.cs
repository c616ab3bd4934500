namespace Graft.Tensors;

/// <summary>The product by a matrix of weights: blocks of rows against its panels. Each sum is one chain along the depth, however it is cut. One row runs through
/// the weights as they are; for more rows some depths of a panel become single numbers in the thread's own cache, and the micro-kernel does the rest.</summary>
internal readonly unsafe struct WeightBlocksKernel<TEpilogue, TNumbers>(
    Product<StridedRows, TEpilogue> product, MatrixView left, TileShape tile, byte* numbers, nint panelCount, GemmBlocking blocks) : IRangeKernel
    where TEpilogue : unmanaged, IEpilogue
    where TNumbers : unmanaged, IWeightNumbers
{
    private const int Width = WeightMatrix.PanelWidth;

    /// <summary>Depths that are widened at a time: for a few rows they stay in the first-level cache, for many in the second.</summary>
    private const int FewRowsDepth = 64, FewRows = 12;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        bool isOne = product.Rows == 1 && left.PackedLength(1, 1) == 0;
        nint tiles = isOne ? 1 : blocks.Rows / tile.Rows, startsLength = ThreadWorkspace.RoundUp(blocks.Rows * sizeof(float*) / sizeof(float));
        nint depthOfBlock = product.Rows <= FewRows ? FewRowsDepth : Blocking.GemmDepth;
        nint copyLength = left.PackedLength(blocks.Rows, depthOfBlock), wideLength = isOne ? 0 : depthOfBlock * Width;
        using var workspace = new ThreadWorkspace(startsLength + copyLength + wideLength + tiles * tile.Rows * Width);
        float** rowStarts = (float**)workspace.Pointer;
        float* copy = workspace.Pointer + startsLength, wide = copy + copyLength, sums = wide + wideLength;
        for (nint item = begin; item < end; item++)
        {
            var (row, first, rows) = blocks.At(item, tile, product.Rows);
            if (rows == 0) continue;
            nint last = Math.Min(first + blocks.Panels, panelCount);
            for (nint panel = first; panel < last; panel++)
            {
                byte* right = numbers + panel * Width * product.Depth * TNumbers.Bytes;
                nint column = panel * Width, columns = Math.Min(Width, product.Columns - column);
                if (isOne)
                {
                    left.Rows(0, 1, 0, (int)product.Depth, copy, rowStarts);
                    One<S>(rowStarts[0], right, product.Depth, sums);
                    product.Finish<S>(0, column, columns, sums);
                    continue;
                }
                Add<S>(row, rows, right, depthOfBlock, rowStarts, copy, wide, sums, columns);
                Finish<S>(row, rows, column, columns, sums);
            }
        }
    }

    /// <summary>sums[line] = x times each line of a panel.</summary>
    private static void One<S>(float* x, byte* right, nint depth, float* sums) where S : unmanaged, IVectorLane<S>
    {
        int step = S.Width * TNumbers.Bytes;
        for (int first = 0; first < Width; first += 4 * S.Width, sums += 4 * S.Width)
        {
            byte* at = right + first * TNumbers.Bytes;
            S a = S.Splat(0f), b = a, c = a, d = a;
            for (nint k = 0; k < depth; k++, at += Width * TNumbers.Bytes)
            {
                S spread = S.LoadSplat(x + k);
                a = S.FusedMultiplyAdd(spread, TNumbers.Load<S>(at), a);
                b = S.FusedMultiplyAdd(spread, TNumbers.Load<S>(at + step), b);
                c = S.FusedMultiplyAdd(spread, TNumbers.Load<S>(at + 2 * step), c);
                d = S.FusedMultiplyAdd(spread, TNumbers.Load<S>(at + 3 * step), d);
            }
            S.Store(a, sums);
            S.Store(b, sums + S.Width);
            S.Store(c, sums + 2 * S.Width);
            S.Store(d, sums + 3 * S.Width);
        }
    }

    /// <summary>sums [tile's columns][tile] = rows times a panel.</summary>
    private void Add<S>(nint row, nint rows, byte* right, nint depthOfBlock, float** rowStarts, float* copy, float* wide, float* sums, nint columns)
        where S : unmanaged, IVectorLane<S>
    {
        nint zero = 0, tiles = Ceiling.Divide(rows, tile.Rows), k = 0;
        do
        {
            nint depth = Math.Min(depthOfBlock, product.Depth - k);
            for (nint i = 0; i < depth * Width; i += S.Width) S.Store(TNumbers.Load<S>(right + (k * Width + i) * TNumbers.Bytes), wide + i);
            nint step = left.Rows(row, rows, k, (int)depth, copy, rowStarts);
            var walk = new DepthWalk(1, depth, &zero, step, Width);
            for (nint column = 0; column < columns; column += tile.Columns)
                MicroKernel.Panel<S>(rowStarts, tiles, wide + column, wide, 0, walk, sums + column * tiles * tile.Rows, columns - column, k > 0 ? SumsBefore.GoOn : SumsBefore.None);
            k += depthOfBlock;
        }
        while (k < product.Depth);
    }

    private void Finish<S>(nint row, nint rows, nint column, nint columns, float* sums) where S : unmanaged, IVectorLane<S>
    {
        nint tiles = Ceiling.Divide(rows, tile.Rows);
        for (nint i = 0; i < rows; i++)
            for (nint at = 0; at < columns; at += tile.Columns)
                product.Finish<S>(row + i, column + at, Math.Min(tile.Columns, columns - at), sums + at * tiles * tile.Rows + i * tile.Columns);
    }
}
