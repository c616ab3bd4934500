namespace Graft.Models;

/// <summary>What one element of a stored tensor is.</summary>
#pragma warning disable CA1720 // the names of the types are what the values mean
public enum ElementType
{
    /// <summary>Truth values, one byte each (PyTorch's <c>bool</c>).</summary>
    Bool,

    /// <summary>Unsigned whole numbers of 8 bits (PyTorch's <c>uint8</c>).</summary>
    UInt8,

    /// <summary>Whole numbers of 8 bits (PyTorch's <c>int8</c>).</summary>
    Int8,

    /// <summary>Whole numbers of 16 bits (PyTorch's <c>int16</c>).</summary>
    Int16,

    /// <summary>IEEE 754 numbers of 16 bits (PyTorch's <c>float16</c>).</summary>
    Float16,

    /// <summary>The upper half of a <see cref="Float32"/> (PyTorch's <c>bfloat16</c>).</summary>
    BFloat16,

    /// <summary>Whole numbers of 32 bits (PyTorch's <c>int32</c>).</summary>
    Int32,

    /// <summary>IEEE 754 numbers of 32 bits (PyTorch's <c>float32</c>).</summary>
    Float32,

    /// <summary>IEEE 754 numbers of 64 bits (PyTorch's <c>float64</c>).</summary>
    Float64,

    /// <summary>Whole numbers of 64 bits (PyTorch's <c>int64</c>).</summary>
    Int64,

    /// <summary>A type whose tensors are listed but whose numbers are not read here: unsigned whole numbers of 16 bits and more,
    /// 8-bit floating point, complex, quantised and sparse numbers. <see cref="StoredTensor.TypeName"/> says which.</summary>
    Other,
}
#pragma warning restore CA1720

internal static class ElementTypes
{
    /// <summary>The bytes of one element.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.Bool or ElementType.UInt8 or ElementType.Int8 => 1,
        ElementType.Int16 or ElementType.Float16 or ElementType.BFloat16 => 2,
        ElementType.Int32 or ElementType.Float32 => 4,
        ElementType.Other => 0,
        _ => 8,
    };

    /// <summary>PyTorch's name of the type, which is also how people write it: <c>float32</c>.</summary>
    public static string Name(this ElementType type) => type.ToString().ToLowerInvariant();

    /// <summary>The name of the type in a safetensors header: <c>F32</c>.</summary>
    public static string SafetensorsName(this ElementType type) => type switch
    {
        ElementType.Bool => "BOOL",
        ElementType.UInt8 => "U8",
        ElementType.Int8 => "I8",
        ElementType.Int16 => "I16",
        ElementType.Float16 => "F16",
        ElementType.BFloat16 => "BF16",
        ElementType.Int32 => "I32",
        ElementType.Float32 => "F32",
        ElementType.Float64 => "F64",
        _ => "I64",
    };

    public static bool TryFromSafetensors(string name, out ElementType type)
    {
        foreach (var candidate in Enum.GetValues<ElementType>())
        {
            type = candidate;
            if (candidate != ElementType.Other && candidate.SafetensorsName() == name) return true;
        }
        type = default;
        return false;
    }
}
