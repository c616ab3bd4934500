using Graft.Testing;

namespace Graft.Tensors.Gpu.Tests;

/// <summary>Products by tensor cores, on a simulation whose warps are as long as a card's.</summary>
public sealed class TensorCoreTests
{
    public static TheoryData<MatrixPrecision> Precisions => [MatrixPrecision.High, MatrixPrecision.Medium];

    [Theory, MemberData(nameof(Precisions))]
    public void A_product_is_that_of_rounded_factors(MatrixPrecision precision)
    {
        using var device = Simulated.WithTensorCores();
        device.MatrixPrecision = precision;
        // for TensorFloat two tiles across and two panels, and less of everything than fills the last
        const int Rows = 67, Depth = 21;
        int columns = precision == MatrixPrecision.High ? 131 : 67;
        float[] left = Draw.Normal("left", Rows * Depth), right = Draw.Normal("right", Depth * columns), bias = Draw.Normal("bias", columns);
        using Tensor<float> a = Tensor.From([Rows, Depth], left, device), b = Tensor.From([Depth, columns], right, device), added = Tensor.From([columns], bias, device);
        // the right factor with its columns as neighbours, or with its terms
        using var turned = Tensor.From<float>([columns, Depth], [.. Enumerable.Range(0, columns * Depth).Select(i => right[i % Depth * columns + i / Depth])], device);
        using var c = device.Rent<float>([Rows, columns]);
        device.Gemm(default(AddBias), a, precision == MatrixPrecision.High ? b : turned.Permute(1, 0), added, null, c);
        float[] product = c.ToArray();
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                double sum = bias[column], size = 1;
                for (int term = 0; term < Depth; term++)
                {
                    double one = Rounded(left[row * Depth + term], precision) * Rounded(right[term * columns + column], precision);
                    (sum, size) = (sum + one, size + Math.Abs(one));
                }
                Assert.True(Math.Abs(product[row * columns + column] - sum) <= 1e-6 * size, $"[{row}, {column}] is {product[row * columns + column]}, not {sum}");
            }
        }
    }

    [Fact]
    public void A_convolution_goes_by_them_too()
    {
        using var device = Simulated.WithTensorCores();
        device.MatrixPrecision = MatrixPrecision.High;
        // numbers of few bits are multiplied exactly
        float[] pixels = [.. Draw.Normal("pixels", 2 * 3 * 5 * 5).Select(Coarse)], filters = [.. Draw.Normal("filters", 4 * 3 * 3 * 3).Select(Coarse)];
        float[] here = Convolved(device), there = Convolved(Device.Cpu);
        Check.Close("y", here, [.. there.Select(static value => (double)value)], [.. there.Select(static value => 1.0 + Math.Abs(value))], 1e-6);

        float[] Convolved(Device on)
        {
            using Tensor<float> x = Tensor.From([2, 3, 5, 5], pixels, on), weight = Tensor.From([4, 3, 3, 3], filters, on), y = on.Rent<float>([2, 4, 5, 5]);
            on.Conv2d(default(NoEpilogue), Conv2dGeometry.Square(padding: 1), x, weight, null, null, y);
            return y.ToArray();
        }

        static float Coarse(float value) => MathF.Round(8 * value) / 8;
    }

    [Theory]
    [InlineData(1f, 0x3F800000)]
    // halfway away from zero, below it down, and over the fraction into the exponent
    [InlineData(1.00048828125f, 0x3F802000)]
    [InlineData(-1.00048828125f, unchecked((int)0xBF802000))]
    [InlineData(1.0004882f, 0x3F800000)]
    [InlineData(1.9999999f, 0x40000000)]
    [InlineData(float.PositiveInfinity, 0x7F800000)]
    public void Numbers_round_to_TensorFloat(float value, int bits) => Assert.Equal(bits, MatrixUnit.RoundToTensorFloat(value));

    [Theory]
    [InlineData(1f, -2f, unchecked((int)0xC0003F80))]
    // halfway to even
    [InlineData(1.00390625f, 1.01171875f, 0x3F823F80)]
    [InlineData(float.NaN, float.NegativeInfinity, unchecked((int)0xFF807FFF))]
    public void Numbers_round_to_pairs_of_bfloat16(float first, float second, int bits) => Assert.Equal(bits, MatrixUnit.RoundToBrainFloats(first, second));

    [Fact]
    public void A_device_without_them_says_so()
    {
        var exception = Assert.Throws<NotSupportedException>(static () => Simulated.Device.MatrixPrecision = MatrixPrecision.High);
        Assert.Contains("compute capability 8.0", exception.Message, StringComparison.Ordinal);
        Assert.Equal(MatrixPrecision.Highest, Simulated.Device.MatrixPrecision);
        Assert.Throws<ArgumentOutOfRangeException>(static () => Simulated.Device.MatrixPrecision = (MatrixPrecision)7);
    }

    /// <summary>A number with as many bits of fraction as a format keeps; ties, which hardly come, as the formats have them.</summary>
    private static double Rounded(float value, MatrixPrecision precision)
    {
        if (value == 0) return 0;
        double unit = Math.Pow(2, Math.Floor(Math.Log2(Math.Abs(value))) - (precision == MatrixPrecision.High ? 10 : 7));
        return Math.Round(value / unit, precision == MatrixPrecision.High ? MidpointRounding.AwayFromZero : MidpointRounding.ToEven) * unit;
    }
}
