using Graft.Tensors;

namespace Graft.Models;

/// <summary>The layout of a tensor's elements in a file: contiguous, or (PyTorch's views) by strides.</summary>
internal sealed class StoredElements
{
    // Views may repeat elements (stride 0), so that a few bytes can claim any shape.
    private const long AlwaysJustified = 1 << 20;

    private readonly CheckpointFile file;
    private readonly long position;
    private readonly long[]? strides;
    private readonly bool bigEndian;
    private readonly string? unread;
    private readonly int storedSize;
    private readonly Func<ElementStream>? start;

    /// <param name="file">Where to read.</param>
    /// <param name="position">The byte of the first element.</param>
    /// <param name="type">What one element is.</param>
    /// <param name="shape">Its shape; the caller has checked that all elements are within the file.</param>
    /// <param name="strides">The strides in elements, none negative; null if contiguous.</param>
    /// <param name="bigEndian">Whether the most significant byte of an element comes first.</param>
    /// <param name="unsignedSize">The bytes of an element in the file where it is an unsigned integer that <paramref name="type"/> is wide enough
    /// for; 0 where it is of that type itself.</param>
    public StoredElements(
        CheckpointFile file, long position, ElementType type, Shape shape, long[]? strides = null, bool bigEndian = false, int unsignedSize = 0)
    {
        this.file = file;
        this.position = position;
        this.strides = strides;
        this.bigEndian = bigEndian;
        ElementType = type;
        storedSize = unsignedSize > 0 ? unsignedSize : type.Size();
        TypeName = unsignedSize > 0 ? $"uint{unsignedSize * 8}" : type.Name();
        Shape = shape;
        Lengths = [.. shape.ToArray().Select(length => (long)length)];
        ByteCount = shape.ElementCount * type.Size();
    }

    /// <param name="file">The file that messages name.</param>
    /// <param name="type">What one element is.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="start">Starts to read them in row-major order, unpacking or parsing as it goes, so that nothing is held in between.</param>
    /// <param name="bigEndian">Whether the most significant byte of an element comes first.</param>
    /// <param name="unsignedSize">As above.</param>
    public StoredElements(
        CheckpointFile file, ElementType type, Shape shape, Func<ElementStream> start, bool bigEndian = false, int unsignedSize = 0)
        : this(file, 0, type, shape, null, bigEndian, unsignedSize) => this.start = start;

    private StoredElements(CheckpointFile file, string typeName, long[] lengths, string unread)
    {
        this.file = file;
        this.unread = unread;
        ElementType = ElementType.Other;
        TypeName = typeName;
        Shape = StoredShape.Of(lengths);
        Lengths = lengths;
    }

    /// <summary>Elements of a kind that is listed and never read.</summary>
    /// <param name="file">The file that is named where they are asked for.</param>
    /// <param name="typeName">The file's own name of their type.</param>
    /// <param name="lengths">The lengths of the axes, all of them possible.</param>
    /// <param name="what">What about the tensor is not read here: <c>sparse</c>, <c>of complex64</c>.</param>
    public static StoredElements Listed(CheckpointFile file, string typeName, long[] lengths, string what) => new(file, typeName, lengths, what);

    public ElementType ElementType { get; }

    /// <summary>The type's name: the file's own where it is none of ours.</summary>
    public string TypeName { get; }

    public Shape Shape { get; }

    /// <summary>The lengths of the axes as the file has them.</summary>
    public IReadOnlyList<long> Lengths { get; }

    public long ByteCount { get; }

    /// <summary>Whether these are the same elements as another tensor's: an alias (tied weights).</summary>
    public bool IsSameAs(StoredElements other) => ReferenceEquals(file, other.file) && position == other.position && start == other.start && ElementType == other.ElementType
        && unread is null && storedSize == other.storedSize && Shape == other.Shape && (strides ?? []).AsSpan().SequenceEqual(other.strides ?? []);

    /// <summary>Starts to read the elements in row-major order.</summary>
    public ElementStream Open(string key)
    {
        RequireReadable(key);
        RequireJustified(key);
        var stream = start is not null ? start()
            : strides is null || ByteCount == 0
            ? new ContiguousStream(file, position)
            : new StridedStream(file, position, storedSize, Shape, strides);
        if (bigEndian && storedSize > 1) stream = new ReversedStream(stream, storedSize);
        return TypeName == ElementType.Name() ? stream : new UnsignedStream(stream, storedSize, ElementType.Size(), () => Fail(
            $"tensor '{Printable.Text(key)}' holds a {TypeName} beyond the largest int64, which is not read here; convert it to int64 where it was made"));
    }

    /// <summary>Refuses a tensor of a kind that is only listed.</summary>
    public void RequireReadable(string key)
    {
        if (unread is not null)
            throw Fail($"tensor '{Printable.Text(key)}' is {unread}, which is listed but not read here; convert it to float32 where it was made");
    }

    /// <summary>Refuses a view that repeats its elements beyond what the file's length justifies.</summary>
    public void RequireJustified(string key)
    {
        if (start is null && ByteCount > Math.Max(file.Length, AlwaysJustified))
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
