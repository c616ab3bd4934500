using System.Runtime.CompilerServices;

namespace Graft.Tensors;

public sealed partial class CpuDevice
{
    public override unsafe void Gemm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> a, Tensor<float> b, Tensor<float>? bias, Tensor<float>? residual, Tensor<float> c,
        Tensor<float>? scale = null)
    {
        RequireOperands<TEpilogue>(bias, scale, residual);
        int rank = c.Shape.Rank;
        int rows = c.Shape[^2], columns = c.Shape[^1], depth = a.Shape[^1];
        var batch = c.Shape.Without(^1).Without(^1);
        Strides aSteps = a.StridesOver(batch.Append(rows, depth)), bSteps = b.StridesOver(batch.Append(depth, columns));
        var residualSteps = residual is null ? c.Strides : residual.Strides;
        var leading = new StridedIteration(batch, Leading(c.Strides), Leading(aSteps), Leading(bSteps), Leading(residualSteps));
        var operands = new ProductOperands(
            a.Pointer(), aSteps[rank - 2], aSteps[rank - 1], b.Pointer(), bSteps[rank - 1], bSteps[rank - 2], c.Pointer(), c.Strides[rank - 2],
            (residual ?? c).Pointer(), residualSteps[rank - 2]);
        if (!b.IsConstant && SmallProductsKernel<TEpilogue>.Suits(leading.Count, rows, columns, depth))
        {
            workers.Run(
                new SmallProductsKernel<TEpilogue>(leading, operands, epilogue, bias.PointerOrNull(), scale.PointerOrNull(), rows, columns, depth, TileShape.Of(Lanes)),
                leading.Count, (long)rows * columns * depth / 8);
        }
        else
        {
            for (nint at = 0; at < leading.Count; at++)
            {
                var (left, right, to, added) = operands.At(leading, at);
                var product = new Product<StridedRows, TEpilogue>(
                    to, added, epilogue, bias.PointerOrNull(), scale.PointerOrNull(), rows, columns, depth);
                Multiply(product, left, right, b, ProductOperands.RightOffset(leading, at));
            }
        }
        KeepAlive(a, b, bias, residual, c, scale);

        Strides Leading(Strides steps)
        {
            var kept = new Strides();
            for (int axis = 0; axis < rank - 2; axis++) kept.Set(axis, steps[axis]);
            return kept;
        }
    }

    /// <summary>Packs the right operand, then shares blocks of the output among the workers. Every sum is made of the same
    /// stretches of the depth, so the cuts of rows and columns, which depend on the number of threads, show in no bit.</summary>
    private unsafe void Multiply<TEpilogue>(
        in Product<StridedRows, TEpilogue> product, MatrixView left, MatrixView right, Tensor<float> weight, nint weightOffset)
        where TEpilogue : unmanaged, IEpilogue
    {
        if (product.Rows == 0 || product.Columns == 0) return;
        var tile = TileShape.Of(Lanes);
        // a panel that is read once is not worth packing: it is read in place, unless an earlier product has left packed ones, which lie in one stretch
        if (product.Rows <= tile.Rows && product.Columns % tile.Columns == 0 && right.Panels(tile) is { } unpacked && !IsPacked(product, weight, weightOffset, tile))
        {
            var cut = GemmBlocking.Cut(product.Rows, product.Columns / tile.Columns, tile, Threads);
            workers.Run(
                new BlocksKernel<TEpilogue>(product, left, tile, unpacked, 0, product.Columns / tile.Columns, cut),
                cut.Count, Math.Max(1, cut.Rows * cut.Panels * tile.Columns * product.Depth / 8));
            return;
        }
        nint panels = Ceiling.Divide(product.Columns, tile.Columns);
        // a constant right operand (a weight) is packed once, and its memory keeps the panels
        bool isKept = weight.IsConstant;
        nint atOnce = isKept ? panels : Math.Clamp(Blocking.GemmPacked / Math.Max(1, product.Depth * tile.Columns), 1, panels);
        var packed = isKept ? Packed(product, right, weight, weightOffset, tile) : Rent(atOnce * tile.Columns * product.Depth * sizeof(float));
        for (nint first = 0; first < panels; first += atOnce)
        {
            nint count = Math.Min(atOnce, panels - first);
            if (!isKept) Pack(right, packed, tile, first, count, product.Columns, product.Depth);
            var blocks = GemmBlocking.Cut(product.Rows, count, tile, Threads);
            workers.Run(
                new BlocksKernel<TEpilogue>(product, left, tile, PanelView.Packed(packed.Pointer(), tile, product.Depth), first, count, blocks),
                blocks.Count, Math.Max(1, blocks.Rows * blocks.Panels * tile.Columns * product.Depth / 8));
        }
        packed.Release();
    }

    /// <summary>All panels of a constant right operand: packed once, held for the caller.</summary>
    private DeviceMemory Packed<TEpilogue>(
        in Product<StridedRows, TEpilogue> product, MatrixView right, Tensor<float> weight, nint weightOffset, TileShape tile)
        where TEpilogue : unmanaged, IEpilogue
    {
        var packedWeights = weight.PackedWeights();
        var key = KeyOf(product, weight, weightOffset, tile);
        lock (packedWeights.Gate)
        {
            if (packedWeights.Hold(key) is { } kept) return kept;
            nint panels = Ceiling.Divide(product.Columns, tile.Columns);
            var packed = Rent(panels * tile.Columns * product.Depth * sizeof(float));
            Pack(right, packed, tile, first: 0, panels, product.Columns, product.Depth);
            packedWeights.Keep(key, packed);
            return packed;
        }
    }

    /// <summary>Whether an earlier product has packed a constant right operand.</summary>
    private static bool IsPacked<TEpilogue>(in Product<StridedRows, TEpilogue> product, Tensor<float> weight, nint weightOffset, TileShape tile)
        where TEpilogue : unmanaged, IEpilogue
    {
        if (!weight.IsConstant || weight.PackedWeights().Hold(KeyOf(product, weight, weightOffset, tile)) is not { } packed) return false;
        packed.Release();
        return true;
    }

    private static PackedWeightsKey KeyOf<TEpilogue>(in Product<StridedRows, TEpilogue> product, Tensor<float> weight, nint weightOffset, TileShape tile)
        where TEpilogue : unmanaged, IEpilogue
    {
        int rank = weight.Shape.Rank;
        return new PackedWeightsKey(
            checked((int)(weight.Offset + weightOffset)), weight.Strides[rank - 1], weight.Strides[rank - 2], 0, 0, product.Columns, product.Depth, tile.Columns,
            WeightFormat.Panels);
    }

    private unsafe void Pack(MatrixView right, DeviceMemory packed, TileShape tile, nint first, nint panels, nint columns, nint depth) => workers.Run(
        new PackKernel(right, packed.Pointer(), tile.Columns, first * tile.Columns, columns, depth), panels, depth * tile.Columns);
}

