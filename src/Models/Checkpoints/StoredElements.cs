using Graft.Tensors;

namespace Graft.Models;

/// <summary>Where the elements of a tensor lie in a file: one after another, or (PyTorch's views) by strides.</summary>
internal sealed class StoredElements
{
    // Views may repeat elements (stride 0), so that a few bytes can claim any shape.
    private const long AlwaysJustified = 1 << 20;

    private readonly CheckpointFile file;
    private readonly long position;
    private readonly long[]? strides;
    private readonly bool bigEndian;

    /// <param name="file">Where to read.</param>
    /// <param name="position">The byte of the first element.</param>
    /// <param name="type">What one element is.</param>
    /// <param name="shape">The lengths of the axes; the caller has checked that all elements lie in the file.</param>
    /// <param name="strides">Elements from one place of an axis to the next, none negative; null if in order without gaps.</param>
    /// <param name="bigEndian">Whether the most significant byte of an element comes first.</param>
    public StoredElements(CheckpointFile file, long position, ElementType type, Shape shape, long[]? strides = null, bool bigEndian = false)
    {
        this.file = file;
        this.position = position;
        this.strides = strides;
        this.bigEndian = bigEndian;
        ElementType = type;
        Shape = shape;
        ByteCount = shape.ElementCount * type.Size();
    }

    public ElementType ElementType { get; }

    public Shape Shape { get; }

    public long ByteCount { get; }

    /// <summary>Starts to read the elements in row-major order.</summary>
    public ElementStream Open(string key)
    {
        RequireJustified(key);
        ElementStream stream = strides is null || ByteCount == 0
            ? new ContiguousStream(file, position)
            : new StridedStream(file, position, ElementType.Size(), Shape, strides);
        return bigEndian && ElementType.Size() > 1 ? new ReversedStream(stream, ElementType.Size()) : stream;
    }

    /// <summary>Refuses a view that repeats its elements beyond what the file's length justifies.</summary>
    public void RequireJustified(string key)
    {
        if (ByteCount > Math.Max(file.Length, AlwaysJustified))
            throw Fail($"tensor '{Printable.Text(key)}' {Shape} repeats its elements to {ByteCount} bytes, more than the file's "
                + $"{file.Length} justify; save it without the repetition");
    }

    public CheckpointException Fail(string problem) => file.Fail(problem);
}

/// <summary>The elements of one tensor in row-major order, read from front to back.</summary>
internal abstract class ElementStream : IDisposable
{
    /// <summary>Fills <paramref name="next"/>, a whole number of elements, with those that follow.</summary>
    public abstract void Read(Span<byte> next);

    public virtual void Dispose()
    {
    }
}

internal sealed class ContiguousStream(CheckpointFile file, long position) : ElementStream
{
    private long position = position;

    public override void Read(Span<byte> next)
    {
        file.Read(position, next);
        position += next.Length;
    }
}

internal sealed class ReversedStream(ElementStream stream, int elementSize) : ElementStream
{
    public override void Read(Span<byte> next)
    {
        stream.Read(next);
        for (int at = 0; at < next.Length; at += elementSize) next.Slice(at, elementSize).Reverse();
    }

    public override void Dispose()
    {
        stream.Dispose();
        base.Dispose();
    }
}
