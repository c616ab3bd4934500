namespace Graft.Tasks;

/// <summary>One picture whose file is in memory.</summary>
internal sealed class EncodedImage(ReadOnlyMemory<byte> encoded, string name) : IImageSource
{
    public int Count => 1;

    public int Label(int index) => -1;

    public string Name(int index) => name;

    public RgbImage Load(int index) => ImageDecoder.Decode(encoded.Span, name);

    /// <summary>The rest of a stream.</summary>
    /// <exception cref="ImageException">It is longer than decoding may take.</exception>
    public static byte[] ReadAll(Stream stream, string name)
    {
        long most = Math.Min(ImageDecoding.MemoryBudget, Array.MaxLength);
        using var buffer = new MemoryStream();
        var part = new byte[1 << 16];
        while (stream.Read(part) is > 0 and var count)
        {
            if (buffer.Length + count > most) throw new ImageException(name, $"a file of more than {most:N0} bytes is more than decoding may take; scale the image down first");
            buffer.Write(part, 0, count);
        }
        return buffer.ToArray();
    }
}
