using System.Text;

namespace Graft.Text.Tokenisers;

/// <summary>A visible sign for each byte: those of Latin-1 that can be seen stand for themselves, the others for signs from U+0100 on.</summary>
/// <remarks>GPT-2's <c>bytes_to_unicode</c>.</remarks>
internal static class ByteSigns
{
    private static readonly char[] Signs = Make();
    private static readonly short[] Bytes = Invert();

    public static char Of(byte value) => Signs[value];

    /// <summary>The byte of a sign; -1 for none.</summary>
    public static int ByteOf(char sign) => sign < Bytes.Length ? Bytes[sign] : -1;

    public static void Append(int point, MappedText target, int start, int end)
    {
        if (point < 128)
        {
            target.Append(Signs[point], start, end);
            return;
        }
        Span<byte> bytes = stackalloc byte[4];
        int count = new Rune(point).EncodeToUtf8(bytes);
        foreach (byte value in bytes[..count]) target.Append(Signs[value], start, end);
    }

    private static char[] Make()
    {
        var signs = new char[256];
        int next = 256;
        for (int value = 0; value < 256; value++)
            signs[value] = (char)(value is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174 ? value : next++);
        return signs;
    }

    private static short[] Invert()
    {
        var bytes = new short[256 + 68];
        Array.Fill(bytes, (short)-1);
        for (int value = 0; value < 256; value++) bytes[Signs[value]] = (short)value;
        return bytes;
    }
}
