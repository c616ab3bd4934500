using System.Buffers.Binary;
using System.IO.Compression;

namespace Graft.Tasks;

/// <summary>Decodes a large PNG row by row, scaled down meanwhile: the codec of ordinary ones hands out whole pictures only. The bytes are
/// the codec's: alpha dropped, of 16 bits the high byte (PNG specification, W3C 2003).</summary>
internal static class PngRows
{
    private const int SignatureBytes = 8, ChunkBytes = 12, HeaderBytes = 13;

    /// <summary>Whether a PNG's rows come in the order of the picture.</summary>
    public static bool CanDecode(ReadOnlySpan<byte> encoded) =>
        encoded.Length > SignatureBytes + 8 + HeaderBytes && encoded[12..16].SequenceEqual("IHDR"u8) && encoded[28] == 0;

    /// <exception cref="ImageException">The file is truncated or damaged.</exception>
    public static unsafe RgbImage Decode(byte* encoded, int length, int factor, string name)
    {
        var bytes = new ReadOnlySpan<byte>(encoded, length);
        int width = BinaryPrimitives.ReadInt32BigEndian(bytes[16..]), height = BinaryPrimitives.ReadInt32BigEndian(bytes[20..]);
        int depth = bytes[24], kind = bytes[25];
        int samples = kind switch { 0 or 3 => 1, 2 => 3, 4 => 2, 6 => 4, _ => throw Damaged(name) };
        var palette = Chunk(bytes, "PLTE"u8);
        if (kind == 3 && palette.IsEmpty) throw Damaged(name);
        int pixelBytes = Math.Max(1, samples * depth / 8), rowBytes = checked((int)(((long)width * samples * depth + 7) / 8));

        using var data = new ImageData(encoded, length);
        using var inflated = new ZLibStream(data, CompressionMode.Decompress);
        byte[] row = new byte[rowBytes + 1], above = new byte[rowBytes + 1], rgb = new byte[width * RgbImage.Channels];
        var rows = new RowReducer(width, height, factor);
        try
        {
            for (int y = 0; y < height; y++)
            {
                if (inflated.ReadAtLeast(row, row.Length, throwOnEndOfStream: false) < row.Length) throw ImageDecoder.Truncated(name);
                if (row[0] > 4) throw Damaged(name);
                Unfilter(row[0], row.AsSpan(1), above.AsSpan(1), pixelBytes);
                ToRgb(row.AsSpan(1), rgb, kind, depth, samples, palette);
                rows.Add(y, rgb);
                (row, above) = (above, row);
            }
        }
        catch (InvalidDataException)
        {
            throw Damaged(name);
        }
        return rows.Image;
    }

    private static void Unfilter(int filter, Span<byte> row, ReadOnlySpan<byte> above, int step)
    {
        // before the first pixel there is nothing: its bytes are their own case
        for (int i = 0; i < step && i < row.Length && filter > 1; i++) row[i] += filter == 3 ? (byte)(above[i] / 2) : above[i];
        switch (filter)
        {
            case 1:
                for (int i = step; i < row.Length; i++) row[i] += row[i - step];
                break;
            case 2:
                for (int i = step; i < row.Length; i++) row[i] += above[i];
                break;
            case 3:
                for (int i = step; i < row.Length; i++) row[i] += (byte)((row[i - step] + above[i]) / 2);
                break;
            case 4:
                for (int i = step; i < row.Length; i++) row[i] += (byte)Paeth(row[i - step], above[i], above[i - step]);
                break;
        }
    }

    private static int Paeth(int left, int up, int corner)
    {
        int estimate = left + up - corner;
        int toLeft = Math.Abs(estimate - left), toUp = Math.Abs(estimate - up), toCorner = Math.Abs(estimate - corner);
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }

    private static void ToRgb(ReadOnlySpan<byte> row, Span<byte> rgb, int kind, int depth, int samples, ReadOnlySpan<byte> palette)
    {
        int most = (1 << Math.Min(depth, 8)) - 1, bytes = Math.Max(1, depth / 8);
        bool coloured = kind is 2 or 6;
        for (int to = 0, x = 0; to < rgb.Length; to += RgbImage.Channels, x++)
        {
            if (coloured)
            {
                int at = x * samples * bytes;
                (rgb[to], rgb[to + 1], rgb[to + 2]) = (row[at], row[at + bytes], row[at + 2 * bytes]);
                continue;
            }
            int value = depth >= 8 ? row[x * samples * bytes] : (row[x * depth / 8] >> (8 - depth - x * depth % 8)) & most;
            if (kind != 3) rgb.Slice(to, RgbImage.Channels).Fill((byte)(value * 255 / most));
            else if (value * 3 + 3 <= palette.Length) palette.Slice(value * 3, 3).CopyTo(rgb[to..]);
            else rgb.Slice(to, RgbImage.Channels).Clear();
        }
    }

    /// <summary>The first chunk of a kind; empty where there is none.</summary>
    private static ReadOnlySpan<byte> Chunk(ReadOnlySpan<byte> encoded, ReadOnlySpan<byte> kind)
    {
        for (long at = SignatureBytes; at + ChunkBytes <= encoded.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(encoded[(int)at..]);
            if (at + ChunkBytes + length > encoded.Length) break;
            if (encoded.Slice((int)at + 4, 4).SequenceEqual(kind)) return encoded.Slice((int)at + 8, (int)length);
            at += ChunkBytes + length;
        }
        return [];
    }

    private static ImageException Damaged(string name) => new(name, "the image is damaged: its pixels cannot be decoded");

    /// <summary>The compressed data of all IDAT chunks as one stream.</summary>
    private sealed unsafe class ImageData(byte* encoded, int length) : Stream
    {
        private long chunk = SignatureBytes;
        private int at;
        private int left;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            var bytes = new ReadOnlySpan<byte>(encoded, length);
            while (left == 0)
            {
                if (chunk + 8 > length) return 0;
                uint size = BinaryPrimitives.ReadUInt32BigEndian(bytes[(int)chunk..]);
                if (bytes.Slice((int)chunk + 4, 4).SequenceEqual("IDAT"u8)) (at, left) = ((int)chunk + 8, (int)Math.Min(size, length - chunk - 8));
                chunk += ChunkBytes + size;
            }
            int count = Math.Min(left, buffer.Length);
            bytes.Slice(at, count).CopyTo(buffer);
            at += count;
            left -= count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
