using Graft.Tensors;
using Xunit;

namespace Graft.Testing;

/// <summary>One row an elementwise op. A row buys: forward against a reference, the exact derivative, every device, odd sizes,
/// strided inputs, broadcasting, foreign memory unharmed. An op without a row fails the tests.</summary>
public static class OpCases
{
    private const double Polynomial = 8 * Check.Unit;

    internal static IReadOnlyList<UnaryCase> Unary { get; } =
    [
        new UnaryCase<Identity>(default) { Reference = x => x },
        new UnaryCase<Negate>(default) { Reference = x => -x },
        new UnaryCase<Scale>(new(0.7f)) { Reference = x => x * 0.7f },
        new UnaryCase<AddScalar>(new(-1.3f)) { Reference = x => x - 1.3f },
        new UnaryCase<Square>(default) { Reference = x => Math.Pow(x, 2) },
        new UnaryCase<SquareRoot>(default) { Reference = x => Math.Pow(x, 0.5), Low = 0.01 },
        new UnaryCase<InverseSquareRoot>(new(1e-3f)) { Reference = x => Math.Pow(x + 1e-3f, -0.5), Low = 0.01 },
        new UnaryCase<Reciprocal>(default) { Reference = x => Math.Pow(x, -1), Low = 0.05 },
        new UnaryCase<Absolute>(default) { Reference = Math.Abs, Corners = [(0, 0)] },
        new UnaryCase<Exponential>(default) { Reference = Math.Exp, Low = -80, High = 80, Tolerance = Polynomial },
        new UnaryCase<Logarithm>(default) { Reference = Math.Log, Low = 0.01, High = 100, Tolerance = Polynomial },
        new UnaryCase<Relu>(default) { Reference = x => x > 0 ? x : 0, Corners = [(0, 0)] },
        new UnaryCase<LeakyRelu>(new(0.1f)) { Reference = x => x > 0 ? x : 0.1f * x, Corners = [(0, 0.1f)] },
        new UnaryCase<Clamp>(new(-1.5f, 2f)) { Reference = x => Math.Clamp(x, -1.5, 2), Corners = [(-1.5, 0), (2, 0)] },
        new UnaryCase<Relu6>(default) { Reference = x => Math.Clamp(x, 0, 6), Low = -3, High = 9, Corners = [(0, 0), (6, 0)] },
        new UnaryCase<HardSigmoid>(default) { Reference = x => Math.Clamp(x / 6 + 0.5, 0, 1), Low = -5, High = 5, Corners = [(-3, 0), (3, 0)], Magnitude = _ => 1 },
        new UnaryCase<HardSwish>(default)
        {
            Reference = x => x * Math.Clamp(x / 6 + 0.5, 0, 1), Low = -5, High = 5, Corners = [(-3, 0), (3, 1)], Magnitude = Math.Abs,
            SlopeMagnitude = _ => 1,
        },
        new UnaryCase<Elu>(new(1.3f)) { Reference = x => x > 0 ? x : 1.3f * (Math.Exp(x) - 1), Low = -20, Corners = [(0, 1.3f)], Tolerance = Polynomial },
        new UnaryCase<QuickGelu>(default)
        {
            Reference = x => x / (1 + Math.Exp(-1.702f * x)), Low = -30, High = 30, Tolerance = Polynomial, SlopeMagnitude = x => 1 + Math.Abs(x),
            Magnitude = x => Math.Abs(x) * Math.Exp(Math.Min(0, 1.7 * x)) * (1 + Math.Abs(x)),
        },
        new UnaryCase<Softplus>(default) { Reference = x => Math.Max(0, x) + Math.Log(1 + Math.Exp(-Math.Abs(x))), Low = -14, High = 30, Tolerance = Polynomial },
        new UnaryCase<Mish>(default)
        {
            Reference = x => x * Math.Tanh(Math.Log(1 + Math.Exp(x))), Low = -14, High = 30, Tolerance = Polynomial, SlopeMagnitude = x => 1 + Math.Abs(x),
        },
        new UnaryCase<Power>(new(3), "Power 3") { Reference = x => x * x * x },
        new UnaryCase<Power>(new(0), "Power 0") { Reference = _ => 1 },
        new UnaryCase<Power>(new(-1.5f), "Power -1.5") { Reference = x => Math.Pow(x, -1.5), Low = 0.05 },
        new UnaryCase<Power>(new(7.5f), "Power 7.5") { Reference = x => Math.Pow(x, 7.5), Low = 0.01, Tolerance = Polynomial },
        new UnaryCase<Power>(new(0.3f), "Power 0.3") { Reference = x => Math.Pow(x, 0.3f), Low = 0.01, Tolerance = 2 * Polynomial },
        new UnaryCase<Power>(new(-2.7f), "Power -2.7") { Reference = x => Math.Pow(x, -2.7f), Low = 0.05, Tolerance = 4 * Polynomial },
        new UnaryCase<FocalTerm>(new(2f), "FocalTerm 2")
        {
            Reference = x => -Math.Pow(1 - Math.Exp(x), 2) * x, Low = -40, High = -1e-3, Tolerance = 4 * Polynomial, SlopeMagnitude = _ => 1,
            Corners = [(0, 0)],
        },
        new UnaryCase<FocalTerm>(new(0.5f), "FocalTerm 0.5")
        {
            Reference = x => -Math.Pow(1 - Math.Exp(x), 0.5) * x, Low = -40, High = -1e-3, Tolerance = 4 * Polynomial, SlopeMagnitude = _ => 1,
        },
        new UnaryCase<FocalTerm>(new(0f), "FocalTerm 0") { Reference = x => -x, Low = -40, High = -1e-3, Tolerance = Polynomial, SlopeMagnitude = _ => 1 },
        new UnaryCase<Sigmoid>(default)
        {
            Reference = x => Math.Exp(x) / (Math.Exp(x) + 1), Low = -30, High = 30, Tolerance = Polynomial,
            SlopeMagnitude = x => Math.Exp(Math.Min(x, 0)),
        },
        new UnaryCase<HyperbolicTangent>(default)
        {
            Reference = Math.Tanh, Low = -12, High = 12, Tolerance = Polynomial, SlopeMagnitude = _ => 1,
        },
        new UnaryCase<Silu>(default)
        {
            Reference = x => x * (1 / (1 + Math.Exp(-x))), Low = -60, High = 60, Tolerance = Polynomial, SlopeMagnitude = x => 1 + Math.Abs(x),
        },
        new UnaryCase<Gelu>(default)
        {
            Reference = x => x * 0.5 * (1 + SpecialFunctions.Erf(x / Math.Sqrt(2))), Low = -7, High = 7, Tolerance = Polynomial,
            Magnitude = Math.Abs, SlopeMagnitude = _ => 1,
        },
        new UnaryCase<GeluTanh>(default)
        {
            Reference = x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * Math.Pow(x, 3)))), Low = -7, High = 7,
            Tolerance = Polynomial, Magnitude = Math.Abs, SlopeMagnitude = x => 1 + Math.Abs(x) * (1 + x * x / 8),
        },
        new UnaryCase<Then<Scale, Gelu>>(new(new(0.7f), default), "Scale then Gelu")
        {
            Reference = x => x * 0.7f * 0.5 * (1 + SpecialFunctions.Erf(x * 0.7f / Math.Sqrt(2))), Tolerance = Polynomial,
            Magnitude = Math.Abs, SlopeMagnitude = _ => 1,
        },
        new UnaryCase<Then<AddScalar, Relu>>(new(new(-1.3f), default), "AddScalar then Relu")
        {
            Reference = x => x > 1.3f ? x - 1.3f : 0, Corners = [(1.3f, 0)],
        },
        new UnaryCase<Then<Square, Exponential>>(default, "Square then Exponential")
        {
            Reference = x => Math.Exp(x * x), Tolerance = Polynomial, Magnitude = x => (1 + x * x) * Math.Exp(x * x),
            SlopeMagnitude = x => (1 + x * x) * Math.Abs(2 * x) * Math.Exp(x * x),
        },
    ];

    internal static IReadOnlyList<BinaryCase> Binary { get; } =
    [
        new BinaryCase<Add>(default) { Reference = (a, b) => a + b, Magnitude = Sum },
        new BinaryCase<AddScaled>(new(-0.3f)) { Reference = (a, b) => a - 0.3f * b, Magnitude = Sum },
        new BinaryCase<Subtract>(default) { Reference = (a, b) => a - b, Magnitude = Sum },
        new BinaryCase<Multiply>(default) { Reference = (a, b) => a * b },
        new BinaryCase<Divide>(default) { Reference = (a, b) => a / b, RightLow = 0.1 },
        new BinaryCase<Maximum>(default) { Reference = Math.Max, CornerWhereEqual = true },
        new BinaryCase<Minimum>(default) { Reference = Math.Min, CornerWhereEqual = true },
        new BinaryCase<Lerp>(new(0.1f)) { Reference = (a, b) => (1 - (double)0.1f) * a + 0.1f * b, Magnitude = Sum },
    ];

    /// <summary>The names of the rows of one variable.</summary>
    public static TheoryData<string> UnaryNames => [.. Unary.Select(row => row.Name)];

    /// <summary>The names of the rows of two variables.</summary>
    public static TheoryData<string> BinaryNames => [.. Binary.Select(row => row.Name)];

    internal static UnaryCase UnaryOf(string name) => Unary.Single(row => row.Name == name);

    internal static BinaryCase BinaryOf(string name) => Binary.Single(row => row.Name == name);

    private static double Sum(double a, double b) => Math.Abs(a) + Math.Abs(b);
}
