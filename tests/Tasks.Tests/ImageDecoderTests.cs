using System.Buffers.Binary;
using Graft.Testing;

namespace Graft.Tasks.Tests;

/// <summary>Tests that count what the whole process allocates, and so run when no others do.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;

[Collection(nameof(AloneCollection))]
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
    [InlineData("gif_interlaced")]
    [InlineData("gif_local_palette")]
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
        foreach (string name in new[] { "jpeg_420", "png_rgb", "gif", "gif_noise", "gif_offset", "bmp_rgb", "webp_lossy", "ppm_100" })
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

    /// <summary>Large ones are decoded by another road, which has to come to the same place.</summary>
    [Fact]
    public unsafe void PNG_row_by_row_gives_the_codecs_bytes()
    {
        int compared = 0;
        var files = Golden.Where(file => file.Key.StartsWith("file_png", StringComparison.Ordinal)).Select(file => file.Value.Bytes).Concat(
        [
            Png.Encode(3, 2, 16, 0, [0, 0x12, 0x34, 0xFE, 0xDC, 1, 2, 1, 5, 6, 7, 8, 9, 10]),
            Png.Encode(9, 2, 2, 0, [0, 0x1B, 0xE4, 0x40, 2, 1, 2, 0x80]),
            Png.Encode(2, 1, 16, 6, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
        ]);
        foreach (byte[] file in files)
        {
            Assert.True(PngRows.CanDecode(file));
            fixed (byte* bytes = file) Assert.Equal(ImageDecoder.Decode(file, "x").Pixels, PngRows.Decode(bytes, file.Length, 1, "x").Pixels);
            compared++;
        }
        Assert.True(compared >= 10);
    }

    [Fact]
    public void Rows_are_reduced_by_the_mean_of_their_squares()
    {
        var whole = GoldenFile.Noise(11, 7, 3);
        foreach (bool fromBelow in new[] { false, true })
        {
            var rows = new RowReducer(11, 7, 3);
            for (int i = 0; i < 7; i++) rows.Add(fromBelow ? 6 - i : i, whole.Row(fromBelow ? 6 - i : i));
            Assert.Equal(new ImageSize(3, 4), rows.Image.Size);
            int sum = 0;
            for (int y = 6; y < 7; y++) for (int x = 9; x < 11; x++) sum += whole.Row(y)[x * 3 + 1];
            Assert.Equal((sum + 1) / 2, rows.Image.Row(2)[3 * 3 + 1]);
            sum = 0;
            for (int y = 3; y < 6; y++) for (int x = 6; x < 9; x++) sum += whole.Row(y)[x * 3];
            Assert.Equal((sum + 4) / 9, rows.Image.Row(1)[2 * 3]);
        }
    }

    /// <summary>Six of 13,000 x 13,000 pixels at a time: 4 GB of pixels that never stand in memory.</summary>
    [Fact]
    public void A_large_picture_in_a_small_file_takes_little_memory()
    {
        const int Side = 13_000, RowBytes = 1 + Side / 8; // the first says how the row is filtered
        byte[] rows = new byte[Side * RowBytes];
        byte[] png = Png.Encode(Side, Side, bitDepth: 1, colourType: 0, rows);
        Assert.InRange(png.Length, 1, 300_000);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Parallel.For(0, 6, new ParallelOptions { MaxDegreeOfParallelism = 6 }, _ =>
        {
            var image = ImageDecoder.Decode(png, "large.png");
            Assert.InRange(image.Pixels.Length, 1, 3 * 4_000_000);
            Assert.All([image.Pixels[0], image.Pixels[^1]], value => Assert.Equal(0, value));
        });
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 1, 600L << 20);
        Assert.Equal(0, DecodingMemory.Held);
    }

    [Fact]
    public async Task Decoding_waits_for_its_share_of_the_memory_and_refuses_more_than_all_of_it()
    {
        long half = ImageDecoding.MemoryBudget / 2 + 1;
        Assert.Null(DecodingMemory.Take(1000, "small"));
        var first = DecodingMemory.Take(half, "first");
        bool second = false;
        var waiting = Task.Run(() =>
        {
            using var memory = DecodingMemory.Take(half, "second");
            Volatile.Write(ref second, true);
        }, TestContext.Current.CancellationToken);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(Volatile.Read(ref second));
        first!.Dispose();
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True(second);
        Assert.Contains("more than the 512", Assert.Throws<ImageException>(() => DecodingMemory.Take(ImageDecoding.MemoryBudget + 1, "x")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageDecoding.MaximumPixels = 0);
    }

    [Fact]
    public void A_progressive_JPEG_is_known_by_its_frame()
    {
        Assert.Equal(0, ProgressiveJpeg.CoefficientBytes(Golden["file_jpeg_420"].Bytes));
        // 19 x 15 pixels, of four of them six samples of two bytes
        byte[] file = Golden["file_jpeg_progressive"].Bytes;
        Assert.Equal(19 * 15 * 6 / 4 * 2, ProgressiveJpeg.CoefficientBytes(file));
        for (int length = 0; length < file.Length; length += 3) Assert.InRange(ProgressiveJpeg.CoefficientBytes(file.AsSpan(0, length)), 0, 19 * 15 * 6);
    }

    /// <summary>A file of more than 16 MB is read apart; its pixels are the same.</summary>
    [Fact]
    public void A_large_file_is_read_like_a_small_one()
    {
        using var folder = new TemporaryFolder();
        var noise = GoldenFile.Noise(2400, 2400, 8);
        string path = folder.Write("large.ppm", [.. "P6 2400 2400 255\n"u8, .. noise.Pixels]);
        Assert.Equal(noise.Pixels, ImageDecoder.Decode(path).Pixels);
        Assert.Contains("the file ends before", Assert.Throws<ImageException>(() => ImageDecoder.Decode(folder.Write("cut.ppm", [.. "P6 9999 2400 255\n"u8, .. noise.Pixels]))).Message, StringComparison.Ordinal);
        Assert.Equal(noise.Pixels, ImageDecoder.Decode(path).Pixels);
    }

    /// <summary>From a megabyte of pixels on rows are taken in strips.</summary>
    [Fact]
    public void Strips_give_the_bytes_of_the_whole()
    {
        const int Width = 603, Height = 437;
        var noise = GoldenFile.Noise(Width, Height, 4);
        using var bitmap = new SkiaSharp.SKBitmap(new SkiaSharp.SKImageInfo(Width, Height, SkiaSharp.SKColorType.Rgba8888, SkiaSharp.SKAlphaType.Unpremul));
        bitmap.Pixels = [.. Enumerable.Range(0, Width * Height).Select(at => new SkiaSharp.SKColor(noise.Pixels[3 * at], noise.Pixels[3 * at + 1], noise.Pixels[3 * at + 2]))];
        using var jpeg = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Jpeg, 80);
        using var decoded = SkiaSharp.SKBitmap.Decode(jpeg.ToArray(), new SkiaSharp.SKImageInfo(Width, Height, SkiaSharp.SKColorType.Rgba8888, SkiaSharp.SKAlphaType.Unpremul));
        var image = ImageDecoder.Decode(jpeg.ToArray(), "strips.jpg");
        Assert.Equal(decoded.Pixels.SelectMany(pixel => new[] { pixel.Red, pixel.Green, pixel.Blue }), image.Pixels);
        Assert.Throws<ImageException>(() => ImageDecoder.Decode(jpeg.ToArray().AsSpan(0, (int)jpeg.Size / 2), "cut.jpg"));

        // a bitmap's rows come from below
        int stride = (Width * 3 + 3) / 4 * 4;
        var bmp = new byte[54 + stride * Height];
        "BM"u8.CopyTo(bmp);
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(2), bmp.Length);
        bmp[10] = 54;
        bmp[14] = 40;
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(18), Width);
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(22), Height);
        (bmp[26], bmp[28]) = (1, 24);
        for (int y = 0; y < Height; y++)
            for (int i = 0; i < Width * 3; i++) bmp[54 + (Height - 1 - y) * stride + i] = noise.Row(y)[i / 3 * 3 + 2 - i % 3];
        Assert.Equal(noise.Pixels, ImageDecoder.Decode(bmp, "strips.bmp").Pixels);
    }

    [Fact]
    public void What_is_no_file_is_not_waited_for()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("there are no named pipes in folders there");
        using var folder = new TemporaryFolder();
        string pipe = folder["pipe.jpg"];
        using var made = System.Diagnostics.Process.Start("mkfifo", [pipe]);
        made.WaitForExit();
        File.CreateSymbolicLink(folder["link.jpg"], pipe);
        File.CreateSymbolicLink(folder["nowhere.jpg"], folder["missing.jpg"]);
        foreach (string name in new[] { "pipe.jpg", "link.jpg" })
            Assert.Contains("a pipe or device", Assert.Throws<ImageException>(() => ImageDecoder.Decode(folder[name])).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<ImageException>(() => ImageDecoder.Decode(folder["nowhere.jpg"])).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.Throws<ImageException>(() => ImageDecoder.Decode(folder.Path)).Message, StringComparison.Ordinal);
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
            BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32(chunk.AsSpan(4, 4 + data.Length)));
            return chunk;
        }

        private static uint Crc32(ReadOnlySpan<byte> data)
        {
            uint state = uint.MaxValue;
            foreach (byte value in data)
            {
                state ^= value;
                for (int bit = 0; bit < 8; bit++) state = (state & 1) != 0 ? 0xEDB88320 ^ (state >> 1) : state >> 1;
            }
            return ~state;
        }

        private static byte[] Deflate(byte[] rows)
        {
            using var buffer = new MemoryStream();
            using (var deflate = new System.IO.Compression.ZLibStream(buffer, System.IO.Compression.CompressionLevel.Fastest)) deflate.Write(rows);
            return buffer.ToArray();
        }
    }
}