/// <summary>How the output of a product is cut into items.</summary>
/// <param name="Rows">Rows of an item.</param>
/// <param name="Panels">Column panels of an item.</param>
/// <param name="Across">How many items lie side by side.</param>
/// <param name="Whole">How many items are whole.</param>
/// <param name="Count">How many items there are, the parts of those that are not whole among them.</param>
internal readonly record struct GemmBlocking(nint Rows, nint Panels, nint Across, nint Whole, nint Count)
{
    /// <summary>Parts that an item is cut into at the end, where whoever is through waits for the others.</summary>
    private const int Parts = 4;

    /// <summary>Where an item lies: its first row and panel, and how many of all rows it has; none where the last ones do not fill a part.</summary>
    public (nint Row, nint Panel, nint Rows) At(nint item, TileShape tile, nint allRows)
    {
        nint whole = item < Whole ? item : Whole + (item - Whole) / Parts, down = whole / Across, panel = (whole - down * Across) * Panels;
        nint rows = Math.Min(Rows, allRows - down * Rows);
        if (item < Whole) return (down * Rows, panel, rows);
        nint each = Ceiling.Multiple(Ceiling.Divide(Rows, Parts), tile.Rows), before = (item - Whole) % Parts * each;
        return (down * Rows + before, panel, Math.Clamp(rows - before, 0, each));
    }

    public static GemmBlocking Cut(nint rows, nint panels, TileShape tile, int threads)
    {
        nint wanted = Blocking.WantedItems(threads);
        nint down = Ceiling.Divide(rows, Blocking.GemmRows);
        nint across = Ceiling.Divide(panels, Blocking.GemmPanels);
        // cutting rows costs little; cutting columns opens the left block once more
        if (down * across < wanted) down = Math.Min(Ceiling.Divide(rows, tile.Rows), Ceiling.Divide(wanted, across));
        if (down * across < wanted) across = Math.Min(panels, Ceiling.Divide(wanted, down));
        nint rowsEach = Ceiling.Multiple(Ceiling.Divide(rows, down), tile.Rows), panelsEach = Ceiling.Divide(panels, across);
        down = Ceiling.Divide(rows, rowsEach);
        across = Ceiling.Divide(panels, panelsEach);
        nint count = down * across, cut = threads == 1 || rowsEach < Parts * tile.Rows || count < wanted ? 0 : threads;
        return new GemmBlocking(rowsEach, panelsEach, across, count - cut, count + cut * (Parts - 1));
    }
}

