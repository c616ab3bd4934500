using System.Runtime.InteropServices;
using SkiaSharp;

namespace Graft.Tasks;

/// <summary>Decodes JPEG, PNG, BMP, GIF (its first frame), WebP and binary portable maps to the bytes that Pillow's
/// <c>Image.open(f).convert("RGB")</c> gives, torchvision's default loader.</summary>
/// <remarks>
/// No colour management: an embedded profile or gamma is ignored, as Pillow ignores it. Alpha is dropped, not blended. Of 16-bit
/// channels the high byte is kept (Pillow does so for colour; its grey 16-bit pictures saturate at 255, which is of no use). The EXIF
/// orientation is not applied, because torchvision's loader does not apply it and published weights were trained and measured that way. A
/// truncated file is refused, as by Pillow. A picture of more than <see cref="ImageDecoding.FullSizePixels"/> is scaled down while it is decoded.
/// </remarks>
internal static class ImageDecoder
{
    /// <summary>No PNG (deflate at 1032:1, eight pixels a byte) and no JPEG (one bit a block of 64) packs more pixels into a byte.</summary>
    private const long MaximumPixelsPerByte = 16 * 1024;

    private const int StripRows = 64, RgbaBytes = 4;

    /// <summary>Files of so many bytes are read one after the other.</summary>
    private const long LargeFile = 16L << 20;

    private static readonly object LargeFiles = new();

    private const string Readable = "JPEG, PNG, BMP, GIF, WebP or PPM";

    /// <summary>Decodes a file.</summary>
    /// <exception cref="ImageException">The file is missing, empty, truncated, damaged, too large or no image.</exception>
    public static RgbImage Decode(string path)
    {
        try
        {
            // A pipe or a device has no length. Reading one could wait for ever, so it is not even opened.
            var file = new FileInfo(path);
            var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            if (target.Exists && target.Length == 0) throw new ImageException(path, "the file is empty, or a pipe or device and no file");
            if (target.Exists && target.Length > Math.Min(ImageDecoding.MemoryBudget, Array.MaxLength))
                throw new ImageException(path, $"a file of {target.Length:N0} bytes is more than decoding may take; scale the image down first");
            if (!(target.Exists && target.Length >= LargeFile)) return Decode(File.ReadAllBytes(path), path);
            Monitor.Enter(LargeFiles);
            return DecodeLarge(path);
        }
        catch (Exception exception) when (exception is IOException and not ImageException or UnauthorizedAccessException)
        {
            throw new ImageException(path, Directory.Exists(path) ? "is a folder" : $"cannot be read ({exception.Message})", exception);
        }
        finally
        {
            if (Monitor.IsEntered(LargeFiles)) Monitor.Exit(LargeFiles);
        }
    }

    /// <summary>One large file at a time: its bytes are in memory beside the decoded picture, and are released at once.</summary>
    private static unsafe RgbImage DecodeLarge(string path)
    {
        using var file = File.OpenHandle(path);
        int length = checked((int)RandomAccess.GetLength(file));
        byte* bytes = (byte*)NativeMemory.Alloc((nuint)length);
        try
        {
            int read = 0;
            while (read < length && RandomAccess.Read(file, new Span<byte>(bytes + read, length - read), read) is > 0 and var count) read += count;
            return Decode(new ReadOnlySpan<byte>(bytes, read), path);
        }
        finally
        {
            NativeMemory.Free(bytes);
        }
    }

