namespace Graft.Tasks;

/// <summary>Pictures whose files are in memory.</summary>
internal sealed class EncodedImages(IReadOnlyList<ReadOnlyMemory<byte>> encoded, Func<int, string> nameOf) : IImageDataset
{
    private const int PartBytes = 1 << 16;

    public int Count => encoded.Count;

    public string Name(int index) => nameOf(index);

    public RgbImage Load(int index) => ImageDecoder.Decode(encoded[index].Span, nameOf(index));

    public void AddTo(DataFingerprint print, int index) => print.Add(encoded[index].Span);

    /// <summary>The rest of a stream.</summary>
    /// <exception cref="ImageException">It is longer than decoding may take.</exception>
    public static byte[] ReadAll(Stream stream, string name, CancellationToken cancellation)
    {
        using var buffer = new MemoryStream();
        var part = new byte[PartBytes];
        cancellation.ThrowIfCancellationRequested();
        while (stream.Read(part) is > 0 and var count)
        {
            Append(buffer, part.AsSpan(0, count), name);
            cancellation.ThrowIfCancellationRequested();
        }
        return buffer.ToArray();
    }

    /// <summary>The rest of a stream, without holding the thread that waits for it.</summary>
    /// <exception cref="ImageException">It is longer than decoding may take.</exception>
    public static async Task<byte[]> ReadAllAsync(Stream stream, string name, CancellationToken cancellation)
    {
        using var buffer = new MemoryStream();
        var part = new byte[PartBytes];
        while (await stream.ReadAsync(part, cancellation).ConfigureAwait(false) is > 0 and var count) Append(buffer, part.AsSpan(0, count), name);
        return buffer.ToArray();
    }

    private static void Append(MemoryStream buffer, ReadOnlySpan<byte> part, string name)
    {
        long most = Math.Min(ImageDecoding.MemoryBudget, Array.MaxLength);
        if (buffer.Length + part.Length > most)
            throw new ImageException(name, $"a file of more than {most:N0} bytes is more than decoding may take; scale the image down first");
        buffer.Write(part);
    }
}