/// <summary>The addresses of an output's rows.</summary>
internal unsafe interface IRowMap
{
    float* Row(nint row);
}

/// <summary>Rows at equal steps.</summary>
internal readonly unsafe struct StridedRows(float* start, nint step) : IRowMap
{
    public float* Row(nint row) => start + row * step;
}

/// <summary>What becomes of a product's sums: its lengths, the rows of output and residual, the epilogue.</summary>
internal readonly unsafe struct Product<TRows, TEpilogue>(
    TRows output, TRows residual, TEpilogue epilogue, float* bias, float* scale, nint rows, nint columns, nint depth)
    where TRows : unmanaged, IRowMap
    where TEpilogue : unmanaged, IEpilogue
{
    public readonly TRows Output = output;
    public readonly TRows Residual = residual;

    public nint Rows => rows;

    public nint Columns => columns;

    public nint Depth => depth;

    /// <summary>Turns the sums of one row, columns [first, first + count), into the output; <paramref name="sums"/> may be it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Finish<S>(nint row, nint first, nint count, float* sums) where S : unmanaged, IVectorLane<S>
    {
        float* to = Output.Row(row) + first;
        float* added = TEpilogue.UsesResidual ? Residual.Row(row) + first : null;
        nint i = 0;
        for (; i + S.Width <= count; i += S.Width) Finish(S.Load(sums + i), to + i, added + i, first + i);
        for (; i < count; i++) Finish(Lane1.Load(sums + i), to + i, added + i, first + i);
    }

    /// <summary>Turns the sums of neighbouring columns, from the first on, into output.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Finish<S>(S sums, float* to, float* added, nint first) where S : unmanaged, IVectorLane<S> => S.Store(
        epilogue.Apply(
            sums,
            TEpilogue.UsesScale ? S.Load(scale + first) : S.Splat(0f),
            TEpilogue.UsesBias ? S.Load(bias + first) : S.Splat(0f),
            TEpilogue.UsesResidual ? S.Load(added) : S.Splat(0f)),
        to);
}

/// <summary>Packs panels of the right operand, a panel an item: <c>[panel][depth][columns of a tile]</c>.</summary>
internal readonly unsafe struct PackKernel(MatrixView source, float* panels, int panelWidth, nint firstLine, nint lines, nint depth) : IRangeKernel
{
    private const int Depth = 64;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        // a few depths at a time, so that panels whose lines lie side by side in memory read it row by row
        for (nint k = 0; k < depth; k += Depth)
        {
            for (nint panel = begin; panel < end; panel++)
            {
                nint line = firstLine + panel * panelWidth;
                source.Pack(
                    panels + (panel * depth + k) * panelWidth, panelWidth, line, (int)Math.Min(panelWidth, lines - line), k, (int)Math.Min(Depth, depth - k));
            }
        }
    }
}
