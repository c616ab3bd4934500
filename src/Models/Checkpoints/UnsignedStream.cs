namespace Graft.Models;

/// <summary>Widens little-endian unsigned integers to signed ones that hold them; 64 bits stay as they are where they fit.</summary>
internal sealed class UnsignedStream(ElementStream stream, int from, int to, Func<CheckpointException> tooLarge) : ElementStream
{
    public override void Read(Span<byte> next)
    {
        int count = next.Length / to;
        stream.Read(next[..(count * from)]);
        // from the last one on, since they widen in place
        for (int at = count - 1; at >= 0; at--)
        {
            var element = next.Slice(at * to, to);
            next.Slice(at * from, from).CopyTo(element);
            if (from < to) element[from..].Clear();
            else if (element[^1] >= 0x80) throw tooLarge();
        }
    }

    public override void Dispose()
    {
        stream.Dispose();
        base.Dispose();
    }
}
