namespace Graft.Formats;

/// <summary>The type of a data set's or attribute's elements.</summary>
/// <param name="Class">The class of the specification: 0 whole numbers, 1 floating point, 3 texts of one length, 8 enumerations, 9 texts of any
/// length.</param>
/// <param name="Size">The bytes of an element.</param>
/// <param name="Element">What an element is here; <see cref="ElementType.Other"/> for what is listed only.</param>
/// <param name="IsUnsigned">Whether it is an unsigned integer that is widened when it is read.</param>
/// <param name="IsBigEndian">Whether the most significant byte comes first.</param>
internal sealed record Hdf5Type(int Class, int Size, ElementType Element, bool IsUnsigned, bool IsBigEndian)
{
    private const int FixedPoint = 0, FloatingPoint = 1, Text = 3, Enumeration = 8, VariableLength = 9;

    public bool IsText => Class == Text;

    /// <summary>Whether elements are texts in the file's global heap.</summary>
    public bool IsVariableText { get; private init; }

    /// <summary>What a type that is not read is called.</summary>
    public string Name => Class switch
    {
        Text or VariableLength => "text",
        6 => "compound",
        _ => $"hdf5-class-{Class}-{Size * 8}-bits",
    };

    public static Hdf5Type Read(Hdf5Cursor cursor)
    {
        int start = cursor.Byte();
        int kind = start & 15;
        int bits = cursor.Byte() | (cursor.Byte() << 8) | (cursor.Byte() << 16);
        uint size = cursor.UInt32();
        if (size > int.MaxValue) throw cursor.Bytes.Damaged($"elements of {size} bytes");
        var type = new Hdf5Type(kind, (int)size, ElementType.Other, IsUnsigned: false, IsBigEndian: (bits & 1) != 0);
        switch (kind)
        {
            case FixedPoint:
                bool isWhole = cursor.UInt16() == 0 && cursor.UInt16() == 8 * size;
                bool isSigned = (bits & 8) != 0;
                return !isWhole ? type : (size, isSigned) switch
                {
                    (1, false) => type with { Element = ElementType.UInt8 },
                    (1, true) => type with { Element = ElementType.Int8 },
                    (2, true) => type with { Element = ElementType.Int16 },
                    (4, true) => type with { Element = ElementType.Int32 },
                    (8, true) => type with { Element = ElementType.Int64 },
                    (2, false) => type with { Element = ElementType.Int32, IsUnsigned = true },
                    (4 or 8, false) => type with { Element = ElementType.Int64, IsUnsigned = true },
                    _ => type,
                };
            case FloatingPoint when (bits & 0x40) == 0:
                int offset = cursor.UInt16(), precision = cursor.UInt16();
                int exponentAt = cursor.Byte(), exponent = cursor.Byte(), mantissaAt = cursor.Byte(), mantissa = cursor.Byte();
                bool isIeee = offset == 0 && precision == 8 * size && mantissaAt == 0 && exponentAt == mantissa && 1 + exponent + mantissa == precision
                    && cursor.UInt32() == (1u << (exponent - 1)) - 1;
                return !isIeee ? type : (exponent, mantissa) switch
                {
                    (5, 10) => type with { Element = ElementType.Float16 },
                    (8, 7) => type with { Element = ElementType.BFloat16 },
                    (8, 23) => type with { Element = ElementType.Float32 },
                    (11, 52) => type with { Element = ElementType.Float64 },
                    _ => type,
                };
            // h5py's truth values: an enumeration of two bytes
            case Enumeration when size == 1: return type with { Element = ElementType.Bool, IsBigEndian = false };
            case VariableLength: return type with { IsVariableText = (bits & 15) == 1 };
            default: return type;
        }
    }
}
