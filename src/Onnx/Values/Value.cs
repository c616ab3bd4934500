using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Onnx;

/// <summary>What goes from operator to operator: a tensor, or a sequence of values. No value at all is null.</summary>
internal abstract class Value;

/// <summary>Several values in a row.</summary>
internal sealed class SequenceValue(IReadOnlyList<Value?> items) : Value
{
    public IReadOnlyList<Value?> Items => items;
}

/// <summary>A tensor on the device or on the host.</summary>
internal abstract class TensorValue(int[] dims) : Value
{
    /// <summary>The lengths of the axes.</summary>
    public int[] Dims => dims;

    public int Rank => dims.Length;

    /// <summary>The number of elements.</summary>
    public int Count { get; } = Dimensions.Count(dims);

    /// <summary>What the elements are.</summary>
    public abstract Element Element { get; }

    /// <summary>What it is, in messages: <c>float32 [2, 3]</c>.</summary>
    public override string ToString() => $"{Element.Name} [{string.Join(", ", dims)}]";
}

/// <summary>Numbers on the device: floats, through which gradients go, or whole numbers and truth values that are carried as floats, as the
/// inputs of a recording are.</summary>
internal sealed class DeviceValue : TensorValue
{
    private readonly Func<Variable>? make;
    private Variable? variable;

    public DeviceValue(Variable variable, Element? element = null, Tensor<int>? ids = null) : base(variable.Shape.ToArray())
    {
        this.variable = variable;
        Element = element ?? Elements.Single;
        Ids = ids;
    }

    /// <summary>Whole numbers whose floats may never be asked for.</summary>
    public DeviceValue(int[] dims, Func<Variable> make, Element element, Tensor<int> ids, IdBound bound) : base(dims)
    {
        this.make = make;
        Element = element;
        Ids = ids;
        Bound = bound;
    }

    public override Element Element { get; }

    /// <summary>The numbers as floats.</summary>
    public Variable Variable => variable ??= make!();

    /// <summary>The same whole numbers as such; null where they were computed.</summary>
    public Tensor<int>? Ids { get; }

    /// <summary>How large the whole numbers may be, as far as it is known; null where they were computed.</summary>
    public IdBound? Bound { get; }

    /// <summary>The same numbers under other dimensions.</summary>
    public DeviceValue Reshape(int[] dims) => Ids is null
        ? new DeviceValue(Variable.Reshape(new Shape(dims)), Element)
        : new DeviceValue(dims, () => Variable.Reshape(new Shape(dims)), Element, Ids.Reshape(new Shape(dims)), Bound ?? new IdBound());
}

/// <summary>How many rows the smallest table has that an input of a recording is looked up in.</summary>
internal sealed class IdBound
{
    public int Rows { get; set; } = int.MaxValue;
}
