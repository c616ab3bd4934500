namespace Graft.Tasks;

/// <summary>Decodes binary portable grey maps and pixmaps (<c>.pgm</c>, <c>.ppm</c>: P5 and P6 of up to 255 levels), which
/// torchvision's folders may hold and the codecs do not know.</summary>
internal static class PortableMap
{
    private const int MostDigits = 9;

    public static bool IsOne(ReadOnlySpan<byte> encoded) =>
        encoded.Length >= 3 && encoded[0] == 'P' && encoded[1] is >= (byte)'1' and <= (byte)'7' && IsSpace(encoded[2]);

    /// <summary>Decodes the whole of a file.</summary>
    /// <exception cref="ImageException">It is of another kind, truncated, damaged or too large.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> encoded, string name)
    {
        int channels = encoded[1] switch
        {
            (byte)'5' => 1,
            (byte)'6' => RgbImage.Channels,
            _ => throw new ImageException(name, $"is a portable map of kind P{(char)encoded[1]}; the binary P5 and P6 are read"),
        };
        int at = 2;
        int width = Number(encoded, ref at, name), height = Number(encoded, ref at, name), levels = Number(encoded, ref at, name);
        if (width == 0 || height == 0) throw new ImageException(name, "the image is damaged: a side is 0");
        if (levels is 0 or > 255) throw new ImageException(name, $"has values up to {levels}; portable maps up to 255 are read");
        at++; // one white space ends the header
        long pixels = (long)width * height;
        if (pixels > ImageDecoding.MaximumPixels) throw ImageDecoder.TooLarge(name, width, height);
        if (encoded.Length - at < pixels * channels) throw ImageDecoder.Truncated(name);

        Span<byte> scaled = stackalloc byte[256];
        for (int value = 0; value < 256; value++) scaled[value] = (byte)Math.Min(255, Math.Round((double)value / levels * 255));
        int factor = RowReducer.FactorOf(width, height);
        using var memory = DecodingMemory.Take(pixels / factor / factor * RgbImage.Channels, name);
        var rows = new RowReducer(width, height, factor);
        var row = new byte[width * RgbImage.Channels];
        for (int y = 0; y < height; y++)
        {
            var from = encoded.Slice(at + checked((int)((long)y * width * channels)), width * channels);
            for (int to = 0; to < row.Length; to++) row[to] = scaled[from[channels == 1 ? to / RgbImage.Channels : to]];
            rows.Add(y, row);
        }
        return rows.Image;
    }

    /// <summary>The next number of the header, past white space and comments.</summary>
    private static int Number(ReadOnlySpan<byte> encoded, ref int at, string name)
    {
        while (at < encoded.Length && (IsSpace(encoded[at]) || encoded[at] == '#'))
        {
            if (encoded[at] == '#') while (at < encoded.Length && encoded[at] is not ((byte)'\n' or (byte)'\r')) at++;
            else at++;
        }
        int number = 0, start = at;
        while (at < encoded.Length && at - start < MostDigits && char.IsAsciiDigit((char)encoded[at])) number = number * 10 + encoded[at++] - '0';
        if (at == encoded.Length) throw ImageDecoder.Truncated(name);
        return at > start && IsSpace(encoded[at]) ? number : throw new ImageException(name, "the image is damaged: its header cannot be read");
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or >= 9 and <= 13;
}