    /// <summary>Decodes a file's bytes; <paramref name="name"/> is what error messages call it.</summary>
    /// <exception cref="ImageException">The bytes are empty, truncated, damaged, too large or no image.</exception>
    public static unsafe RgbImage Decode(ReadOnlySpan<byte> encoded, string name)
    {
        if (encoded.IsEmpty) throw new ImageException(name, "the file is empty");
        if (PortableMap.IsOne(encoded)) return PortableMap.Decode(encoded, name);
        if (GifFrame.IsOne(encoded)) return GifFrame.Decode(encoded, name);
        fixed (byte* bytes = encoded)
        {
            using var data = SKData.Create((nint)bytes, encoded.Length);
            using var codec = SKCodec.Create(data);
            if (codec is null) throw new ImageException(name, WhatElse(encoded));
            if (codec.EncodedFormat is not (SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png or SKEncodedImageFormat.Bmp or SKEncodedImageFormat.Webp))
                throw new ImageException(name, $"is {codec.EncodedFormat}, which is not read; convert it to {Readable}");
            RefuseOversized(codec, encoded.Length, name);

            int width = codec.Info.Width, height = codec.Info.Height, factor = RowReducer.FactorOf(width, height);
            long pixels = (long)width * height, reduced = pixels / factor / factor * RgbImage.Channels;
            if (codec.EncodedFormat == SKEncodedImageFormat.Png && factor > 1 && PngRows.CanDecode(encoded))
            {
                using var rowMemory = DecodingMemory.Take(reduced, name);
                return PngRows.Decode(bytes, encoded.Length, factor, name);
            }
            // these scale by themselves, a JPEG by eighths
            bool scales = factor > 1 && codec.EncodedFormat is SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Webp;
            var size = scales ? codec.GetScaledDimensions(1f / factor) : new SKSizeI(width, height);
            if (scales) factor = 1;
            bool strips = (long)size.Width * size.Height * RgbaBytes > 1 << 20 && codec.EncodedFormat is SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Bmp;
            long whole = (long)size.Width * size.Height * (strips ? 0 : RgbaBytes);
            long result = scales ? (long)size.Width * size.Height * RgbImage.Channels : reduced;
            using var memory = DecodingMemory.Take(Held(codec, encoded) + whole + result, name);
            return strips && codec.StartScanlineDecode(Wanted(size)) == SKCodecResult.Success
                ? Strips(codec, size, factor, name)
                : Whole(codec, size, factor, name);
        }
    }

    /// <summary>About how many bytes a codec holds beside what it hands out: all coefficients of a progressive JPEG are in memory, and so
    /// are WebP's pixels and an interlaced PNG's.</summary>
    private static long Held(SKCodec codec, ReadOnlySpan<byte> encoded)
    {
        long pixels = (long)codec.Info.Width * codec.Info.Height;
        return codec.EncodedFormat switch
        {
            SKEncodedImageFormat.Jpeg => ProgressiveJpeg.CoefficientBytes(encoded),
            SKEncodedImageFormat.Webp => pixels * RgbaBytes,
            SKEncodedImageFormat.Png => PngRows.CanDecode(encoded) ? 0 : pixels * RgbaBytes,
            _ => 0,
        };
    }

    // no colour space in the target format: the codec then hands out the stored values
    private static SKImageInfo Wanted(SKSizeI size) => new(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul, null);

    private static unsafe RgbImage Whole(SKCodec codec, SKSizeI size, int factor, string name)
    {
        byte* rgba = (byte*)NativeMemory.Alloc((nuint)size.Width * (nuint)size.Height * RgbaBytes);
        try
        {
            Require(codec.GetPixels(Wanted(size), (nint)rgba), name);
            return Reduced(size, factor, (y, row) => DropAlpha(new ReadOnlySpan<byte>(rgba + (long)y * size.Width * RgbaBytes, size.Width * RgbaBytes), row));
        }
        finally
        {
            NativeMemory.Free(rgba);
        }
    }

