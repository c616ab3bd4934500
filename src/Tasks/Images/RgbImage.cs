namespace Graft.Tasks;

/// <summary>A decoded picture: rows from the top, three bytes a pixel (red, green, blue), no gaps.</summary>
internal sealed class RgbImage
{
    public const int Channels = 3;

    /// <summary>Takes over an array of height * width * 3 bytes.</summary>
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
    public RgbImage(int width, int height) : this(width, height, new byte[checked(width * height * Channels)])
    {
    }

    public int Width { get; }

    public int Height { get; }

    public byte[] Pixels { get; }

    public ImageSize Size => new(Height, Width);

    public Span<byte> Row(int y) => Pixels.AsSpan(y * Width * Channels, Width * Channels);
}
