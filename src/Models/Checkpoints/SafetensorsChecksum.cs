using System.Security.Cryptography;

namespace Graft.Models;

/// <summary>Safetensors files that say whether they are whole: their last tensor is the SHA-256 of all bytes before it, so that one that was cut or
/// damaged is told from one that was not. Any reader of safetensors reads them.</summary>
public static class SafetensorsChecksum
{
    /// <summary>The key of the last tensor, [32] bytes.</summary>
    public const string Key = "~sha256";

    private const int ChunkBytes = 1 << 20;

    /// <summary>Writes a file with its checksum.</summary>
    /// <param name="stream">The stream; the file begins at its position.</param>
    /// <param name="tensors">The tensors, of 32-bit floating point, 64-bit integers or bytes; each is asked for its values once, one after another.</param>
    /// <param name="metadata">Texts to keep beside the tensors.</param>
    /// <param name="cancellation">Ends the writing early.</param>
    /// <exception cref="ArgumentException">Two tensors have one key, a key is reserved or stands behind <see cref="Key"/>, or a tensor is of another type.</exception>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Write(
        Stream stream, IEnumerable<TensorEntry> tensors, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        TensorEntry[] all = [.. tensors];
        // the file has its tensors by type, bytes last, and those of a type by key
        if (Array.Find(all, static tensor => tensor.ElementType < ElementType.UInt8 || (tensor.ElementType == ElementType.UInt8 && string.CompareOrdinal(tensor.Key, Key) >= 0))
            is { } behind) throw new ArgumentException($"the tensor '{behind.Key}' ({behind.ElementType}) would stand behind the checksum");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var hashed = new HashedStream(stream, hash);
        var checksum = new TensorEntry(Key, ElementType.UInt8, [SHA256.HashSizeInBytes], (last, _) => last.Write(hash.GetCurrentHash()));
        SafetensorsWriter.Write(hashed, all.Append(checksum), metadata, cancellation);
    }

    /// <summary>Reads a file through and compares its checksum.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">It cannot be read, has no checksum, or another than its bytes have.</exception>
    public static void Require(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            long left = stream.Length - SHA256.HashSizeInBytes;
            if (left <= 0) throw new CheckpointException(path, $"truncated: {stream.Length} bytes are too few for a checksum");
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            byte[] chunk = new byte[(int)Math.Min(left, ChunkBytes)];
            for (; left > 0; left -= Math.Min(left, chunk.Length))
            {
                var part = chunk.AsSpan(0, (int)Math.Min(left, chunk.Length));
                stream.ReadExactly(part);
                hash.AppendData(part);
            }
            Span<byte> said = stackalloc byte[SHA256.HashSizeInBytes];
            stream.ReadExactly(said);
            if (!said.SequenceEqual(hash.GetHashAndReset())) throw new CheckpointException(path, "damaged or cut: its bytes have another checksum than the one that they end with");
        }
        catch (Exception exception) when (exception is not CheckpointException && exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"cannot be read ({exception.Message})", exception);
        }
    }

    /// <summary>Passes on what is written and adds it to a hash.</summary>
    private sealed class HashedStream(Stream inner, IncrementalHash hash) : Stream
    {
        private long written;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => written;

        public override long Position { get => written; set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            hash.AppendData(buffer);
            inner.Write(buffer);
            written += buffer.Length;
        }
    }
}
