using System.Text;

namespace Graft.Models;

/// <summary>The bytes of a range of a file from front to back, buffered; a length that a pickle claims is checked against
/// what is left before anything is allocated for it.</summary>
internal sealed class PickleBytes(CheckpointFile file, long position, long end)
{
    private readonly byte[] buffer = new byte[(int)Math.Min(32 * 1024, end - position)];
    private long bufferStart = position;
    private byte[] line = [];
    private int buffered;
    private int at;

    public CheckpointFile File => file;

    /// <summary>The byte of the file that is read next.</summary>
    public long Position => bufferStart + at;

    public long Left => end - Position;

    public byte ReadByte()
    {
        if (at == buffered) Fill();
        return buffer[at++];
    }

    public void Read(Span<byte> destination)
    {
        RequireLeft((ulong)destination.Length);
        int there = Math.Min(destination.Length, buffered - at);
        buffer.AsSpan(at, there).CopyTo(destination);
        at += there;
        if (there == destination.Length) return;
        file.Read(Position, destination[there..]);
        bufferStart = Position + destination.Length - there;
        at = buffered = 0;
    }

    public byte[] ReadBytes(ulong length)
    {
        RequireLeft(length);
        if (length > (ulong)Array.MaxLength) throw Damaged($"claims a text of {length} bytes");
        var bytes = new byte[(int)length];
        Read(bytes);
        return bytes;
    }

    public void Skip(ulong length)
    {
        RequireLeft(length);
        long target = Position + (long)length;
        if (target <= bufferStart + buffered)
        {
            at += (int)length;
            return;
        }
        bufferStart = target;
        at = buffered = 0;
    }

    public string ReadText(ulong length) => Encoding.UTF8.GetString(ReadBytes(length));

    /// <summary>A name, up to the end of its line.</summary>
    public string ReadLine()
    {
        const int Longest = 1024;
        byte[] line = ReadLineBytes(Longest);
        return line.Length == Longest ? throw Damaged("has a name without end") : Encoding.UTF8.GetString(line);
    }

    /// <summary>The bytes up to the end of the line or, without it, as many as asked for.</summary>
    public byte[] ReadLineBytes(int most = int.MaxValue)
    {
        int length = 0;
        for (byte next = ReadByte(); next != '\n' && length < most; next = ReadByte())
        {
            if (length == line.Length) Array.Resize(ref line, Math.Max(64, 2 * length));
            line[length++] = next;
        }
        return line[..length];
    }

    public CheckpointException Damaged(string problem) =>
        file.Fail($"damaged: its pickle {problem} (at byte {Position}); fetch it again");

    private void RequireLeft(ulong length)
    {
        if (length > (ulong)Left)
            throw file.Fail($"truncated: at byte {Position} its pickle needs {length} more bytes of {Left}; fetch it again");
    }

    private void Fill()
    {
        bufferStart += at;
        at = 0;
        buffered = (int)Math.Min(buffer.Length, end - bufferStart);
        if (buffered <= 0)
        {
            buffered = 0;
            throw file.Fail($"truncated: its pickle does not end where it should, at byte {end}; fetch it again");
        }
        file.Read(bufferStart, buffer.AsSpan(0, buffered));
    }
}
