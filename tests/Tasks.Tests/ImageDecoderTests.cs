using System.Buffers.Binary;
using Graft.Testing;

namespace Graft.Tasks.Tests;

public sealed class ImageDecoderTests
{
    private static readonly Dictionary<string, NumpyArray> Golden = GoldenFile.Read("decode.npz");

    public static TheoryData<string> Files => [.. Golden.Keys.Where(name => name.StartsWith("file_", StringComparison.Ordinal)).Select(name => name["file_".Length..])];

    [Theory]
    [MemberData(nameof(Files))]
    public void Decodes_to_the_bytes_of_Pillow(string name)
    {
        var expected = Golden["pixels_" + name];
        var image = ImageDecoder.Decode(Golden["file_" + name].Bytes, name);
        Assert.Equal(expected.Shape, [image.Height, image.Width, 3]);
        Assert.Equal(expected.Bytes, image.Pixels);
    }

    [Fact]
    public void A_sixteen_bit_grey_PNG_keeps_its_high_bytes()
    {
        byte[] png = Png.Encode(2, 1, bitDepth: 16, colourType: 0, [0, 0x12, 0x34, 0xFE, 0xDC]);
        Assert.Equal([0x12, 0x12, 0x12, 0xFE, 0xFE, 0xFE], ImageDecoder.Decode(png, "grey16.png").Pixels);
    }

    [Theory]
    [InlineData("jpeg_420")]
    [InlineData("jpeg_progressive")]
    [InlineData("png_rgb")]
    [InlineData("bmp_rgb")]
    [InlineData("gif")]
    [InlineData("webp_lossless")]
    [InlineData("ppm")]
    public void A_file_cut_anywhere_is_refused_by_one_exception(string name)
    {
        byte[] whole = Golden["file_" + name].Bytes;
        for (int length = 0; length < whole.Length * 9 / 10; length += 7)
        {
            var thrown = Assert.Throws<ImageException>(() => ImageDecoder.Decode(whole.AsSpan(0, length), "cut.img"));
            Assert.StartsWith("cut.img: ", thrown.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Damaged_bytes_give_a_picture_or_one_exception()
    {
        var random = new Random(5);
        foreach (string name in new[] { "jpeg_420", "png_rgb", "gif", "bmp_rgb", "webp_lossy", "ppm_100" })
        {
            for (int round = 0; round < 60; round++)
            {
                byte[] damaged = [.. Golden["file_" + name].Bytes];
                for (int i = 0; i < 6; i++) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                try
                {
                    var image = ImageDecoder.Decode(damaged, "damaged");
                    Assert.Equal(image.Width * image.Height * 3, image.Pixels.Length);
                }
                catch (ImageException exception)
                {
                    Assert.StartsWith("damaged: ", exception.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    [Theory]
    [InlineData(new byte[0], "the file is empty")]
    [InlineData(new byte[] { (byte)'h', (byte)'e', (byte)'l', (byte)'l', (byte)'o' }, "is not an image")]
    [InlineData(new byte[] { (byte)'I', (byte)'I', (byte)'*', 0, 8, 0, 0, 0 }, "is TIFF, which is not read")]
    [InlineData(new byte[] { 0xFF, 0xD8, 0xFF, 0xE0 }, "truncated or damaged")]
    public void What_is_no_image_is_said_so(byte[] bytes, string problem) =>
        Assert.Contains(problem, Assert.Throws<ImageException>(() => ImageDecoder.Decode(bytes, "x")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("P3 1 1 255 1 2 3", "kind P3; the binary P5 and P6 are read")]
    [InlineData("P5 1 1 65535 ab", "has values up to 65535")]
    [InlineData("P5 0 1 255 a", "a side is 0")]
    [InlineData("P5 1 x 255 a", "header cannot be read")]
    [InlineData("P5 12345678901 1 255 a", "header cannot be read")]
    [InlineData("P5 99999 99999 255 a", "99999 x 99999 pixels are more than")]
    [InlineData("P6 9999 9999 255 a", "the file ends before its pixels do")]
    public void What_is_wrong_with_a_portable_map_is_said(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<ImageException>(() => ImageDecoder.Decode(System.Text.Encoding.ASCII.GetBytes(text), "x")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_named()
    {
        using var folder = new TemporaryFolder();
        string path = folder["none.png"];
        Assert.Contains(path, Assert.Throws<ImageException>(() => ImageDecoder.Decode(path)).Message, StringComparison.Ordinal);
        Assert.Throws<ImageException>(() => ImageDecoder.Decode(folder.Path));
    }

    [Fact]
    public void A_huge_picture_is_refused_before_memory_is_taken()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var large = Assert.Throws<ImageException>(() => ImageDecoder.Decode(Png.Header(20_000, 20_000), "bomb.png"));
        var lying = Assert.Throws<ImageException>(() => ImageDecoder.Decode(Png.Header(10_000, 10_000), "lie.png"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Contains("20000 x 20000 pixels are more than the 178,956,970", large.Message, StringComparison.Ordinal);
        Assert.Contains("cannot lie in a file of", lying.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Published_files_decode()
    {
        foreach (string path in Directory.EnumerateFiles(RealData.Require("cifar10-jpeg/test/cat")).Take(50))
            Assert.Equal(new ImageSize(32, 32), ImageDecoder.Decode(path).Size);
    }

    /// <summary>PNG files by hand, with wrong content where a test wants it.</summary>
    private static class Png
    {
        private static readonly byte[] Signature = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

        public static byte[] Header(int width, int height) =>
            [.. Signature, .. Chunk("IHDR"u8, HeaderData(width, height, 8, 2)), .. Chunk("IDAT"u8, Deflate([0, 0])), .. Chunk("IEND"u8, [])];

        public static byte[] Encode(int width, int height, byte bitDepth, byte colourType, byte[] rows) =>
            [.. Signature, .. Chunk("IHDR"u8, HeaderData(width, height, bitDepth, colourType)), .. Chunk("IDAT"u8, Deflate(rows)), .. Chunk("IEND"u8, [])];

        private static byte[] HeaderData(int width, int height, byte bitDepth, byte colourType)
        {
            var data = new byte[13];
            BinaryPrimitives.WriteInt32BigEndian(data, width);
            BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(4), height);
            data[8] = bitDepth;
            data[9] = colourType;
            return data;
        }

        private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
        {
            var chunk = new byte[12 + data.Length];
            BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
            type.CopyTo(chunk.AsSpan(4));
            data.CopyTo(chunk, 8);
            using var sum = new Crc32Stream(new MemoryStream(chunk, 4, 4 + data.Length));
            sum.CopyTo(Stream.Null);
            BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), sum.Value);
            return chunk;
        }

        private static byte[] Deflate(byte[] rows)
        {
            using var buffer = new MemoryStream();
            using (var deflate = new System.IO.Compression.ZLibStream(buffer, System.IO.Compression.CompressionLevel.Fastest)) deflate.Write(rows);
            return buffer.ToArray();
        }
    }
}
