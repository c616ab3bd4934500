using System.Globalization;
using System.Runtime.InteropServices;

namespace Graft.Onnx;

/// <summary>Numbers from bytes and texts.</summary>
internal static class Numbers
{
    /// <summary>Elements from their bytes, little-endian.</summary>
    public static T[] Read<T>(byte[] bytes, int count) where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes)[..count].ToArray();

    /// <summary>A number from a text, as a cast reads it: whole, with a point, with an exponent, infinite or none.</summary>
    public static double Parse(string text) => text.Trim() switch
    {
        "INF" or "inf" or "+INF" or "+inf" or "Infinity" => double.PositiveInfinity,
        "-INF" or "-inf" or "-Infinity" => double.NegativeInfinity,
        "NaN" or "nan" => double.NaN,
        var digits => double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number : throw new ArgumentException($"cast: the text '{Printable.Text(text)}' is no number"),
    };

    /// <summary>A number as a text, as NumPy writes it.</summary>
    public static string Text(float value)
    {
        if (float.IsNaN(value)) return "NaN";
        if (float.IsInfinity(value)) return value > 0 ? "INF" : "-INF";
        return value.ToString("R", CultureInfo.InvariantCulture);
    }
}
