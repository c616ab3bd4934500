using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Graft.Tasks;

/// <summary>Decodes the first frame of a GIF as Pillow's <c>convert("RGB")</c> gives it: a transparent pixel has the colour that the
/// palette says, and what the frame does not cover has the transparent colour, or the palette's first where there is none.</summary>
/// <remarks>LZW after the GIF89a specification, CompuServe 1990. The codec of other formats blends transparent pixels away, which
/// cannot be undone, so it is not asked.</remarks>
internal static class GifFrame
{
    private const int HeaderBytes = 13, MostCodes = 4096, MostBits = 12, Colours = 256;

    /// <summary>A code of LZW expands to 4096 pixels at most and takes more than a byte by then.</summary>
    private const long MaximumPixelsPerByte = 4096;

    public static bool IsOne(ReadOnlySpan<byte> encoded) => encoded.StartsWith("GIF87a"u8) || encoded.StartsWith("GIF89a"u8);

    /// <exception cref="ImageException">The file is truncated, damaged or too large.</exception>
    public static unsafe RgbImage Decode(ReadOnlySpan<byte> encoded, string name)
    {
        if (encoded.Length < HeaderBytes) throw ImageDecoder.Truncated(name);
        int width = BinaryPrimitives.ReadUInt16LittleEndian(encoded[6..]), height = BinaryPrimitives.ReadUInt16LittleEndian(encoded[8..]);
        var palette = encoded[..0];
        int at = HeaderBytes;
        if ((encoded[10] & 0x80) != 0) palette = Take(encoded, ref at, 3 << ((encoded[10] & 7) + 1), name);
        int transparent = -1;
        while (true)
        {
            byte block = Take(encoded, ref at, 1, name)[0];
            if (block == ';') throw new ImageException(name, "the image is damaged: it has no frame");
            if (block == '!')
            {
                bool isControl = Take(encoded, ref at, 1, name)[0] == 0xF9;
                while (Take(encoded, ref at, 1, name)[0] is > 0 and var length)
                {
                    var data = Take(encoded, ref at, length, name);
                    if (isControl && length >= 4 && (data[0] & 1) != 0) transparent = data[3];
                }
            }
            if (block == ',') break;
        }
        var frame = Take(encoded, ref at, 9, name);
        int left = BinaryPrimitives.ReadUInt16LittleEndian(frame), top = BinaryPrimitives.ReadUInt16LittleEndian(frame[2..]);
        int frameWidth = BinaryPrimitives.ReadUInt16LittleEndian(frame[4..]), frameHeight = BinaryPrimitives.ReadUInt16LittleEndian(frame[6..]);
        if ((frame[8] & 0x80) != 0) palette = Take(encoded, ref at, 3 << ((frame[8] & 7) + 1), name);
        // a frame that reaches beyond the screen widens it
        width = Math.Max(width, left + frameWidth);
        height = Math.Max(height, top + frameHeight);
        if (frameWidth == 0 || frameHeight == 0) throw new ImageException(name, "the image is damaged: a side of its frame is 0");
        long pixels = (long)frameWidth * frameHeight;
        if ((long)width * height > ImageDecoding.MaximumPixels) throw ImageDecoder.TooLarge(name, width, height);
        if (pixels > (encoded.Length - at) * MaximumPixelsPerByte) throw ImageDecoder.Truncated(name);

        int factor = RowReducer.FactorOf(width, height);
        using var memory = DecodingMemory.Take(pixels + (long)width * height / factor / factor * RgbImage.Channels, name);
        byte* unpacked = (byte*)NativeMemory.Alloc((nuint)pixels);
        try
        {
            var indices = new Span<byte>(unpacked, (int)pixels);
            Unpack(encoded[at..], indices, name);
            var rows = new RowReducer(width, height, factor);
            return Paint(indices, (left, top, frameWidth, frameHeight), (frame[8] & 0x40) != 0, palette, Math.Max(0, transparent), rows, width, height);
        }
        finally
        {
            NativeMemory.Free(unpacked);
        }
    }

