using Graft.Testing;

namespace Graft.Tensors.Tests;

/// <summary>The formulas of the elementwise ops, in double precision, where rounding hides nothing.</summary>
public class OpFormulaTests
{
    [Fact]
    public void Every_op_of_one_variable_has_a_row() => Assert.Empty(Without(typeof(IUnaryOp), OpCases.Unary.Select(row => row.Op)));

    [Fact]
    public void Every_op_of_two_variables_has_a_row() => Assert.Empty(Without(typeof(IBinaryOp), OpCases.Binary.Select(row => row.Op)));

    [Theory, MemberData(nameof(OpCases.UnaryNames), MemberType = typeof(OpCases))]
    public void Forward_is_the_reference(string op)
    {
        var row = OpCases.UnaryOf(op);
        // the ops' constants are single precision, so that much and no more may differ
        foreach (float x in row.Inputs(200))
            Near($"{op}({x})", row.Forward(x), row.Reference(x), 1e-7 * (row.Magnitude?.Invoke(x) ?? Math.Abs(row.Reference(x))));
    }

    [Theory, MemberData(nameof(OpCases.UnaryNames), MemberType = typeof(OpCases))]
    public void Derivative_is_the_slope_of_forward(string op)
    {
        var row = OpCases.UnaryOf(op);
        foreach (float x in row.Inputs(200))
        {
            double slope = Slope(row.Forward, x);
            Near($"{op}'({x})", row.Derivative(x), slope, 3e-7 * (Math.Abs(slope) + Math.Min(1, Math.Abs(row.Forward(x)))) + 1e-9);
        }
    }

    [Theory, MemberData(nameof(OpCases.BinaryNames), MemberType = typeof(OpCases))]
    public void Forward_of_two_is_the_reference(string op)
    {
        var row = OpCases.BinaryOf(op);
        foreach (var (a, b) in row.LeftInputs(200).Zip(row.RightInputs(200)))
            Near($"{op}({a}, {b})", row.Forward(a, b), row.Reference(a, b), 1e-7 * (Math.Abs(a) + Math.Abs(b)));
    }

    [Theory, MemberData(nameof(OpCases.BinaryNames), MemberType = typeof(OpCases))]
    public void Derivatives_of_two_are_the_slopes_of_forward(string op)
    {
        var row = OpCases.BinaryOf(op);
        foreach (var (a, b) in row.LeftInputs(200).Zip(row.RightInputs(200)))
        {
            double left = Slope(value => row.Forward(value, b), a), right = Slope(value => row.Forward(a, value), b);
            var (actualLeft, actualRight) = row.Derivatives(1.7, a, b);
            Near($"{op} by its left at ({a}, {b})", actualLeft, 1.7 * left, 3e-7 * (1 + Math.Abs(left)));
            Near($"{op} by its right at ({a}, {b})", actualRight, 1.7 * right, 3e-7 * (1 + Math.Abs(right)));
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.1, 0.11246291601828489)]
    [InlineData(0.5, 0.5204998778130465)]
    [InlineData(1, 0.8427007929497149)]
    [InlineData(-2, -0.9953222650189527)]
    [InlineData(3.5, 0.9999992569016276)]
    [InlineData(7, 1)]
    public void The_reference_error_function_has_the_published_values(double x, double expected) =>
        Near($"erf({x})", SpecialFunctions.Erf(x), expected, 2e-15);

    private static IEnumerable<string> Without(Type contract, IEnumerable<Type> rows) =>
        typeof(Device).Assembly.GetTypes().Where(type => type.IsValueType && contract.IsAssignableFrom(type)).Except(rows).Select(type => type.Name);

    private static double Slope(Func<double, double> function, double x)
    {
        double step = 1e-5 * Math.Clamp(Math.Abs(x), 1e-2, 1);
        double above = x + step, below = x - step;
        return (function(above) - function(below)) / (above - below);
    }

    private static void Near(string what, double actual, double expected, double allowed) =>
        Assert.True(Math.Abs(actual - expected) <= allowed, $"{what} is {actual:R}, not {expected:R} (allowed: {allowed:G3})");
}
