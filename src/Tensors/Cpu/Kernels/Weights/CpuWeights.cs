namespace Graft.Tensors;

public sealed partial class CpuDevice
{
    public override unsafe void PackWeights(Tensor<float> weights, WeightMatrix matrix)
    {
        float* scales = matrix.Scales.PointerOrNull();
        byte* numbers = matrix.Numbers.Pointer();
        var kernel = new PackWeightMatrixKernel(weights.Pointer(), weights.Strides[0], weights.Strides[1], matrix.Lines, matrix.Depth, numbers, scales);
        workers.Run(kernel, matrix.Panels, (long)WeightMatrix.PanelWidth * matrix.Depth);
        KeepAlive(weights, matrix);
    }

    public override unsafe void UnpackWeights(WeightMatrix matrix, Tensor<float> weights)
    {
        workers.Run(new TakeLinesKernel(matrix.Numbers.Pointer(), matrix.Scales.PointerOrNull(), matrix.Depth, null, weights.Pointer()), matrix.Lines, matrix.Depth);
        KeepAlive(weights, matrix);
    }

    public override unsafe void Gather(WeightMatrix table, Tensor<int> indices, Tensor<float> y)
    {
        workers.Run(
            new TakeLinesKernel(table.Numbers.Pointer(), table.Scales.PointerOrNull(), table.Depth, indices.Pointer(), y.Pointer()), (nint)indices.ElementCount, table.Depth);
        KeepAlive(table, indices, y);
    }

    public override unsafe void Gemm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> a, WeightMatrix b, Tensor<float>? bias, Tensor<float>? residual, Tensor<float> c)
    {
        RequireOperands<TEpilogue>(bias, null, residual);
        if (b.Precision == WeightPrecision.Int8) Multiply<Scaled<TEpilogue>, Int8Numbers>(new Scaled<TEpilogue>(epilogue), a, b, bias, residual, c);
        else Multiply<TEpilogue, BFloat16Numbers>(epilogue, a, b, bias, residual, c);
    }

    private unsafe void Multiply<TEpilogue, TNumbers>(
        TEpilogue epilogue, Tensor<float> a, WeightMatrix b, Tensor<float>? bias, Tensor<float>? residual, Tensor<float> c)
        where TEpilogue : unmanaged, IEpilogue
        where TNumbers : unmanaged, IWeightNumbers
    {
        int rows = c.Shape[0];
        if (rows == 0 || b.Lines == 0) return;
        var added = residual ?? c;
        var product = new Product<StridedRows, TEpilogue>(
            new StridedRows(c.Pointer(), c.Strides[0]), new StridedRows(added.Pointer(), added.Strides[0]), epilogue, bias.PointerOrNull(), b.Scales.PointerOrNull(),
            rows, b.Lines, b.Depth);
        var tile = TileShape.Of(Lanes);
        var blocks = GemmBlocking.Cut(rows, b.Panels, tile, Threads);
        workers.Run(
            new WeightBlocksKernel<TEpilogue, TNumbers>(product, new MatrixView(a.Pointer(), a.Strides[0], a.Strides[1]), tile, b.Numbers.Pointer(), b.Panels, blocks),
            blocks.Count, Math.Max(1, blocks.Rows * blocks.Panels * WeightMatrix.PanelWidth * b.Depth / 8));
        KeepAlive(a, b, bias, residual, c);
    }
}

/// <summary>How the numbers of a matrix of weights become single ones, before any scale.</summary>
internal unsafe interface IWeightNumbers
{
    /// <summary>Bytes of a number.</summary>
    static abstract int Bytes { get; }

    static abstract S Load<S>(byte* source) where S : unmanaged, IVectorLane<S>;
}

/// <summary><see cref="WeightPrecision.BFloat16"/>.</summary>
internal readonly unsafe struct BFloat16Numbers : IWeightNumbers
{
    public static int Bytes => sizeof(ushort);

    public static S Load<S>(byte* source) where S : unmanaged, IVectorLane<S> => S.LoadBFloat16((ushort*)source);
}

/// <summary><see cref="WeightPrecision.Int8"/>.</summary>
internal readonly unsafe struct Int8Numbers : IWeightNumbers
{
    public static int Bytes => sizeof(sbyte);

    public static S Load<S>(byte* source) where S : unmanaged, IVectorLane<S> => S.LoadInt8((sbyte*)source);
}

/// <summary>Rounds weights into panels, a panel an item; of whole numbers where there are scales.</summary>
internal readonly unsafe struct PackWeightMatrixKernel(float* weights, nint lineStep, nint depthStep, nint lines, nint depth, byte* numbers, float* scales) : IRangeKernel
{
    private const int Width = WeightMatrix.PanelWidth;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint panel = begin; panel < end; panel++)
        {
            nint first = panel * Width, count = Math.Min(Width, lines - first);
            float* from = weights + first * lineStep;
            if (scales is null) BFloat16(from, count, (ushort*)numbers + first * depth);
            else Int8(from, count, (sbyte*)numbers + first * depth, scales + first);
        }
    }

    private void BFloat16(float* from, nint count, ushort* to)
    {
        for (nint k = 0; k < depth; k++, from += depthStep, to += Width)
        {
            for (nint line = 0; line < count; line++) to[line] = (ushort)WeightRounding.ToBFloat16(BitConverter.SingleToUInt32Bits(from[line * lineStep]));
            new Span<ushort>(to + count, (int)(Width - count)).Clear();
        }
    }

    private void Int8(float* from, nint count, sbyte* to, float* scale)
    {
        new Span<float>(scale, Width).Clear();
        for (nint k = 0; k < depth; k++)
        {
            // a NaN stays the largest
            for (nint line = 0; line < count; line++)
            {
                float size = MathF.Abs(from[line * lineStep + k * depthStep]);
                if (!(size <= scale[line])) scale[line] = float.IsNaN(scale[line]) ? scale[line] : size;
            }
        }
        for (nint line = 0; line < count; line++) scale[line] = WeightRounding.Int8Scale(scale[line]);
        for (nint k = 0; k < depth; k++, to += Width)
        {
            for (nint line = 0; line < count; line++) to[line] = (sbyte)WeightRounding.ToInt8(from[line * lineStep + k * depthStep], scale[line]);
            new Span<sbyte>(to + count, (int)(Width - count)).Clear();
        }
    }
}

/// <summary>y[r] = the line indices[r] as single numbers; without indices the line r.</summary>
internal readonly unsafe struct TakeLinesKernel(byte* numbers, float* scales, nint depth, int* indices, float* y) : IRangeKernel
{
    private const int Width = WeightMatrix.PanelWidth;

    public void Run<S>(nint begin, nint end) where S : unmanaged, IVectorLane<S>
    {
        for (nint row = begin; row < end; row++)
        {
            nint line = indices is null ? row : indices[row], panel = line / Width, at = panel * Width * depth + (line - panel * Width);
            float* to = y + row * depth;
            if (scales is null)
                for (nint k = 0; k < depth; k++, at += Width) to[k] = Lane1.LoadBFloat16((ushort*)numbers + at).Value;
            else
                for (nint k = 0; k < depth; k++, at += Width) to[k] = ((sbyte*)numbers)[at] * scales[line];
        }
    }
}
