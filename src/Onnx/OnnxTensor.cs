namespace Graft.Onnx;

/// <summary>A tensor on the host of any element that ONNX has: what goes into a graph and comes out of it.</summary>
/// <remarks>Elements are float, double, Half, whole numbers of 8 to 64 bits, bool and string. Immutable, unless its array is changed.</remarks>
public sealed class OnnxTensor
{
    internal OnnxTensor(HostValue value) => Value = value;

    internal HostValue Value { get; }

    /// <summary>The lengths of the axes.</summary>
    public IReadOnlyList<int> Shape => Value.Dims;

    /// <summary>The name of the elements' type as NumPy has it: <c>float32</c>, <c>int64</c>.</summary>
    public string ElementType => Value.Element.Name;

    /// <summary>Makes a tensor of an array, which it keeps.</summary>
    /// <param name="shape">The lengths of the axes.</param>
    /// <param name="values">The elements, row-major.</param>
    /// <exception cref="ArgumentException">There are not as many elements as the shape has, or ONNX has none of that type.</exception>
    public static OnnxTensor From<T>(ReadOnlySpan<int> shape, T[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var element = Elements.Of<T>() ?? throw new ArgumentException($"ONNX has no elements of {typeof(T).Name}: give float, double, Half, whole numbers, bool or string");
        int[] dims = shape.ToArray();
        if (Dimensions.Count(dims) != values.Length) throw new ArgumentException($"{values.Length} elements do not fill [{string.Join(", ", dims)}]");
        return new OnnxTensor(new HostValue<T>(element, dims, values));
    }

    /// <summary>The elements, row-major.</summary>
    /// <exception cref="ArgumentException">They are of another type.</exception>
    public IReadOnlyList<T> As<T>() => Value is HostValue<T> own
        ? own.Values : throw new ArgumentException($"{Value} is no tensor of {typeof(T).Name}");

    /// <summary>The type and the shape: <c>float32 [2, 3]</c>.</summary>
    public override string ToString() => Value.ToString()!;
}

/// <summary>An input or an output of a graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ElementType">The name of its elements' type as NumPy has it; empty where the graph does not say.</param>
/// <param name="Shape">The lengths of its axes, -1 where any will do; null where the graph does not say.</param>
public sealed record OnnxPort(string Name, string ElementType, IReadOnlyList<int>? Shape)
{
    internal static OnnxPort Of(GraphPort port) => new(port.Name, port.Element?.Name ?? "", port.Dims);
}
