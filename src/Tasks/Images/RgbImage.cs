namespace Graft.Tasks;

/// <summary>A decoded picture: rows from the top, three bytes a pixel (red, green, blue), no gaps.</summary>
public sealed class RgbImage
{
    internal const int Channels = RgbValues.Channels;

    /// <summary>Takes over an array of height * width * 3 bytes.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="pixels">The bytes, rows from the top: red, green, blue of each pixel.</param>
    /// <exception cref="ArgumentException">The array is not of that length, or a side is not positive.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.LongLength != (long)width * height * Channels)
            throw new ArgumentException($"{pixels.LongLength} bytes are not {width} x {height} pixels of {Channels} bytes", nameof(pixels));
        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>Makes a black picture.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    public RgbImage(int width, int height) : this(width, height, new byte[checked(width * height * Channels)])
    {
    }

    /// <summary>Decodes a picture in memory: the bytes of a JPEG, PNG, BMP, GIF, WebP or PPM file.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="ImageException">It cannot be decoded.</exception>
    public static RgbImage Decode(ReadOnlySpan<byte> encoded, string name = "the picture")
    {
        ArgumentNullException.ThrowIfNull(name);
        return ImageDecoder.Decode(encoded, name);
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The bytes, rows from the top: red, green, blue of each pixel.</summary>
    public byte[] Pixels { get; }

    /// <summary>Its size.</summary>
    public ImageSize Size => new(Height, Width);

    /// <summary>The bytes of one row.</summary>
    /// <param name="y">The row, from 0 at the top.</param>
    public Span<byte> Row(int y) => Pixels.AsSpan(y * Width * Channels, Width * Channels);
}
