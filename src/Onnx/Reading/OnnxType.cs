using DataType = Graft.Onnx.Protocol.TensorProto.Types.DataType;

namespace Graft.Onnx;

/// <summary>What an element is: one row for each of the format's types.</summary>
/// <param name="Code">The format's number.</param>
/// <param name="Name">The name as NumPy and PyTorch have it.</param>
/// <param name="Size">Bytes of an element; 0 where several share a byte, or where they are no numbers.</param>
/// <param name="Element">The type of our checkpoints; <see cref="ElementType.Other"/> where it is only listed.</param>
internal sealed record OnnxType(DataType Code, string Name, int Size, ElementType Element)
{
    private static readonly OnnxType[] Rows =
    [
        new(DataType.Float, "float32", 4, ElementType.Float32),
        new(DataType.Uint8, "uint8", 1, ElementType.UInt8),
        new(DataType.Int8, "int8", 1, ElementType.Int8),
        new(DataType.Uint16, "uint16", 2, ElementType.Other),
        new(DataType.Int16, "int16", 2, ElementType.Int16),
        new(DataType.Int32, "int32", 4, ElementType.Int32),
        new(DataType.Int64, "int64", 8, ElementType.Int64),
        new(DataType.String, "string", 0, ElementType.Other),
        new(DataType.Bool, "bool", 1, ElementType.Bool),
        new(DataType.Float16, "float16", 2, ElementType.Float16),
        new(DataType.Double, "float64", 8, ElementType.Float64),
        new(DataType.Uint32, "uint32", 4, ElementType.Other),
        new(DataType.Uint64, "uint64", 8, ElementType.Other),
        new(DataType.Complex64, "complex64", 8, ElementType.Other) { IsOfSingles = true },
        new(DataType.Complex128, "complex128", 16, ElementType.Other) { IsOfDoubles = true },
        new(DataType.Bfloat16, "bfloat16", 2, ElementType.BFloat16),
        new(DataType.Float8E4M3Fn, "float8_e4m3fn", 1, ElementType.Other),
        new(DataType.Float8E4M3Fnuz, "float8_e4m3fnuz", 1, ElementType.Other),
        new(DataType.Float8E5M2, "float8_e5m2", 1, ElementType.Other),
        new(DataType.Float8E5M2Fnuz, "float8_e5m2fnuz", 1, ElementType.Other),
        new(DataType.Uint4, "uint4", 0, ElementType.Other) { BitsOfPart = 4 },
        new(DataType.Int4, "int4", 0, ElementType.Other) { BitsOfPart = 4 },
        new(DataType.Float4E2M1, "float4_e2m1", 0, ElementType.Other) { BitsOfPart = 4 },
        new(DataType.Float8E8M0, "float8_e8m0", 1, ElementType.Other),
        new(DataType.Uint2, "uint2", 0, ElementType.Other) { BitsOfPart = 2 },
        new(DataType.Int2, "int2", 0, ElementType.Other) { BitsOfPart = 2 },
    ];

    private static readonly Dictionary<DataType, OnnxType> ByCode = Rows.ToDictionary(row => row.Code);

    /// <summary>Whether singles make an element.</summary>
    public bool IsOfSingles { get; private init; } = Code == DataType.Float;

    /// <summary>Whether doubles make an element.</summary>
    public bool IsOfDoubles { get; private init; } = Code == DataType.Double;

    /// <summary>The bits of an element of which several share a byte; 0 where none do.</summary>
    public int BitsOfPart { get; private init; }

    /// <summary>The row of a number; null where the format has none.</summary>
    public static OnnxType? Find(int code) => ByCode.GetValueOrDefault((DataType)code);

    /// <summary>The bytes of so many elements.</summary>
    public long BytesOf(long count) => BitsOfPart > 0 ? (count * BitsOfPart + 7) / 8 : count * Size;
}
