using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Graft.Transfer;

/// <summary>Writes TensorBoard's event files: records of TensorFlow's <c>TFRecord</c> framing, each a serialised <c>Event</c>.</summary>
/// <remarks>A record is its length as 8 bytes, the masked CRC-32C of those, the event, and the masked CRC-32C of it, all little-endian. Used by one thread at a
/// time.</remarks>
/// <example><code>
/// using var events = EventFileWriter.Create("runs/first");
/// events.Scalar("loss/train", 0.31, step: 12);
/// </code></example>
public sealed class EventFileWriter : IDisposable
{
    private const string Version = "brain.Event:2";
    private const uint MaskDelta = 0xa282ead8;

    private static int files;

    private readonly Stream stream;
    private readonly Func<DateTimeOffset> now;
    private readonly ArrayBufferWriter<byte> record = new(), inner = new(), value = new();

    /// <summary>Writes to a stream, which is closed with the writer.</summary>
    /// <param name="stream">The stream, at the beginning of a file.</param>
    /// <param name="now">The time of an event; null for the clock's.</param>
    public EventFileWriter(Stream stream, Func<DateTimeOffset>? now = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        (this.stream, this.now) = (stream, now ?? (static () => DateTimeOffset.UtcNow));
        Begin();
        Bytes(record, field: 3, Encoding.UTF8.GetBytes(Version));
        End();
    }

    /// <summary>Makes a file in a folder, named as TensorBoard finds it: <c>events.out.tfevents.SECONDS.HOST.PROCESS.NUMBER</c>.</summary>
    /// <param name="folder">The folder, which is made if need be.</param>
    /// <exception cref="IOException">It cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written to.</exception>
    public static EventFileWriter Create(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Directory.CreateDirectory(folder);
        string name = string.Create(
            CultureInfo.InvariantCulture,
            $"events.out.tfevents.{DateTimeOffset.UtcNow.ToUnixTimeSeconds():d10}.{Environment.MachineName}.{Environment.ProcessId}.{Interlocked.Increment(ref files) - 1}");
        return new EventFileWriter(new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read));
    }

    /// <summary>A figure at a step.</summary>
    /// <param name="tag">Its name; what stands before a <c>/</c> groups charts.</param>
    /// <param name="figure">The figure.</param>
    /// <param name="step">The step.</param>
    public void Scalar(string tag, double figure, long step)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        value.ResetWrittenCount();
        Bytes(value, field: 1, Encoding.UTF8.GetBytes(tag));
        Tag(value, field: 2, wire: 5);
        BinaryPrimitives.WriteSingleLittleEndian(value.GetSpan(sizeof(float)), (float)figure);
        value.Advance(sizeof(float));
        Summary(step);
    }

    /// <summary>Begins a session at a step: events of that step and later that an older file of the folder has are forgotten, as a run that goes on needs
    /// it.</summary>
    /// <param name="step">The first step of the session.</param>
    public void SessionStart(long step)
    {
        Begin();
        Tag(record, field: 2, wire: 0);
        Varint(record, (ulong)step);
        Bytes(record, field: 7, [0x08, 0x01]);
        End();
    }

    /// <summary>Passes what was written on to the system.</summary>
    public void Flush() => stream.Flush();

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    /// <summary>The CRC-32C (Castagnoli) of bytes, rotated and shifted as TFRecord wants it.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte one in bytes) crc = BitOperations.Crc32C(crc, one);
        return BitOperations.RotateRight(~crc, 15) + MaskDelta;
    }

    private void Summary(long step)
    {
        Begin();
        Tag(record, field: 2, wire: 0);
        Varint(record, (ulong)step);
        inner.ResetWrittenCount();
        Bytes(inner, field: 1, value.WrittenSpan);
        Bytes(record, field: 5, inner.WrittenSpan);
        End();
    }

    private void Begin()
    {
        record.ResetWrittenCount();
        Tag(record, field: 1, wire: 1);
        BinaryPrimitives.WriteDoubleLittleEndian(record.GetSpan(sizeof(double)), (now() - DateTimeOffset.UnixEpoch).TotalSeconds);
        record.Advance(sizeof(double));
    }

    private void End()
    {
        Span<byte> frame = stackalloc byte[sizeof(ulong) + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)record.WrittenCount);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[sizeof(ulong)..], MaskedCrc(frame[..sizeof(ulong)]));
        stream.Write(frame);
        stream.Write(record.WrittenSpan);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, MaskedCrc(record.WrittenSpan));
        stream.Write(frame[..sizeof(uint)]);
    }

    private static void Tag(ArrayBufferWriter<byte> to, int field, int wire) => Varint(to, (ulong)(field << 3 | wire));

    private static void Bytes(ArrayBufferWriter<byte> to, int field, ReadOnlySpan<byte> bytes)
    {
        Tag(to, field, wire: 2);
        Varint(to, (ulong)bytes.Length);
        to.Write(bytes);
    }

    private static void Varint(ArrayBufferWriter<byte> to, ulong number)
    {
        for (; number >= 0x80; number >>= 7) One(to, (byte)(number | 0x80));
        One(to, (byte)number);
    }

    private static void One(ArrayBufferWriter<byte> to, byte one)
    {
        to.GetSpan(1)[0] = one;
        to.Advance(1);
    }
}
