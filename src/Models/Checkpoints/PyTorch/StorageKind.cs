namespace Graft.Models;

/// <summary>What one element of a PyTorch storage is.</summary>
/// <param name="Type">Its type; <see cref="ElementType.Other"/> where it is only listed.</param>
/// <param name="Name">PyTorch's name of it: <c>float32</c>.</param>
/// <param name="Size">Its bytes.</param>
internal sealed record StorageKind(ElementType Type, string Name, int Size)
{
    public static StorageKind Of(ElementType type) => new(type, type.Name(), type.Size());

    /// <summary>The kind of PyTorch's typed storages, by the name of their class; null for no such class.</summary>
    public static StorageKind? OfStorage(string className) => className switch
    {
        "DoubleStorage" => Of(ElementType.Float64),
        "FloatStorage" => Of(ElementType.Float32),
        "HalfStorage" => Of(ElementType.Float16),
        "BFloat16Storage" => Of(ElementType.BFloat16),
        "LongStorage" => Of(ElementType.Int64),
        "IntStorage" => Of(ElementType.Int32),
        "ShortStorage" => Of(ElementType.Int16),
        "CharStorage" => Of(ElementType.Int8),
        "ByteStorage" or "UntypedStorage" => Of(ElementType.UInt8),
        "BoolStorage" => Of(ElementType.Bool),
        "ComplexFloatStorage" => Other("complex64", 8),
        "ComplexDoubleStorage" => Other("complex128", 16),
        "QInt8Storage" => Other("qint8", 1),
        "QUInt8Storage" => Other("quint8", 1),
        "QInt32Storage" => Other("qint32", 4),
        "QUInt4x2Storage" => Other("quint4x2", 1),
        "QUInt2x4Storage" => Other("quint2x4", 1),
        _ => null,
    };

    /// <summary>The kind of PyTorch's data types, by their name; null for what is none.</summary>
    public static StorageKind? OfType(string name) => name switch
    {
        "float64" or "double" => Of(ElementType.Float64),
        "float32" or "float" => Of(ElementType.Float32),
        "float16" or "half" => Of(ElementType.Float16),
        "bfloat16" => Of(ElementType.BFloat16),
        "int64" or "long" => Of(ElementType.Int64),
        "int32" or "int" => Of(ElementType.Int32),
        "int16" or "short" => Of(ElementType.Int16),
        "int8" => Of(ElementType.Int8),
        "uint8" => Of(ElementType.UInt8),
        "bool" => Of(ElementType.Bool),
        "complex32" => Other(name, 4),
        "complex64" or "cfloat" => Other("complex64", 8),
        "complex128" or "cdouble" => Other("complex128", 16),
        "uint16" => Other(name, 2),
        "uint32" => Other(name, 4),
        "uint64" => Other(name, 8),
        "qint8" or "quint8" or "quint4x2" or "quint2x4" => Other(name, 1),
        "qint32" => Other(name, 4),
        _ when name.StartsWith("float8_", StringComparison.Ordinal) => Other(name, 1),
        _ when name.StartsWith("float4_", StringComparison.Ordinal) => Other(name, 1),
        _ => null,
    };

    private static StorageKind Other(string name, int size) => new(ElementType.Other, name, size);
}
