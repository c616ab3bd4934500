namespace Graft.Formats;

/// <summary>What the numbers of TFLite's schema for types of elements mean.</summary>
internal static class TensorFlowLiteTypes
{
    private static readonly (string Name, ElementType Element, int Size, bool IsUnsigned)[] Rows =
    [
        ("float32", ElementType.Float32, 4, false),
        ("float16", ElementType.Float16, 2, false),
        ("int32", ElementType.Int32, 4, false),
        ("uint8", ElementType.UInt8, 1, false),
        ("int64", ElementType.Int64, 8, false),
        ("string", ElementType.Other, 0, false),
        ("bool", ElementType.Bool, 1, false),
        ("int16", ElementType.Int16, 2, false),
        ("complex64", ElementType.Other, 0, false),
        ("int8", ElementType.Int8, 1, false),
        ("float64", ElementType.Float64, 8, false),
        ("complex128", ElementType.Other, 0, false),
        ("uint64", ElementType.Int64, 8, true),
        ("resource", ElementType.Other, 0, false),
        ("variant", ElementType.Other, 0, false),
        ("uint32", ElementType.Int64, 4, true),
        ("uint16", ElementType.Int32, 2, true),
        ("int4", ElementType.Other, 0, false),
        ("bfloat16", ElementType.BFloat16, 2, false),
    ];

    /// <summary>The row of a type; one that is listed only for a number that is not known.</summary>
    public static (string Name, ElementType Element, int Size, bool IsUnsigned) Find(int type) =>
        type < Rows.Length ? Rows[type] : ($"type-{type}", ElementType.Other, 0, false);
}
