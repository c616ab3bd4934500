using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Graft.Models;

/// <summary>The head of a <c>.npy</c> file: magic, version, and a Python dictionary of the type, the order and the shape.</summary>
/// <param name="Description">NumPy's name of the type: <c>&lt;f4</c>.</param>
/// <param name="Type">The type; null for one that is not read.</param>
/// <param name="ColumnMajor">Whether the first axis moves fastest (Fortran's order).</param>
/// <param name="Lengths">The lengths of the axes, none negative and all bytes of them below 2^63.</param>
/// <param name="HeaderBytes">Where the elements begin.</param>
internal sealed partial record NumpyHeader(string Description, NumpyType? Type, bool ColumnMajor, long[] Lengths, int HeaderBytes)
{
    private const string Records = "records";

    /// <summary>More is never needed for the three entries.</summary>
    private const int MaximumHeaderBytes = 64 * 1024;

    private const int MaximumAxes = 32;

    public bool BigEndian => Description[0] == '>';

    /// <summary>The bytes of all elements; 0 of a type that is not read.</summary>
    public long DataBytes { get; private init; }

    /// <summary>Why the elements are not read, as a tensor that is listed says it; null where they are.</summary>
    public string? Unread => Type is not null ? null
        : Description == Records ? "of records of several fields"
        : IsObject ? "of pickled Python objects, which are never loaded" : $"of NumPy's type '{Description}'";

    private bool IsObject => Description.Contains('O', StringComparison.Ordinal);

    /// <summary>Reads the head at the start of a stream and leaves the stream where the data begin.</summary>
    /// <param name="stream">The file, or a member of an archive.</param>
    /// <param name="fail">Makes the exception that says what is wrong: it is no such file, or damaged.</param>
    public static NumpyHeader Read(Stream stream, Func<string, Exception> fail)
    {
        Span<byte> start = stackalloc byte[12];
        if (stream.ReadAtLeast(start[..10], 10, throwOnEndOfStream: false) < 10 || !start.StartsWith<byte>([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y']))
            throw fail("is not a NumPy array (no NUMPY at its start)");
        int version = start[6], prefix = version == 1 ? 10 : 12;
        if (version is < 1 or > 3) throw fail($"version {version} of NumPy's format is not known (1 to 3 are)");
        if (version > 1 && stream.ReadAtLeast(start[10..], 2, throwOnEndOfStream: false) < 2) throw Truncated(fail);
        long length = version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (length > MaximumHeaderBytes) throw fail($"a header of {length:N0} bytes is damaged");
        var text = new byte[length];
        if (stream.ReadAtLeast(text, text.Length, throwOnEndOfStream: false) < text.Length) throw Truncated(fail);
        return Parse(Encoding.UTF8.GetString(text), prefix + text.Length, fail);
    }

    /// <summary>Refuses elements that are not read.</summary>
    /// <param name="fail">Makes the exception.</param>
    public NumpyType RequireType(Func<string, Exception> fail) => Type ?? throw fail(
        Description == Records ? "holds records of several fields; save each field as an array of its own"
        : IsObject ? "holds pickled Python objects, which are never loaded; save plain numbers instead"
        : $"elements of type '{Description}' are not read; whole numbers and floating-point numbers are");

    private static NumpyHeader Parse(string text, int headerBytes, Func<string, Exception> fail)
    {
        string description = DescriptionPattern().Match(text) is { Success: true } found ? found.Groups[1].Value
            : text.Contains("'descr': [", StringComparison.Ordinal) ? Records : throw Damaged(fail);
        var order = OrderPattern().Match(text);
        var shape = ShapePattern().Match(text);
        if (!order.Success || !shape.Success) throw Damaged(fail);
        string[] parts = shape.Groups[1].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length > MaximumAxes) throw Damaged(fail);
        var lengths = new long[parts.Length];
        for (int axis = 0; axis < parts.Length; axis++)
            if (!int.TryParse(parts[axis], NumberStyles.None, CultureInfo.InvariantCulture, out int length))
                throw fail($"an axis of {Printable.Text(parts[axis])} elements is too long or damaged");
            else lengths[axis] = length;
        if (StoredShape.Problem(lengths) is { } problem) throw fail($"the shape {problem}");
        var type = NumpyTypes.Find(description);
        long bytes = type is { } known ? NumpyArray.SizeOf(known) : 0;
        foreach (long length in lengths) bytes *= length;
        return new NumpyHeader(description, type, order.Groups[1].Value == "True", lengths, headerBytes) { DataBytes = bytes };
    }

    private static Exception Damaged(Func<string, Exception> fail) => fail("the header is damaged: type, order and shape cannot be read");

    private static Exception Truncated(Func<string, Exception> fail) => fail("the file is truncated: it ends in the header");

    [GeneratedRegex("""'descr'\s*:\s*'([<>|=][A-Za-z]\d{0,9}(?:\[\w{0,9}\])?)'""")]
    private static partial Regex DescriptionPattern();

    [GeneratedRegex("""'fortran_order'\s*:\s*(True|False)""")]
    private static partial Regex OrderPattern();

    [GeneratedRegex("""'shape'\s*:\s*\(([0-9,\s]*)\)""")]
    private static partial Regex ShapePattern();
}
