using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>The house's own exp, log, tanh and erf over their whole range, and what becomes of NaN, infinities, zeros and denormals.</summary>
public sealed class SpecialValueTests<TDevice> : DeviceTests<TDevice> where TDevice : ITestedDevice
{
    private const float Infinity = float.PositiveInfinity;
    private const float NaN = float.NaN;

    /// <summary>Relative to the result: about six units of the last place.</summary>
    private const double Tolerance = 4e-7;

    [Fact]
    public void Exponential_is_accurate_over_its_whole_range() => Sweep(new Exponential(), Math.Exp, -110, 95);

    [Fact]
    public void Logarithm_is_accurate_over_its_whole_range() => Sweep(new Logarithm(), Math.Log, 0, float.MaxValue);

    [Fact]
    public void Hyperbolic_tangent_is_accurate_over_its_whole_range() => Sweep(new HyperbolicTangent(), Math.Tanh, -200, 200);

    [Fact]
    public void Error_function_is_accurate_over_its_whole_range()
    {
        // Gelu(x) = x / 2 + x / 2 * erf(x / sqrt 2): the error function shows at one step's remove
        Sweep(new Gelu(), x => x * 0.5 * (1 + SpecialFunctions.Erf(x / Math.Sqrt(2))), -40, 40, Math.Abs);
    }

    [Fact]
    public void Exponential_of_special_values() => Expect(
        new Exponential(), [NaN, Infinity, -Infinity, 0, -0f, 1e-45f, 89, -104, float.MaxValue, float.MinValue],
        [NaN, Infinity, 0, 1, 1, 1, Infinity, 0, Infinity, 0]);

    [Fact]
    public void Logarithm_of_special_values() => Expect(
        new Logarithm(), [NaN, Infinity, -Infinity, 0, -0f, -1, 1, float.MaxValue],
        [NaN, Infinity, NaN, -Infinity, -Infinity, NaN, 0, Math.Log(float.MaxValue)]);

    [Fact]
    public void Hyperbolic_tangent_of_special_values() => Expect(
        new HyperbolicTangent(), [NaN, Infinity, -Infinity, 0, -0f, 1e-45f, -1e-40f, 50], [NaN, 1, -1, 0, -0.0, 1e-45f, -1e-40f, 1]);

    [Fact]
    public void Rectifier_of_special_values() => Expect(
        new Relu(), [NaN, Infinity, -Infinity, 0, 1e-45f, -1e-45f], [NaN, Infinity, 0, 0, 1e-45f, 0]);

    [Fact]
    public void Sigmoid_of_special_values() => Expect(
        new Sigmoid(), [NaN, Infinity, -Infinity, 0, 200, -200], [NaN, 1, 0, 0.5, 1, 0]);

    [Fact]
    public void Square_root_of_special_values() => Expect(
        new SquareRoot(), [NaN, Infinity, -1, 0, 4], [NaN, Infinity, NaN, 0, 2]);

    [Fact]
    public void Clamp_of_special_values() => Expect(
        new Clamp(-1, 6), [NaN, Infinity, -Infinity, 0, 7, -2], [NaN, 6, -1, 0, 6, -1]);

    [Fact]
    public void Denormals_are_kept()
    {
        float[] x = [1e-45f, -1e-45f, 1e-40f, 1.1e-38f, -3e-39f];
        var y = Output([x.Length]);
        Device.Map(new Negate(), Input([x.Length], x).Tensor, y.Tensor);
        Check.SameBits("-x", y.Read("-x"), [.. x.Select(value => -value)]);
    }

    private void Sweep<TOp>(TOp op, Func<double, double> reference, double low, double high, Func<double, double>? magnitude = null)
        where TOp : unmanaged, IUnaryOp
    {
        // every so-manieth of all floats: each exponent, either sign
        int step = Tiny ? 40_000_003 : 40_009;
        var inputs = new List<float>();
        for (long bits = int.MinValue; bits <= int.MaxValue; bits += step)
        {
            float x = BitConverter.Int32BitsToSingle((int)bits);
            if (x >= low && x <= high) inputs.Add(x);
        }
        // and evenly over the part where the function bends
        for (int i = 0; i < inputs.Count / 2; i++) inputs.Add((float)(Math.Max(low, -110) + i * (Math.Min(high, 110) - Math.Max(low, -110)) / inputs.Count * 2));
        float[] values = [.. inputs];
        var y = Output([values.Length]);
        Device.Map(op, Input([values.Length], values).Tensor, y.Tensor);
        var expected = values.Select(x => reference(x)).ToArray();
        var sizes = magnitude is null ? expected : [.. values.Select(x => magnitude(x))];
        Check.Close(typeof(TOp).Name, y.Read("y"), expected, sizes, Tolerance);
    }

    private void Expect<TOp>(TOp op, float[] x, double[] expected) where TOp : unmanaged, IUnaryOp
    {
        // once in a vector and once as a remainder
        foreach (int repeats in new[] { 1, 16 })
        {
            float[] inputs = [.. x.SelectMany(value => Enumerable.Repeat(value, repeats))];
            double[] outputs = [.. expected.SelectMany(value => Enumerable.Repeat(value, repeats))];
            var y = Output([inputs.Length]);
            Device.Map(op, Input([inputs.Length], inputs).Tensor, y.Tensor);
            var actual = y.Read("y");
            for (int i = 0; i < actual.Length; i++)
            {
                Assert.True(
                    double.IsNaN(outputs[i]) ? float.IsNaN(actual[i]) : actual[i] == (float)outputs[i] || Math.Abs(actual[i] / outputs[i] - 1) < Tolerance,
                    $"{typeof(TOp).Name} of {inputs[i]:R} is {actual[i]:R} instead of {outputs[i]:R}");
            }
        }
    }
}
