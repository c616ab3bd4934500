using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>Arithmetic, element by element.</summary>
internal static class ArithmeticOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Binary("Add", static (a, b) => a + b, static (a, b) => a + b, static (a, b) => a + b),
        Binary("Sub", static (a, b) => a - b, static (a, b) => a - b, static (a, b) => a - b),
        Binary("Mul", static (a, b) => a * b, static (a, b) => a * b, static (a, b) => a * b),
        Binary("Div", static (a, b) => a / b, static (a, b) => a / b, static (a, b) => a / b),
        Operator.Of("Pow", Pow),
        Operator.Of("Mod", Mod),
        Variadic("Max", static (a, b) => a.Maximum(b), static (a, b) => double.IsNaN(a) || double.IsNaN(b) ? double.NaN : Math.Max(a, b), Int128.Max),
        Variadic("Min", static (a, b) => a.Minimum(b), static (a, b) => double.IsNaN(a) || double.IsNaN(b) ? double.NaN : Math.Min(a, b), Int128.Min),
        Variadic("Sum", static (a, b) => a + b, static (a, b) => a + b, static (a, b) => a + b),
        Operator.Of("Mean", static node =>
        {
            var sum = Fold(node, static (a, b) => a + b, static (a, b) => a + b, static (a, b) => a + b);
            int count = node.Count;
            return sum is DeviceValue device ? new DeviceValue(device.Variable / count) : HostMath.Unary((HostValue)sum, x => x / count);
        }),
        Unary("Neg", static x => -x, static x => -x, static x => -x),
        Unary("Abs", static x => x.Abs(), Math.Abs, Int128.Abs),
        Unary("Sqrt", static x => x.Sqrt(), Math.Sqrt),
        Unary("Exp", static x => x.Exp(), Math.Exp),
        Unary("Log", static x => x.Log(), Math.Log),
        Unary("Reciprocal", static x => x.Map(default(Reciprocal)), static x => 1 / x),
        Unary("Erf", static x => x.Map(default(ErrorFunction)), static x => Distributions.Erf(x)),
        Function("Sign", static x => double.IsNaN(x) ? x : Math.Sign(x), static x => Int128.Sign(x)),
        Function("Floor", Math.Floor), Function("Ceil", Math.Ceiling), Function("Round", static x => Math.Round(x, MidpointRounding.ToEven)),
        Function("Sin", Math.Sin), Function("Cos", Math.Cos), Function("Tan", Math.Tan),
        Function("Asin", Math.Asin), Function("Acos", Math.Acos), Function("Atan", Math.Atan),
        Function("Sinh", Math.Sinh), Function("Cosh", Math.Cosh), Function("Asinh", Math.Asinh), Function("Acosh", Math.Acosh), Function("Atanh", Math.Atanh),
        Integers("BitwiseAnd", static (a, b) => a & b), Integers("BitwiseOr", static (a, b) => a | b), Integers("BitwiseXor", static (a, b) => a ^ b),
        Operator.Of("BitwiseNot", static node => HostMath.Unary(node.Host(0), static x => ~(long)x, static x => ~x)),
        Operator.Of("BitShift", static node =>
        {
            bool isLeft = node.Attributes.Text("direction") == "LEFT";
            return HostMath.Binary(node.Host(0), node.Host(1), static (a, _) => a, (a, b) => isLeft ? a << (int)b : a >> (int)b);
        }),
        Operator.Of("Clip", Clip, 1, 2),
    ];

    /// <summary>An operator over two tensors, floats on the device or anything on the host.</summary>
    public static Operator Binary(
        string name, Func<Variable, Variable, Variable> device, Func<double, double, double> floats, Func<Int128, Int128, Int128> integers) =>
        Operator.Of(name, node => Apply(node.Tensor(0), Aligned(node), node, device, floats, integers));

    private static Operator Integers(string name, Func<Int128, Int128, Int128> integers) =>
        Operator.Of(name, node => HostMath.Binary(node.Host(0), node.Host(1), static (a, _) => a, integers));

    private static Operator Unary(string name, Func<Variable, Variable> device, Func<double, double> floats, Func<Int128, Int128>? integers = null) =>
        Operator.Of(name, node => node.Tensor(0) switch
        {
            DeviceValue x => new DeviceValue(device(x.Variable), x.Element),
            var x => HostMath.Unary((HostValue)x, floats, integers),
        });

    /// <summary>A function that only the host has.</summary>
    private static Operator Function(string name, Func<double, double> floats, Func<Int128, Int128>? integers = null) =>
        Operator.Of(name, node => HostMath.OnHost(node, name, x => HostMath.Unary(x, floats, integers)));

    private static Operator Variadic(
        string name, Func<Variable, Variable, Variable> device, Func<double, double, double> floats, Func<Int128, Int128, Int128> integers) =>
        Operator.Of(name, node => Fold(node, device, floats, integers));

    private static TensorValue Fold(
        NodeContext node, Func<Variable, Variable, Variable> device, Func<double, double, double> floats, Func<Int128, Int128, Int128> integers)
    {
        var result = node.Tensor(0);
        for (int at = 1; at < node.Count; at++) result = Apply(result, node.Tensor(at), node, device, floats, integers);
        return result;
    }

    private static TensorValue Apply(
        TensorValue a, TensorValue b, NodeContext node,
        Func<Variable, Variable, Variable> device, Func<double, double, double> floats, Func<Int128, Int128, Int128> integers)
    {
        if (a is HostValue left && b is HostValue right) return HostMath.Binary(left, right, floats, integers);
        var element = (a as DeviceValue ?? (DeviceValue)b).Element;
        return new DeviceValue(device(OnDevice(a, node), OnDevice(b, node)), element);
    }

    private static Variable OnDevice(TensorValue value, NodeContext node) =>
        value is DeviceValue device ? device.Variable : Conversion.ToVariable((HostValue)value, node.Pass);

    /// <summary>The second operand; operators before version 7 align it to an axis of the first.</summary>
    private static TensorValue Aligned(NodeContext node)
    {
        var b = node.Tensor(1);
        if (node.Version >= 7 || !node.Attributes.Flag("broadcast") || !node.Attributes.Has("axis")) return b;
        int rank = node.Dims(0).Length, axis = Dimensions.Axis(node.Attributes.Int("axis"), rank);
        int[] dims = [.. b.Dims, .. Enumerable.Repeat(1, Math.Max(0, rank - axis - b.Rank))];
        return b is DeviceValue device ? device.Reshape(dims) : ((HostValue)b).Reshape(dims);
    }

    private static TensorValue Pow(NodeContext node)
    {
        var (x, exponent) = (node.Tensor(0), node.Tensor(1));
        if (x is not DeviceValue device) return HostMath.Binary(node.Host(0), node.Host(1), Math.Pow, Integers);
        if (exponent is HostValue { Count: 1 } one && one.Rank <= x.Rank)
        {
            float number = (float)one.GetDouble(0);
            return new DeviceValue(number switch
            {
                2f => device.Variable.Square(),
                0.5f => device.Variable.Sqrt(),
                1f => device.Variable,
                _ => device.Variable.Pow(number),
            }, device.Element);
        }
        var other = node.Variable(1);
        if (device.Variable.NeedsGradient || other.NeedsGradient || node.Pass.Device is Recorder) return new DeviceValue(device.Variable.Zip(other, default(PowerOf)), device.Element);
        var result = HostMath.Binary(node.Host(0), node.Host(1), Math.Pow, Integers);
        return result.Element == Elements.Single ? new DeviceValue(Conversion.ToVariable(result, node.Pass)) : result;

        static Int128 Integers(Int128 number, Int128 power)
        {
            if (power < 0) return number == 1 ? 1 : number == -1 ? (power % 2 == 0 ? 1 : -1) : 0;
            Int128 result = 1;
            for (; power > 0; power >>= 1, number = unchecked(number * number))
                if ((power & 1) == 1) result = unchecked(result * number);
            return result;
        }
    }

    private static TensorValue Mod(NodeContext node)
    {
        bool isTruncated = node.Attributes.Flag("fmod");
        var result = HostMath.Binary(
            node.Host(0), node.Host(1), static (a, b) => a % b, (a, b) => isTruncated || (a % b == 0) || (a % b < 0) == (b < 0) ? a % b : a % b + b);
        return node.IsOnDevice(0) && result.Element == Elements.Single ? new DeviceValue(Conversion.ToVariable(result, node.Pass)) : result;
    }

    private static TensorValue Clip(NodeContext node)
    {
        var x = node.Tensor(0);
        if (x is DeviceValue clipped && (node.IsOnDevice(1) || node.IsOnDevice(2)))
        {
            // bounds that were computed
            var held = clipped.Variable;
            if (node.VariableOrNull(1) is { } least) held = held.Maximum(least);
            if (node.VariableOrNull(2) is { } most) held = held.Minimum(most);
            return new DeviceValue(held, clipped.Element);
        }
        double low = node.Has(1) ? node.Number(1) : node.Attributes.Has("min") ? node.Attributes.Float("min") : double.NegativeInfinity;
        double high = node.Has(2) ? node.Number(2) : node.Attributes.Has("max") ? node.Attributes.Float("max") : double.PositiveInfinity;
        if (x is DeviceValue device) return new DeviceValue(low <= high ? device.Variable.Clamp((float)low, (float)high) : Held(device.Variable, (float)high), device.Element);
        return HostMath.Unary((HostValue)x, value => Math.Max(low, Math.Min(high, value)), Whole);

        Int128 Whole(Int128 value)
        {
            if (high < double.PositiveInfinity && node.Has(2)) value = Int128.Min(value, node.Host(2).GetInteger(0));
            if (low > double.NegativeInfinity && node.Has(1)) value = Int128.Max(value, node.Host(1).GetInteger(0));
            return value;
        }

        // a lower bound above the upper: the upper one holds
        static Variable Held(Variable variable, float bound) => variable * 0f + bound;
    }
}
