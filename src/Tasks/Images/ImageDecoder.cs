using System.Buffers;
using SkiaSharp;

namespace Graft.Tasks;

/// <summary>Decodes JPEG, PNG, BMP, GIF (its first frame), WebP and binary portable maps to the bytes that Pillow's <c>Image.open(f).convert("RGB")</c>
/// gives, torchvision's default loader.</summary>
/// <remarks>
/// No colour management: an embedded profile or gamma is ignored, as Pillow ignores it. Alpha is dropped, not blended. Of 16-bit
/// channels the high byte is kept (Pillow does so for colour; its grey 16-bit pictures saturate at 255, which nobody wants).
/// The EXIF orientation is not applied, because torchvision's loader does not apply it and published weights were trained and
/// measured that way. A truncated file is refused, as by Pillow.
/// </remarks>
internal static class ImageDecoder
{
    /// <summary>A picture of more pixels is refused before memory is taken for it; Pillow's limit.</summary>
    public const long MaximumPixels = 2L * 89_478_485;

    /// <summary>No PNG (deflate at 1032:1, eight pixels a byte) and no JPEG (one bit a block of 64) packs more pixels into a byte.</summary>
    private const long MaximumPixelsPerByte = 16 * 1024;

    private const string Readable = "JPEG, PNG, BMP, GIF, WebP or PPM";

    /// <summary>Decodes a file.</summary>
    /// <exception cref="ImageException">The file is missing, empty, truncated, damaged, too large or no image.</exception>
    public static RgbImage Decode(string path)
    {
        byte[] encoded;
        try
        {
            encoded = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ImageException(path, $"cannot be read ({exception.Message})", exception);
        }
        return Decode(encoded, path);
    }

    /// <summary>Decodes a file's bytes; <paramref name="name"/> is what error messages call it.</summary>
    /// <exception cref="ImageException">The bytes are empty, truncated, damaged, too large or no image.</exception>
    public static unsafe RgbImage Decode(ReadOnlySpan<byte> encoded, string name)
    {
        if (encoded.IsEmpty) throw new ImageException(name, "the file is empty");
        if (PortableMap.IsOne(encoded)) return PortableMap.Decode(encoded, name);
        fixed (byte* bytes = encoded)
        {
            using var data = SKData.Create((nint)bytes, encoded.Length);
            using var codec = SKCodec.Create(data);
            if (codec is null) throw new ImageException(name, WhatElse(encoded));
            if (codec.EncodedFormat is not (SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png or SKEncodedImageFormat.Bmp
                or SKEncodedImageFormat.Gif or SKEncodedImageFormat.Webp))
                throw new ImageException(name, $"is {codec.EncodedFormat}, which is not read; convert it to {Readable}");
            RefuseOversized(codec, encoded.Length, name);
            return Decode(codec, name);
        }
    }

    private static unsafe RgbImage Decode(SKCodec codec, string name)
    {
        int width = codec.Info.Width, height = codec.Info.Height;
        // no colour space in the wanted form: the codec then hands out the stored numbers
        var wanted = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul, null);
        byte[] rgba = ArrayPool<byte>.Shared.Rent(checked(width * height * 4));
        try
        {
            SKCodecResult result;
            fixed (byte* pixels = rgba) result = codec.GetPixels(wanted, (nint)pixels);
            switch (result)
            {
                case SKCodecResult.Success:
                    break;
                case SKCodecResult.IncompleteInput:
                    throw Truncated(name);
                case SKCodecResult.ErrorInInput or SKCodecResult.InvalidInput:
                    throw new ImageException(name, "the image is damaged: its pixels cannot be decoded");
                default:
                    throw new ImageException(name, $"the image cannot be decoded ({result})");
            }
            var image = new RgbImage(width, height);
            DropAlpha(rgba, image.Pixels);
            return image;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rgba);
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
        if (pixels > MaximumPixels) throw TooLarge(name, codec.Info.Width, codec.Info.Height);
        if (codec.EncodedFormat is SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg && pixels > fileBytes * MaximumPixelsPerByte)
            throw new ImageException(name, $"{codec.Info.Width} x {codec.Info.Height} pixels cannot lie in a file of {fileBytes:N0} bytes; it is truncated or damaged");
    }

    internal static ImageException TooLarge(string name, int width, int height) =>
        new(name, $"{width} x {height} pixels are more than the {MaximumPixels:N0} that are read; scale the image down first");

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
