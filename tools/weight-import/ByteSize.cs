using System.Globalization;
using Graft.CommandLine;

namespace Graft.WeightImport;

/// <summary>Lengths as people and Hugging Face write them: <c>200MB</c> and <c>5GB</c> are powers of 1000, <c>1GiB</c> of 1024.</summary>
internal static class ByteSize
{
    private static readonly (string Unit, long Bytes)[] Units =
    [
        ("KIB", 1L << 10), ("MIB", 1L << 20), ("GIB", 1L << 30), ("TIB", 1L << 40),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1), ("", 1),
    ];

    /// <exception cref="WrongInputException">It is no length of at least one byte.</exception>
    public static long Parse(string text, string option)
    {
        string upper = text.Trim().ToUpperInvariant();
        var (unit, bytes) = Array.Find(Units, unit => upper.EndsWith(unit.Unit, StringComparison.Ordinal));
        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowTrailingWhite;
        return decimal.TryParse(upper.AsSpan(0, upper.Length - unit.Length), Style, CultureInfo.InvariantCulture, out decimal number)
            && number <= long.MaxValue / bytes && number * bytes >= 1
            ? (long)(number * bytes) : throw new WrongInputException($"{option} '{Printable.Text(text)}' is no length such as 200MB, 5GB or 1GiB");
    }
}
