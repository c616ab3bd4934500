using System.IO.Compression;
using System.Text;

namespace Graft.Models;

/// <summary>Writes NumPy's <c>.npy</c> and <c>.npz</c> files: <c>numpy.save</c>, <c>numpy.savez</c> and <c>numpy.savez_compressed</c>.</summary>
/// <remarks>The elements keep their types; bfloat16, which NumPy has not, becomes float32. The same tensors give the same bytes.</remarks>
public static class NumpyWriter
{
    // as NumPy aligns the elements, for whoever maps them into memory
    private const int Alignment = 64;

    private static readonly DateTimeOffset FirstOfZip = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes one array beside <paramref name="path"/> and moves it there when it is whole.</summary>
    /// <param name="path">The <c>.npy</c> file to make or to replace.</param>
    /// <param name="tensor">The array; its key is not written.</param>
    /// <param name="cancellation">Ends the writing early; nothing is left behind.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void WriteArray(string path, TensorEntry tensor, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensor);
        AtomicFile.Write(path, stream => Write(stream, tensor, cancellation));
    }

    /// <summary>Writes an archive of arrays beside <paramref name="path"/> and moves it there when it is whole.</summary>
    /// <param name="path">The <c>.npz</c> file to make or to replace.</param>
    /// <param name="tensors">The arrays under their keys; each is asked for its values once, one after another.</param>
    /// <param name="compress">Whether the arrays are packed by Deflate.</param>
    /// <param name="cancellation">Ends the writing early; nothing is left behind.</param>
    /// <exception cref="ArgumentException">Two tensors have one key.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void WriteArchive(string path, IEnumerable<TensorEntry> tensors, bool compress = false, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        TensorEntry[] all = [.. tensors];
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in all)
            if (!keys.Add(tensor.Key)) throw new ArgumentException($"two tensors have the key '{tensor.Key}'");
        AtomicFile.Write(path, stream =>
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8);
            foreach (var tensor in all)
            {
                cancellation.ThrowIfCancellationRequested();
                var entry = archive.CreateEntry(tensor.Key + ".npy", compress ? CompressionLevel.Optimal : CompressionLevel.NoCompression);
                entry.LastWriteTime = FirstOfZip;
                using var member = entry.Open();
                Write(member, tensor, cancellation);
            }
        });
    }

    private static void Write(Stream stream, TensorEntry tensor, CancellationToken cancellation)
    {
        stream.Write(Header(tensor));
        if (tensor.ElementType == ElementType.BFloat16) tensor.Write(new SingleFromBFloat16Stream(stream), cancellation);
        else tensor.Write(stream, cancellation);
    }

    private static byte[] Header(TensorEntry tensor)
    {
        const int Prefix = 10;
        string shape = tensor.Shape.Rank == 1 ? $"{tensor.Shape[0]}," : string.Join(", ", tensor.Shape.ToArray());
        string text = $"{{'descr': '{NumpyTypes.Describe(tensor.ElementType)}', 'fortran_order': False, 'shape': ({shape}), }}";
        int length = (Prefix + text.Length + 1 + Alignment - 1) / Alignment * Alignment - Prefix;
        return [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)length, (byte)(length >> 8), .. Encoding.ASCII.GetBytes(text.PadRight(length - 1) + '\n')];
    }

    /// <summary>Writes numbers of bfloat16 as float32, of which they are the upper halves.</summary>
    private sealed class SingleFromBFloat16Stream(Stream inner) : Stream
    {
        private byte? half;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Span<byte> number = stackalloc byte[4];
            number.Clear();
            foreach (byte value in buffer)
            {
                if (half is not { } low)
                {
                    half = value;
                    continue;
                }
                number[2] = low;
                number[3] = value;
                inner.Write(number);
                half = null;
            }
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
