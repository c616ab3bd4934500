using ILGPU;

namespace Graft.Tensors.Gpu;

// Letters: lines N, depth K; numbers [panel][K][line of the panel].
public sealed partial class GpuDevice
{
    public override void PackWeights(Tensor<float> weights, WeightMatrix matrix)
    {
        int lineStep = checked((int)weights.Strides[0]), depthStep = checked((int)weights.Strides[1]), padded = matrix.Panels * WeightMatrix.PanelWidth;
        if (matrix.Scales is null)
        {
            LaunchElements(
                new PackBFloat16Kernel(ViewOf(weights), lineStep, depthStep, matrix.Lines, matrix.Depth, ViewToWrite(matrix.Numbers).Cast<short>()),
                checked(padded * matrix.Depth), weights, matrix);
            return;
        }
        LaunchElements(
            new PackInt8Kernel(ViewOf(weights), lineStep, depthStep, matrix.Lines, matrix.Depth, ViewToWrite(matrix.Numbers).Cast<sbyte>(), ViewToWrite(matrix.Scales)),
            padded, weights, matrix);
    }

    public override void UnpackWeights(WeightMatrix matrix, Tensor<float> weights)
    {
        if (matrix.Scales is null)
            LaunchElements(new TakeAllKernel<BFloat16Lines>(BFloat16Of(matrix), ViewToWrite(weights), matrix.Depth), CountOf(weights), matrix, weights);
        else
            LaunchElements(new TakeAllKernel<Int8Lines>(Int8Of(matrix), ViewToWrite(weights), matrix.Depth), CountOf(weights), matrix, weights);
    }

    public override void Gather(WeightMatrix table, Tensor<int> indices, Tensor<float> y)
    {
        if (table.Scales is null)
            LaunchElements(new TakeLinesKernel<BFloat16Lines>(BFloat16Of(table), ViewOf(indices), ViewToWrite(y), table.Depth), CountOf(y), table, indices, y);
        else
            LaunchElements(new TakeLinesKernel<Int8Lines>(Int8Of(table), ViewOf(indices), ViewToWrite(y), table.Depth), CountOf(y), table, indices, y);
    }

    public override void Gemm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> a, WeightMatrix b, Tensor<float>? bias, Tensor<float>? residual, Tensor<float> c)
    {
        RequireOperands<TEpilogue>(bias, null, residual);
        if (b.Scales is null) Multiply(BFloat16Of(b), epilogue, a, b, bias, residual, c);
        else Multiply(Int8Of(b), new Scaled<TEpilogue>(epilogue), a, b, bias, residual, c);
    }

    private void Multiply<TFactor, TEpilogue>(
        TFactor right, TEpilogue epilogue, Tensor<float> a, WeightMatrix b, Tensor<float>? bias, Tensor<float>? residual, Tensor<float> c)
        where TFactor : struct, IFactor
        where TEpilogue : unmanaged, IEpilogue
    {
        var left = new MatrixFactor(ViewOf(a), default, checked((int)a.Strides[0]), checked((int)a.Strides[1]));
        var output = new GemmOutput<TEpilogue>(
            epilogue, ViewOf(bias, c), ViewOf(b.Scales, c), ViewOf(residual, c), default, checked((int)(residual ?? c).Strides[0]), ViewToWrite(c), default,
            checked((int)c.Strides[0]));
        Product(left, right, output, new ProductShape(1, c.Shape[0], b.Lines, b.Depth, left.IsAlongTerms ? 1 : 0, 0), a, b, bias, residual, c);
    }

    private BFloat16Lines BFloat16Of(WeightMatrix matrix) => new(ViewOf(matrix.Numbers).Cast<short>(), matrix.Depth);

    private Int8Lines Int8Of(WeightMatrix matrix) => new(ViewOf(matrix.Numbers).Cast<sbyte>(), ViewOf(matrix.Scales!), matrix.Depth);
}

/// <summary>The lines of a matrix of weights as single numbers.</summary>
internal interface IWeightLines
{
    float Weight(int line, int term);
}

/// <summary>Where a number lies in panels.</summary>
internal static class WeightPlace
{
    public static int Of(int line, int term, int depth)
    {
        int panel = line / WeightMatrix.PanelWidth;
        return (panel * depth + term) * WeightMatrix.PanelWidth + (line - panel * WeightMatrix.PanelWidth);
    }
}

/// <summary><see cref="WeightPrecision.BFloat16"/>.</summary>
internal readonly struct BFloat16Lines(ArrayView<short> numbers, int depth) : IFactor, IWeightLines
{
    public float At(int batch, int outer, int term) => Weight(outer, term);

    public float Weight(int line, int term) => Interop.IntAsFloat(WeightRounding.FromBFloat16((uint)(numbers[WeightPlace.Of(line, term, depth)] & 0xFFFF)));
}

/// <summary><see cref="WeightPrecision.Int8"/>: a product's terms are whole numbers, whose sum the scale then multiplies.</summary>
internal readonly struct Int8Lines(ArrayView<sbyte> numbers, ArrayView<float> scales, int depth) : IFactor, IWeightLines
{
    public float At(int batch, int outer, int term) => numbers[WeightPlace.Of(outer, term, depth)];

    public float Weight(int line, int term) => At(0, line, term) * scales[line];
}

/// <summary>Each number rounded, zeros in lines that are none.</summary>
internal readonly struct PackBFloat16Kernel(ArrayView<float> weights, int lineStep, int depthStep, int lines, int depth, ArrayView<short> numbers) : IElementKernel
{
    public void Run(int index)
    {
        int row = index / WeightMatrix.PanelWidth, panel = row / depth, term = row - panel * depth;
        int line = panel * WeightMatrix.PanelWidth + (index - row * WeightMatrix.PanelWidth);
        numbers[index] = line < lines ? (short)WeightRounding.ToBFloat16(Interop.FloatAsInt(weights[line * lineStep + term * depthStep])) : (short)0;
    }
}

/// <summary>A line, its scale first.</summary>
internal readonly struct PackInt8Kernel(
    ArrayView<float> weights, int lineStep, int depthStep, int lines, int depth, ArrayView<sbyte> numbers, ArrayView<float> scales) : IElementKernel
{
    public void Run(int index)
    {
        float largest = 0f;
        bool isFinite = true;
        for (int term = 0; term < depth && index < lines; term++)
        {
            float weight = weights[index * lineStep + term * depthStep], size = weight < 0f ? -weight : weight;
            if (size > largest) largest = size;
            isFinite = isFinite && size <= float.MaxValue;
        }
        float scale = WeightRounding.Int8Scale(isFinite ? largest : float.PositiveInfinity);
        scales[index] = scale;
        for (int term = 0; term < depth; term++)
        {
            int number = index < lines ? WeightRounding.ToInt8(weights[index * lineStep + term * depthStep], scale) : 0;
            numbers[WeightPlace.Of(index, term, depth)] = (sbyte)number;
        }
    }
}

/// <summary>weights[line, term].</summary>
internal readonly struct TakeAllKernel<TLines>(TLines lines, ArrayView<float> weights, int depth) : IElementKernel where TLines : struct, IWeightLines
{
    public void Run(int index)
    {
        int line = index / depth;
        weights[index] = lines.Weight(line, index - line * depth);
    }
}

/// <summary>y[r] = the line indices[r].</summary>
internal readonly struct TakeLinesKernel<TLines>(TLines lines, ArrayView<int> indices, ArrayView<float> y, int depth) : IElementKernel where TLines : struct, IWeightLines
{
    public void Run(int index)
    {
        int row = index / depth;
        y[index] = lines.Weight(indices[row], index - row * depth);
    }
}
