using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Graft.Models;

/// <summary>The head of a <c>.npy</c> file: magic, version, and a Python dictionary of the type, the order and the shape.</summary>
internal sealed partial record NumpyHeader(NumpyType Type, bool BigEndian, bool ColumnMajor, int[] Shape, int HeaderBytes, int DataBytes)
{
    /// <summary>More is never needed for the three entries.</summary>
    private const int MaximumHeaderBytes = 64 * 1024;

    private const int MaximumAxes = 32;

    /// <summary>Reads the head at the start of a stream and leaves the stream where the data begin.</summary>
    /// <exception cref="NumpyException">It is no such file, damaged, or holds Python objects, records or another type.</exception>
    public static NumpyHeader Read(Stream stream, string name)
    {
        Span<byte> start = stackalloc byte[12];
        if (stream.ReadAtLeast(start[..10], 10, throwOnEndOfStream: false) < 10 || !start.StartsWith<byte>([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y']))
            throw new NumpyException($"{name}: is not a NumPy array (no NUMPY at its start)");
        int version = start[6], prefix = version == 1 ? 10 : 12;
        if (version is < 1 or > 3) throw new NumpyException($"{name}: version {version} of NumPy's format is not known (1 to 3 are)");
        if (version > 1 && stream.ReadAtLeast(start[10..], 2, throwOnEndOfStream: false) < 2) throw Truncated(name);
        long length = version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (length > MaximumHeaderBytes) throw new NumpyException($"{name}: a header of {length:N0} bytes is damaged");
        var text = new byte[length];
        if (stream.ReadAtLeast(text, text.Length, throwOnEndOfStream: false) < text.Length) throw Truncated(name);
        return Parse(Encoding.UTF8.GetString(text), prefix + text.Length, name);
    }

    private static NumpyHeader Parse(string text, int headerBytes, string name)
    {
        string type = DescriptionPattern().Match(text) is { Success: true } found ? found.Groups[1].Value
            : text.Contains("'descr': [", StringComparison.Ordinal)
            ? throw new NumpyException($"{name}: holds records of several fields; save each field as an array of its own")
            : throw Damaged(name);
        if (type.Contains('O', StringComparison.Ordinal))
            throw new NumpyException($"{name}: holds pickled Python objects, which are never loaded; save plain numbers instead");
        var order = OrderPattern().Match(text);
        var shape = ShapePattern().Match(text);
        if (!order.Success || !shape.Success) throw Damaged(name);
        string[] parts = shape.Groups[1].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length > MaximumAxes) throw Damaged(name);
        var kind = type[1..] switch
        {
            "b1" => NumpyType.Boolean,
            "u1" => NumpyType.UInt8,
            "i1" => NumpyType.Int8,
            "u2" => NumpyType.UInt16,
            "i2" => NumpyType.Int16,
            "u4" => NumpyType.UInt32,
            "i4" => NumpyType.Int32,
            "u8" => NumpyType.UInt64,
            "i8" => NumpyType.Int64,
            "f4" => NumpyType.Float32,
            "f8" => NumpyType.Float64,
            _ => throw new NumpyException($"{name}: elements of type '{type}' are not read; whole numbers, float32 and float64 are"),
        };
        var lengths = new int[parts.Length];
        Int128 bytes = NumpyArray.SizeOf(kind);
        for (int axis = 0; axis < parts.Length; axis++)
        {
            if (!int.TryParse(parts[axis], NumberStyles.None, CultureInfo.InvariantCulture, out lengths[axis]))
                throw new NumpyException($"{name}: an axis of {parts[axis]} elements is too long or damaged");
            bytes *= lengths[axis];
            if (bytes > Array.MaxLength) throw new NumpyException($"{name}: an array ({shape.Groups[1].Value}) of '{type}' is larger than the 2 GB that are read");
        }
        return new NumpyHeader(kind, type[0] == '>', order.Groups[1].Value == "True", lengths, headerBytes, (int)bytes);
    }

    private static NumpyException Damaged(string name) => new($"{name}: the header is damaged: type, order and shape cannot be read");

    private static NumpyException Truncated(string name) => new($"{name}: the file is truncated: it ends in the header");

    [GeneratedRegex("""'descr'\s*:\s*'([<>|=][A-Za-z]\d*)'""")]
    private static partial Regex DescriptionPattern();

    [GeneratedRegex("""'fortran_order'\s*:\s*(True|False)""")]
    private static partial Regex OrderPattern();

    [GeneratedRegex("""'shape'\s*:\s*\(([0-9,\s]*)\)""")]
    private static partial Regex ShapePattern();
}
