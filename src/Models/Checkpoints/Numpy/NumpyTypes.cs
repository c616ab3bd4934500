namespace Graft.Models;

/// <summary>NumPy's names of the types of elements, and what each is in a checkpoint.</summary>
internal static class NumpyTypes
{
    private static readonly Row[] Rows =
    [
        new("b1", NumpyType.Boolean, ElementType.Bool),
        new("u1", NumpyType.UInt8, ElementType.UInt8),
        new("i1", NumpyType.Int8, ElementType.Int8),
        new("i2", NumpyType.Int16, ElementType.Int16),
        new("i4", NumpyType.Int32, ElementType.Int32),
        new("i8", NumpyType.Int64, ElementType.Int64),
        new("f2", NumpyType.Float16, ElementType.Float16),
        new("f4", NumpyType.Float32, ElementType.Float32),
        new("f8", NumpyType.Float64, ElementType.Float64),
        // widened when they are read
        new("u2", NumpyType.UInt16, ElementType.Int32, IsUnsigned: true),
        new("u4", NumpyType.UInt32, ElementType.Int64, IsUnsigned: true),
        new("u8", NumpyType.UInt64, ElementType.Int64, IsUnsigned: true),
    ];

    /// <summary>The type that a description with its byte order (<c>&lt;f4</c>) names; null for none that is read.</summary>
    public static NumpyType? Find(string description) =>
        Array.Find(Rows, row => description.AsSpan(1).SequenceEqual(row.Name)) is { Name: not null } found ? found.Type : null;

    /// <summary>Whether the elements are unsigned integers that a checkpoint has only wider types for.</summary>
    public static bool IsUnsigned(NumpyType type) => Array.Find(Rows, row => row.Type == type).IsUnsigned;

    /// <summary>The type of the elements in a checkpoint.</summary>
    public static ElementType ToElementType(NumpyType type) => Array.Find(Rows, row => row.Type == type).Element;

    /// <summary>The description under which elements are written, little-endian; bfloat16, which NumPy has not, as float32.</summary>
    public static string Describe(ElementType type)
    {
        if (type == ElementType.BFloat16) type = ElementType.Float32;
        string name = Array.Find(Rows, row => row.Element == type && !row.IsUnsigned).Name;
        return (type.Size() == 1 ? "|" : "<") + name;
    }

    private readonly record struct Row(string Name, NumpyType Type, ElementType Element, bool IsUnsigned = false);
}