    private static unsafe RgbImage Strips(SKCodec codec, SKSizeI size, int factor, string name)
    {
        int rowBytes = size.Width * RgbaBytes;
        bool bottomUp = codec.ScanlineOrder == SKCodecScanlineOrder.BottomUp;
        byte* rgba = (byte*)NativeMemory.Alloc((nuint)rowBytes * StripRows);
        try
        {
            var rows = new RowReducer(size.Width, size.Height, factor);
            var row = new byte[size.Width * RgbImage.Channels];
            for (int y = 0; y < size.Height; y += StripRows)
            {
                int count = Math.Min(StripRows, size.Height - y);
                if (codec.GetScanlines((nint)rgba, count, rowBytes) < count) throw Truncated(name);
                for (int i = 0; i < count; i++)
                {
                    // strips come bottom-up, but each of them is top-down
                    int place = bottomUp ? count - 1 - i : i;
                    DropAlpha(new ReadOnlySpan<byte>(rgba + (long)place * rowBytes, rowBytes), row);
                    rows.Add(bottomUp ? size.Height - 1 - (y + i) : y + i, row);
                }
            }
            return rows.Image;
        }
        finally
        {
            NativeMemory.Free(rgba);
        }
    }

    /// <summary>A picture whose rows are made one after the other, scaled down by an integer.</summary>
    private static RgbImage Reduced(SKSizeI size, int factor, RowMaker make)
    {
        var rows = new RowReducer(size.Width, size.Height, factor);
        var row = factor == 1 ? [] : new byte[size.Width * RgbImage.Channels];
        for (int y = 0; y < size.Height; y++)
        {
            make(y, factor == 1 ? rows.Image.Row(y) : row);
            if (factor > 1) rows.Add(y, row);
        }
        return rows.Image;
    }

    private delegate void RowMaker(int y, Span<byte> row);

    private static void Require(SKCodecResult result, string name)
    {
        switch (result)
        {
            case SKCodecResult.Success:
                return;
            case SKCodecResult.IncompleteInput:
                throw Truncated(name);
            case SKCodecResult.ErrorInInput or SKCodecResult.InvalidInput:
                throw new ImageException(name, "the image is damaged: its pixels cannot be decoded");
            default:
                throw new ImageException(name, $"the image cannot be decoded ({result})");
        }
    }

    private static void DropAlpha(ReadOnlySpan<byte> rgba, Span<byte> rgb)
    {
        for (int from = 0, to = 0; to < rgb.Length; from += 4, to += 3)
        {
            rgb[to] = rgba[from];
            rgb[to + 1] = rgba[from + 1];
            rgb[to + 2] = rgba[from + 2];
        }
    }

    private static void RefuseOversized(SKCodec codec, int fileBytes, string name)
    {
        long pixels = (long)codec.Info.Width * codec.Info.Height;
        if (pixels > ImageDecoding.MaximumPixels) throw TooLarge(name, codec.Info.Width, codec.Info.Height);
        if (codec.EncodedFormat is SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg && pixels > fileBytes * MaximumPixelsPerByte)
            throw new ImageException(name, $"{codec.Info.Width} x {codec.Info.Height} pixels cannot lie in a file of {fileBytes:N0} bytes; it is truncated or damaged");
    }

    internal static ImageException TooLarge(string name, int width, int height) =>
        new(name, $"{width} x {height} pixels are more than the {ImageDecoding.MaximumPixels:N0} that are read; scale the image down first");

    internal static ImageException Truncated(string name) => new(name, "the image is truncated: the file ends before its pixels do");

    /// <summary>Why no codec took the bytes: a known kind of image that is broken, a known kind that is not read, or neither.</summary>
    private static string WhatElse(ReadOnlySpan<byte> encoded)
    {
        if (encoded.StartsWith<byte>([0xFF, 0xD8, 0xFF]) || encoded.StartsWith<byte>([0x89, (byte)'P', (byte)'N', (byte)'G']) || encoded.StartsWith("GIF8"u8)
            || encoded.StartsWith("BM"u8) || (encoded.StartsWith("RIFF"u8) && encoded.Length >= 12 && encoded[8..12].SequenceEqual("WEBP"u8)))
            return "the image is truncated or damaged: its header cannot be read";
        if (encoded.StartsWith("II*\0"u8) || encoded.StartsWith("MM\0*"u8)) return $"is TIFF, which is not read; convert it to {Readable}";
        return $"is not an image ({Readable})";
    }
}
