using Graft.Autograd;

namespace Graft.Onnx;

/// <summary>Arithmetic with arrays on the host, of whatever elements: floats as doubles, whole numbers as such.</summary>
internal static class HostMath
{
    /// <summary>f of each element.</summary>
    public static HostValue Unary(HostValue x, Func<double, double> floats, Func<Int128, Int128>? integers = null) =>
        x.Element.IsInteger && integers is not null
            ? x.Element.FromIntegers(x.Dims, at => integers(x.GetInteger(at)))
            : x.Element.FromDoubles(x.Dims, at => floats(x.GetDouble(at)));

    /// <summary>f of two elements each; shapes broadcast.</summary>
    public static HostValue Binary(HostValue a, HostValue b, Func<double, double, double> floats, Func<Int128, Int128, Int128>? integers, Element? result = null)
    {
        int[] dims = Dimensions.Broadcast(a.Dims, b.Dims);
        int[] left = Dimensions.Places(a.Dims, dims), right = Dimensions.Places(b.Dims, dims);
        var element = result ?? a.Element;
        bool isWhole = integers is not null && !a.Element.IsFloating && !b.Element.IsFloating;
        return isWhole
            ? element.FromIntegers(dims, at => integers!(a.GetInteger(left[at]), b.GetInteger(right[at])))
            : element.FromDoubles(dims, at => floats(a.GetDouble(left[at]), b.GetDouble(right[at])));
    }

    /// <summary>Whether a comparison holds, of two elements each.</summary>
    public static HostValue Compare(HostValue a, HostValue b, Func<double, double, bool> floats, Func<Int128, Int128, bool> integers)
    {
        if (a.Element == Elements.Text || b.Element == Elements.Text) return CompareTexts(a, b, floats);
        return Binary(a, b, (x, y) => floats(x, y) ? 1 : 0, (x, y) => integers(x, y) ? 1 : 0, Elements.Bool);
    }

    /// <summary>Numbers on the device through a function that only the host has: nothing learns through it.</summary>
    public static TensorValue OnHost(NodeContext node, string name, Func<HostValue, HostValue> compute)
    {
        var x = node.Tensor(0);
        if (x is HostValue host) return compute(host);
        var device = (DeviceValue)x;
        RequireNoGradient(name, device.Variable);
        var result = compute(Conversion.ToHost(device));
        return result.Element == Elements.Single ? new DeviceValue(Conversion.ToVariable(result, node.Pass)) : result;
    }

    /// <summary>Refuses to compute on the host what something learns through.</summary>
    public static void RequireNoGradient(string name, Variable variable)
    {
        if (variable.NeedsGradient) throw new NotSupportedException($"no gradient goes through {name}: freeze what comes before it");
    }

    private static HostValue CompareTexts(HostValue a, HostValue b, Func<double, double, bool> floats)
    {
        if (a is not HostValue<string> left || b is not HostValue<string> right) throw new ArgumentException($"{a} is not compared with {b}: both have to be texts");
        int[] dims = Dimensions.Broadcast(a.Dims, b.Dims);
        int[] leftAt = Dimensions.Places(a.Dims, dims), rightAt = Dimensions.Places(b.Dims, dims);
        return Elements.Bool.FromIntegers(dims, at => floats(string.CompareOrdinal(left.Values[leftAt[at]], right.Values[rightAt[at]]), 0) ? 1 : 0);
    }
}
