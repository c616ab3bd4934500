using System.Globalization;

namespace Graft.Text.Tokenisers;

/// <summary>The tokens that stand for single bytes, <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>.</summary>
internal static class BytePieces
{
    /// <summary>The number of each byte's token, -1 where a vocabulary lacks it.</summary>
    public static int[] Of(Vocabulary vocabulary)
    {
        var ids = new int[256];
        for (int value = 0; value < ids.Length; value++) ids[value] = vocabulary.IdOf(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>")) ?? -1;
        return ids;
    }

    /// <summary>The byte of a token; -1 where it stands for none.</summary>
    public static int ByteOf(ReadOnlySpan<char> token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token[3..5], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value) ? value : -1;
}
