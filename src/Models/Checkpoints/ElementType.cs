namespace Graft.Models;

/// <summary>What one element of a stored tensor is.</summary>
#pragma warning disable CA1720 // the names of the types are what the values mean
public enum ElementType
{
    /// <summary>Truth values, one byte each (PyTorch's <c>bool</c>).</summary>
    Bool,

    /// <summary>Unsigned 8-bit integers (PyTorch's <c>uint8</c>).</summary>
    UInt8,

    /// <summary>Signed 8-bit integers (PyTorch's <c>int8</c>).</summary>
    Int8,

    /// <summary>Signed 16-bit integers (PyTorch's <c>int16</c>).</summary>
    Int16,

    /// <summary>16-bit IEEE 754 floating point (PyTorch's <c>float16</c>).</summary>
    Float16,

    /// <summary>The upper half of a <see cref="Float32"/> (PyTorch's <c>bfloat16</c>).</summary>
    BFloat16,

    /// <summary>Signed 32-bit integers (PyTorch's <c>int32</c>).</summary>
    Int32,

    /// <summary>32-bit IEEE 754 floating point (PyTorch's <c>float32</c>).</summary>
    Float32,

    /// <summary>64-bit IEEE 754 floating point (PyTorch's <c>float64</c>).</summary>
    Float64,

    /// <summary>Signed 64-bit integers (PyTorch's <c>int64</c>).</summary>
    Int64,

    /// <summary>A type whose tensors are listed but not read here: 8-bit floating point, complex, strings,
    /// quantised and sparse. <see cref="StoredTensor.TypeName"/> says which.</summary>
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
