namespace Graft.Tensors;

/// <summary>In which numbers weights are kept; products add up in single precision whatever it is.</summary>
#pragma warning disable CA1720 // PyTorch's names of the types
public enum WeightPrecision
{
    /// <summary>Single precision: 4 bytes, what training needs (PyTorch's <c>float32</c>).</summary>
    Float32,

    /// <summary>The upper half of single precision, rounded to the nearest, ties to even: 2 bytes (PyTorch's <c>bfloat16</c>).</summary>
    BFloat16,

    /// <summary>Whole numbers from -127 to 127 times a scale for each output, symmetric around 0: 1 byte (bitsandbytes' and PyTorch's weight-only <c>int8</c>).</summary>
    Int8,
}
#pragma warning restore CA1720

/// <summary>A matrix of weights [lines, depth] in <see cref="WeightPrecision.BFloat16"/> or <see cref="WeightPrecision.Int8"/>, which products read as it is: a line is an
/// output of a linear map, or a row of a table.</summary>
/// <remarks>The numbers lie in panels of <see cref="PanelWidth"/> lines, [panel][depth][line], so that a product of a few rows runs through them once, from the first
/// to the last; lines that fill up the last panel are zeros. Their order is the same on every device. Its numbers do not change; any number of threads may read them.</remarks>
public sealed class WeightMatrix : IDisposable
{
    /// <summary>How many lines lie side by side.</summary>
    public const int PanelWidth = 64;

    private WeightMatrix(Device device, WeightPrecision precision, int lines, int depth)
    {
        int bytes = precision switch
        {
            WeightPrecision.BFloat16 => sizeof(ushort),
            WeightPrecision.Int8 => sizeof(sbyte),
            _ => throw new ArgumentException($"a matrix of weights is BFloat16 or Int8, not {precision}: single precision needs none", nameof(precision)),
        };
        (Precision, Lines, Depth) = (precision, lines, depth);
        int padded = checked(Panels * PanelWidth);
        Numbers = device.Rent<byte>([padded, checked(depth * bytes)]);
        Scales = precision == WeightPrecision.Int8 ? device.Rent<float>([padded]) : null;
    }

    /// <summary>In which numbers they are.</summary>
    public WeightPrecision Precision { get; }

    /// <summary>How many lines there are.</summary>
    public int Lines { get; }

    /// <summary>How many numbers a line has.</summary>
    public int Depth { get; }

    /// <summary>How many panels there are.</summary>
    public int Panels => (Lines + PanelWidth - 1) / PanelWidth;

    /// <summary>The numbers, [panel][depth][line]: the bits of a bfloat16, or signed bytes.</summary>
    public Tensor<byte> Numbers { get; }

    /// <summary>What the numbers of each line are multiplied by, those that fill up the last panel among them; null but for <see cref="WeightPrecision.Int8"/>.</summary>
    public Tensor<float>? Scales { get; }

    /// <summary>Where it lies.</summary>
    public Device Device => Numbers.Device;

    /// <summary>How much memory it takes.</summary>
    public long Bytes => Numbers.ElementCount + (Scales?.ElementCount ?? 0) * sizeof(float);

    /// <summary>Weights in another precision.</summary>
    /// <param name="weights">[lines, depth], any strides, on the device where the matrix is going to be.</param>
    /// <param name="precision">The precision.</param>
    /// <exception cref="ArgumentException">The precision is single.</exception>
    /// <exception cref="ShapeException">The weights are no matrix.</exception>
    public static WeightMatrix From(Tensor<float> weights, WeightPrecision precision)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Shape.Rank != 2) ShapeException.Throw("weights", $"{weights.Shape}", "a matrix has two axes");
        var matrix = new WeightMatrix(weights.Device, precision, weights.Shape[0], weights.Shape[1]);
        weights.Device.PackWeights(weights, matrix);
        return matrix;
    }

    /// <summary>The same matrix on another device.</summary>
    public WeightMatrix To(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        var moved = new WeightMatrix(device, Precision, Lines, Depth);
        moved.Numbers.CopyFrom(Numbers.ToArray());
        if (Scales is not null) moved.Scales!.CopyFrom(Scales.ToArray());
        return moved;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Numbers.Dispose();
        Scales?.Dispose();
    }

    /// <summary>Such a matrix in words: <c>[768, 3072] in Int8</c>.</summary>
    public override string ToString() => $"[{Lines}, {Depth}] in {Precision}";
}

/// <summary>How single numbers become weights of a precision, and back: the same on every device.</summary>
public static class WeightRounding
{
    private const int HalfBits = 16;
    private const uint QuietBit = 0x40;

    /// <summary>The largest whole number of <see cref="WeightPrecision.Int8"/>.</summary>
    public const int MostInt8 = 127;

    /// <summary>The bits of the nearest bfloat16, of two the even one; NaN stays NaN.</summary>
    public static uint ToBFloat16(uint bits)
    {
        // above infinity is NaN, which rounding could carry over into the sign
        if ((bits & 0x7FFFFFFF) > 0x7F800000) return (bits >> HalfBits) | QuietBit;
        return (bits + 0x7FFF + ((bits >> HalfBits) & 1)) >> HalfBits;
    }

    /// <summary>The bits of a bfloat16 in single precision.</summary>
    public static uint FromBFloat16(uint bits) => bits << HalfBits;

    /// <summary>The scale of a line whose largest magnitude is given: NaN where that is not finite, so that what the line makes is NaN too.</summary>
    public static float Int8Scale(float largest) => largest <= float.MaxValue ? largest / MostInt8 : float.NaN;

    /// <summary>The nearest whole number of weight / scale, of two the even one; 0 where the scale is 0 or NaN.</summary>
    public static int ToInt8(float weight, float scale)
    {
        if (!(scale > 0)) return 0;
        float whole = weight / scale;
        // adding and taking away 1.5 * 2^23 rounds to whole numbers, ties to even
        int rounded = (int)(whole + FloatBits.IntegerShift - FloatBits.IntegerShift);
        return rounded > MostInt8 ? MostInt8 : rounded < -MostInt8 ? -MostInt8 : rounded;
    }
}
