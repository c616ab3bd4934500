using Graft.Autograd;

namespace Graft.Onnx;

/// <summary>Comparisons and logic.</summary>
internal static class ComparisonOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Comparison("Equal", static (a, b) => a.Zip(b, default(IsEqual)), static (a, b) => a == b, static (a, b) => a == b),
        Comparison("Greater", static (a, b) => a.Zip(b, default(IsGreater)), static (a, b) => a > b, static (a, b) => a > b),
        Comparison("Less", static (a, b) => b.Zip(a, default(IsGreater)), static (a, b) => a < b, static (a, b) => a < b),
        Comparison("GreaterOrEqual", static (a, b) => a.Zip(b, default(IsGreaterOrEqual)), static (a, b) => a >= b, static (a, b) => a >= b),
        Comparison("LessOrEqual", static (a, b) => b.Zip(a, default(IsGreaterOrEqual)), static (a, b) => a <= b, static (a, b) => a <= b),
        Logic("And", static (a, b) => a * b, static (a, b) => a & b),
        Logic("Or", static (a, b) => a.Maximum(b), static (a, b) => a | b),
        Logic("Xor", static (a, b) => (a - b).Abs(), static (a, b) => a ^ b),
        Operator.Of("Not", static node => node.Tensor(0) is DeviceValue device
            ? new DeviceValue(1f - device.Variable, Elements.Bool) : HostMath.Unary(node.Host(0), static x => x == 0 ? 1 : 0)),
        Operator.Of("IsNaN", static node => Elements.Bool.FromIntegers(node.Dims(0), Test(node, double.IsNaN))),
        Operator.Of("IsInf", static node =>
        {
            bool negative = node.Attributes.Flag("detect_negative", true), positive = node.Attributes.Flag("detect_positive", true);
            return Elements.Bool.FromIntegers(node.Dims(0), Test(node, x => (negative && double.IsNegativeInfinity(x)) || (positive && double.IsPositiveInfinity(x))));
        }),
        Operator.Of("Where", Where),
    ];

    private static Func<int, Int128> Test(NodeContext node, Func<double, bool> test)
    {
        var x = node.Host(0);
        return at => test(x.GetDouble(at)) ? 1 : 0;
    }

    private static Operator Comparison(
        string name, Func<Variable, Variable, Variable> device, Func<double, double, bool> floats, Func<Int128, Int128, bool> integers) =>
        Operator.Of(name, node => node.IsOnDevice(0) || node.IsOnDevice(1)
            ? new DeviceValue(device(node.Variable(0).Detach(), node.Variable(1).Detach()), Elements.Bool)
            : HostMath.Compare(node.Host(0), node.Host(1), floats, integers));

    private static Operator Logic(string name, Func<Variable, Variable, Variable> device, Func<bool, bool, bool> host) =>
        Operator.Of(name, node => node.IsOnDevice(0) || node.IsOnDevice(1)
            ? new DeviceValue(device(node.Variable(0), node.Variable(1)), Elements.Bool)
            : HostMath.Binary(node.Host(0), node.Host(1), (a, b) => host(a != 0, b != 0) ? 1 : 0, (a, b) => host(a != 0, b != 0) ? 1 : 0, Elements.Bool));

    private static TensorValue Where(NodeContext node)
    {
        if (node.Tensor(1) is HostValue whenTrue && node.Tensor(2) is HostValue whenFalse && !node.IsOnDevice(0)) return OnHost(node.Host(0), whenTrue, whenFalse);
        var condition = node.Variable(0).Detach();
        var element = node.IsOnDevice(1) ? node.Element(1) : node.Element(2);
        return new DeviceValue(condition.Zip(node.Variable(1), default(WhereTrue)) + condition.Zip(node.Variable(2), default(WhereFalse)), element);
    }

    private static HostValue OnHost(HostValue condition, HostValue whenTrue, HostValue whenFalse)
    {
        int[] dims = Dimensions.Broadcast(condition.Dims, Dimensions.Broadcast(whenTrue.Dims, whenFalse.Dims));
        int[] test = Dimensions.Places(condition.Dims, dims), first = Dimensions.Places(whenTrue.Dims, dims), second = Dimensions.Places(whenFalse.Dims, dims);
        var result = whenTrue.Element.Zeros(dims);
        for (int at = 0; at < result.Count; at++)
        {
            if (condition.GetInteger(test[at]) != 0) result.Assign(at, whenTrue, first[at]);
            else result.Assign(at, whenFalse, second[at]);
        }
        return result;
    }
}