    private static RgbImage Paint(
        ReadOnlySpan<byte> indices, (int Left, int Top, int Width, int Height) frame, bool interlaced, ReadOnlySpan<byte> palette, int outside,
        RowReducer rows, int width, int height)
    {
        // colours that the palette lacks are greys, as Pillow's are
        Span<byte> colours = stackalloc byte[Colours * RgbImage.Channels];
        for (int i = 0; i < colours.Length; i++) colours[i] = i < palette.Length ? palette[i] : (byte)(i / RgbImage.Channels);
        int[] sourceRows = interlaced ? Interlaced(frame.Height) : [.. Enumerable.Range(0, frame.Height)];
        var row = new byte[width * RgbImage.Channels];
        for (int y = 0; y < height; y++)
        {
            int source = y - frame.Top;
            var line = source >= 0 && source < frame.Height ? indices.Slice(sourceRows[source] * frame.Width, frame.Width) : [];
            for (int x = 0; x < width; x++)
            {
                int place = x - frame.Left, index = place >= 0 && place < line.Length ? line[place] : outside;
                colours.Slice(index * RgbImage.Channels, RgbImage.Channels).CopyTo(row.AsSpan(x * RgbImage.Channels));
            }
            rows.Add(y, row);
        }
        return rows.Image;
    }

    /// <summary>The order of interlaced rows in the data: every eighth row first, then those between.</summary>
    private static int[] Interlaced(int height)
    {
        var places = new int[height];
        int next = 0;
        foreach (var (first, step) in new[] { (0, 8), (4, 8), (2, 4), (1, 2) })
            for (int y = first; y < height; y += step) places[y] = next++;
        return places;
    }

    private static void Unpack(ReadOnlySpan<byte> data, Span<byte> indices, string name)
    {
        int at = 0, first = Take(data, ref at, 1, name)[0];
        if (first is < 1 or >= MostBits) throw Damaged(name);
        int clear = 1 << first, end = clear + 1, next = end + 1, bits = first + 1, previous = -1;
        Span<short> prefix = stackalloc short[MostCodes];
        Span<byte> suffix = stackalloc byte[MostCodes], stack = stackalloc byte[MostCodes + 1];
        for (int code = 0; code < clear; code++) suffix[code] = (byte)code;
        uint pending = 0;
        int held = 0, to = 0;
        var block = data[..0];
        while (to < indices.Length)
        {
            while (held < bits)
            {
                if (block.IsEmpty)
                {
                    int length = Take(data, ref at, 1, name)[0];
                    if (length == 0) throw ImageDecoder.Truncated(name);
                    block = Take(data, ref at, length, name);
                }
                pending |= (uint)block[0] << held;
                block = block[1..];
                held += 8;
            }
            int code = (int)(pending & ((1u << bits) - 1));
            pending >>= bits;
            held -= bits;
            if (code == clear)
            {
                (next, bits, previous) = (end + 1, first + 1, -1);
                continue;
            }
            if (code == end) throw ImageDecoder.Truncated(name);
            if (code > next || (code == next && previous < 0) || (previous < 0 && code > clear)) throw Damaged(name);
            int depth = 0, walk = code == next ? previous : code;
            while (walk > end)
            {
                stack[depth++] = suffix[walk];
                walk = prefix[walk];
            }
            byte leading = suffix[walk];
            stack[depth++] = leading;
            for (int i = depth - 1; i >= 0 && to < indices.Length; i--) indices[to++] = stack[i];
            if (code == next && to < indices.Length) indices[to++] = leading;
            if (previous >= 0 && next < MostCodes)
            {
                prefix[next] = (short)previous;
                suffix[next] = leading;
                if (++next == 1 << bits && bits < MostBits) bits++;
            }
            previous = code;
        }
    }

    private static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> encoded, scoped ref int at, int count, string name)
    {
        if (encoded.Length - at < count) throw ImageDecoder.Truncated(name);
        var taken = encoded.Slice(at, count);
        at += count;
        return taken;
    }

    private static ImageException Damaged(string name) => new(name, "the image is damaged: its pixels cannot be decoded");
}
