using System.Numerics;
using DataType = Graft.Onnx.Protocol.TensorProto.Types.DataType;

namespace Graft.Onnx;

/// <summary>What the elements of a host array are, and how they become doubles and whole numbers and are made of them.</summary>
internal abstract class Element(DataType code, bool isFloating, bool isInteger)
{
    /// <summary>The format's number of the type.</summary>
    public DataType Code => code;

    /// <summary>Whether they are floating-point numbers.</summary>
    public bool IsFloating => isFloating;

    /// <summary>Whether they are whole numbers.</summary>
    public bool IsInteger => isInteger;

    /// <summary>The name as NumPy has it.</summary>
    public string Name => OnnxType.Find((int)code)!.Name;

    /// <summary>An array of zeros (false, empty texts).</summary>
    public abstract HostValue Zeros(int[] dims);

    /// <summary>An array of these elements from their bytes, little-endian.</summary>
    public abstract HostValue FromBytes(int[] dims, byte[] bytes);

    /// <summary>An array whose elements come from doubles.</summary>
    public HostValue FromDoubles(int[] dims, Func<int, double> at)
    {
        var value = Zeros(dims);
        for (int i = 0; i < value.Count; i++) value.SetDouble(i, at(i));
        return value;
    }

    /// <summary>An array whose elements come from whole numbers.</summary>
    public HostValue FromIntegers(int[] dims, Func<int, Int128> at)
    {
        var value = Zeros(dims);
        for (int i = 0; i < value.Count; i++) value.SetInteger(i, at(i));
        return value;
    }
}

/// <summary>Elements of a type of .NET's.</summary>
internal class Element<T>(DataType code, bool isFloating, bool isInteger) : Element(code, isFloating, isInteger)
{
    public required Func<T, double> ToDouble { get; init; }

    public required Func<double, T> FromDouble { get; init; }

    public required Func<T, Int128> ToInteger { get; init; }

    public required Func<Int128, T> FromInteger { get; init; }

    /// <summary>How elements are read from bytes.</summary>
    public required Func<byte[], int, T[]> Read { get; init; }

    /// <summary>What an element is at first.</summary>
    public T Initial { get; init; } = default!;

    public override HostValue Zeros(int[] dims)
    {
        var values = new T[Dimensions.Count(dims)];
        if (Initial is not null && !EqualityComparer<T>.Default.Equals(Initial, default)) Array.Fill(values, Initial);
        return new HostValue<T>(this, dims, values);
    }

    public override HostValue FromBytes(int[] dims, byte[] bytes) => new HostValue<T>(this, dims, Read(bytes, Dimensions.Count(dims)));
}

/// <summary>The elements that host arrays can have, one row each.</summary>
internal static class Elements
{
    public static readonly Element<float> Single = Number<float>(DataType.Float, isFloating: true);
    public static readonly Element<double> Double = Number<double>(DataType.Double, isFloating: true);
    public static readonly Element<Half> Half = Number<Half>(DataType.Float16, isFloating: true);
    public static readonly Element<sbyte> Int8 = Number<sbyte>(DataType.Int8);
    public static readonly Element<byte> UInt8 = Number<byte>(DataType.Uint8);
    public static readonly Element<short> Int16 = Number<short>(DataType.Int16);
    public static readonly Element<ushort> UInt16 = Number<ushort>(DataType.Uint16);
    public static readonly Element<int> Int32 = Number<int>(DataType.Int32);
    public static readonly Element<uint> UInt32 = Number<uint>(DataType.Uint32);
    public static readonly Element<long> Int64 = Number<long>(DataType.Int64);
    public static readonly Element<ulong> UInt64 = Number<ulong>(DataType.Uint64);

    public static readonly Element<bool> Bool = new(DataType.Bool, isFloating: false, isInteger: false)
    {
        ToDouble = static value => value ? 1 : 0,
        FromDouble = static value => value != 0,
        ToInteger = static value => value ? 1 : 0,
        FromInteger = static value => value != 0,
        Read = static (bytes, count) => Array.ConvertAll(bytes[..count], one => one != 0),
    };

    public static readonly Element<string> Text = new(DataType.String, isFloating: false, isInteger: false)
    {
        ToDouble = static value => Numbers.Parse(value),
        FromDouble = static value => Numbers.Text((float)value),
        ToInteger = static value => (Int128)Numbers.Parse(value),
        FromInteger = static value => value.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Read = static (_, count) => new string[count],
        Initial = "",
    };

    private static readonly Element[] All =
        [Single, Double, Half, Int8, UInt8, Int16, UInt16, Int32, UInt32, Int64, UInt64, Bool, Text, .. SmallFloats.All, .. PartsOfBytes.All];

    private static readonly Dictionary<DataType, Element> ByCode = All.ToDictionary(element => element.Code);

    /// <summary>The element of a number of the format's; null where it has no row.</summary>
    public static Element? Find(int code) => ByCode.GetValueOrDefault((DataType)code);

    /// <summary>The element of a type of .NET's.</summary>
    public static Element<T>? Of<T>() => ByCode.Values.OfType<Element<T>>().FirstOrDefault();

    private static Element<T> Number<T>(DataType code, bool isFloating = false) where T : unmanaged, INumber<T> => new(code, isFloating, !isFloating)
    {
        ToDouble = static value => double.CreateTruncating(value),
        FromDouble = Converted<T>,
        ToInteger = static value => Int128.CreateTruncating(value),
        FromInteger = static value => T.CreateTruncating(value),
        Read = Numbers.Read<T>,
    };

    // beyond the range of whole numbers of few bits C wraps, and so do NumPy and the published conformance cases
    private static T Converted<T>(double value) where T : unmanaged, INumber<T> =>
        T.IsInteger(T.One) && typeof(T) != typeof(float) && typeof(T) != typeof(double) && typeof(T) != typeof(Half)
            ? T.CreateTruncating(Int128.CreateSaturating(value)) : T.CreateTruncating(value);
}
