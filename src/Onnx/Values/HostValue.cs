namespace Graft.Onnx;

/// <summary>An array on the host, of any element.</summary>
internal abstract class HostValue(int[] dims) : TensorValue(dims)
{
    public abstract double GetDouble(int at);

    public abstract void SetDouble(int at, double value);

    public abstract Int128 GetInteger(int at);

    public abstract void SetInteger(int at, Int128 value);

    /// <summary>The same elements under other dimensions.</summary>
    public abstract HostValue Reshape(int[] dims);

    /// <summary>An array of the elements at these places; where a place is below 0, of the element's zero.</summary>
    public abstract HostValue Pick(ReadOnlySpan<int> places, int[] dims);

    /// <summary>A copy.</summary>
    public abstract HostValue Clone();

    /// <summary>Overwrites an element by one of another array of the same elements.</summary>
    public abstract void Assign(int at, HostValue from, int fromAt);

    /// <summary>Whether two elements of arrays of the same elements are equal.</summary>
    public abstract bool IsEqual(int at, HostValue other, int otherAt);

    /// <summary>Several arrays of the same elements, one after another.</summary>
    public abstract HostValue Append(IReadOnlyList<HostValue> more);

    /// <summary>The elements as doubles.</summary>
    public double[] ToDoubles()
    {
        var values = new double[Count];
        for (int i = 0; i < values.Length; i++) values[i] = GetDouble(i);
        return values;
    }

    /// <summary>The elements as singles.</summary>
    public float[] ToSingles()
    {
        if (this is HostValue<float> singles) return singles.Values;
        var values = new float[Count];
        for (int i = 0; i < values.Length; i++) values[i] = (float)GetDouble(i);
        return values;
    }

    /// <summary>The elements as whole numbers.</summary>
    public long[] ToInt64s()
    {
        if (this is HostValue<long> integers) return integers.Values;
        var values = new long[Count];
        for (int i = 0; i < values.Length; i++) values[i] = (long)GetInteger(i);
        return values;
    }

    /// <summary>The elements as another type has them.</summary>
    public HostValue To(Element element)
    {
        if (element == Element) return this;
        var value = element.Zeros(Dims);
        bool isWhole = Element.IsInteger || Element == Elements.Bool;
        for (int i = 0; i < Count; i++)
        {
            if (isWhole) value.SetInteger(i, GetInteger(i));
            else value.SetDouble(i, GetDouble(i));
        }
        return value;
    }
}

/// <summary>An array on the host of elements of a type of .NET's.</summary>
internal sealed class HostValue<T>(Element<T> element, int[] dims, T[] values) : HostValue(dims)
{
    /// <summary>The elements, row-major.</summary>
    public T[] Values => values;

    public override Element Element => element;

    public override double GetDouble(int at) => element.ToDouble(values[at]);

    public override void SetDouble(int at, double value) => values[at] = element.FromDouble(value);

    public override Int128 GetInteger(int at) => element.ToInteger(values[at]);

    public override void SetInteger(int at, Int128 value) => values[at] = element.FromInteger(value);

    public override HostValue Reshape(int[] dims) => new HostValue<T>(element, dims, values);

    public override HostValue Pick(ReadOnlySpan<int> places, int[] dims)
    {
        var picked = new T[places.Length];
        for (int i = 0; i < picked.Length; i++) picked[i] = places[i] < 0 ? element.Initial : values[places[i]];
        return new HostValue<T>(element, dims, picked);
    }

    public override HostValue Clone() => new HostValue<T>(element, Dims, (T[])values.Clone());

    public override void Assign(int at, HostValue from, int fromAt) => values[at] = Same(from).Values[fromAt];

    public override bool IsEqual(int at, HostValue other, int otherAt) => EqualityComparer<T>.Default.Equals(values[at], Same(other).Values[otherAt]);

    public override HostValue Append(IReadOnlyList<HostValue> more)
    {
        var all = new List<T>(values);
        foreach (var part in more) all.AddRange(Same(part).Values);
        return new HostValue<T>(element, [all.Count], [.. all]);
    }

    private HostValue<T> Same(HostValue other) => other as HostValue<T>
        ?? throw new ArgumentException($"the elements {other.Element.Name} do not go with {element.Name}: both have to be of one type");
}
