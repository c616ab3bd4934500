using System.Buffers;
using System.Runtime.InteropServices;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A tensor in a checkpoint: its key, type and shape are known, its values are read from the file when they are asked for.</summary>
public sealed class StoredTensor
{
    // Large enough for the disk, small enough for the second-level cache; a multiple of every element's size.
    private const int ChunkBytes = 256 * 1024;

    private readonly StoredElements elements;

    internal StoredTensor(string key, StoredElements elements)
    {
        Key = key;
        this.elements = elements;
    }

    /// <summary>A tensor whose elements lie in a file, for readers of further formats.</summary>
    /// <param name="file">Where they are read.</param>
    /// <param name="position">The byte of the first element.</param>
    /// <param name="key">The tensor's name.</param>
    /// <param name="type">What one element is.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="strides">The strides in elements, none negative (a layout by rule is a permutation of these); null if row-major.</param>
    /// <param name="isBigEndian">Whether the most significant byte of an element comes first.</param>
    /// <exception cref="CheckpointException">The elements reach beyond the file.</exception>
    public static StoredTensor In(
        CheckpointFile file, long position, string key, ElementType type, Shape shape, IReadOnlyList<long>? strides = null, bool isBigEndian = false)
    {
        if (type == ElementType.Other) throw new ArgumentException("what is only listed has no elements", nameof(type));
        RequireWithin(file, position, key, type.Name(), type.Size(), shape, strides);
        return new(key, new StoredElements(file, position, type, shape, strides is null ? null : [.. strides], isBigEndian));
    }

#pragma warning disable CA1720 // what it is
    /// <summary>A tensor of unsigned integers of 16, 32 or 64 bits, which are read as int32, int64 and int64.</summary>
    /// <param name="file">Where they are read.</param>
    /// <param name="position">The byte of the first element.</param>
    /// <param name="key">The tensor's name.</param>
    /// <param name="size">The bytes of one: 2, 4 or 8.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="strides">The strides in elements, none negative; null if row-major.</param>
    /// <param name="isBigEndian">Whether the most significant byte of an element comes first.</param>
    /// <exception cref="CheckpointException">The elements reach beyond the file. Reading throws it where one of 64 bits does not fit an int64.</exception>
    public static StoredTensor Unsigned(
        CheckpointFile file, long position, string key, int size, Shape shape, IReadOnlyList<long>? strides = null, bool isBigEndian = false)
    {
        if (size is not (2 or 4 or 8)) throw new ArgumentException($"there are no unsigned integers of {size} bytes here", nameof(size));
#pragma warning restore CA1720
        RequireWithin(file, position, key, $"uint{size * 8}", size, shape, strides);
        var type = size == 2 ? ElementType.Int32 : ElementType.Int64;
        return new(key, new StoredElements(file, position, type, shape, strides is null ? null : [.. strides], isBigEndian, size));
    }

    /// <summary>A tensor of a kind that is listed and never read.</summary>
    /// <param name="file">The file that is named where its elements are asked for.</param>
    /// <param name="key">The tensor's name.</param>
    /// <param name="typeName">The file's own name of the elements' type.</param>
    /// <param name="lengths">The lengths of the axes.</param>
    /// <param name="what">What about it is not read here: <c>sparse</c>, <c>of complex64</c>.</param>
    public static StoredTensor Listed(CheckpointFile file, string key, string typeName, IReadOnlyList<long> lengths, string what) =>
        new(key, StoredElements.Listed(file, typeName, [.. lengths], what));

    /// <summary>The tensor's name in the file.</summary>
    public string Key { get; }

    /// <summary>What one element is in the file.</summary>
    public ElementType ElementType => elements.ElementType;

    /// <summary>The name of that type as it is customary: <c>float32</c>; of a type that is only listed, or of unsigned integers that are widened
    /// when they are read (<c>uint16</c>), the file's own name.</summary>
    public string TypeName => elements.TypeName;

    /// <summary>Its shape. A tensor of more axes than a shape can have is listed with all its elements on one.</summary>
    public Shape Shape => elements.Shape;

    /// <summary>The lengths of the axes as the file has them, however many.</summary>
    public IReadOnlyList<long> Lengths => elements.Lengths;

    /// <summary>The path of the tensor in the file: the keys of the dictionaries above it, joined by '.', and its own.</summary>
    public string FilePath { get => field ?? Key; internal init; }

    /// <summary>The path of the dictionary that holds it; empty for the outermost.</summary>
    public string Container { get; internal init; } = "";

    /// <summary>The number of elements.</summary>
    public long ElementCount => Shape.ElementCount;

    /// <summary>The bytes of all elements of the shape (0 where they are only listed).</summary>
    public long ByteCount => elements.ByteCount;

    /// <summary>Reads the elements in row-major order, converted to single precision.</summary>
    /// <param name="destination">[<see cref="ElementCount"/>] numbers to overwrite.</param>
    /// <exception cref="ArgumentException">The destination is not as long as the tensor.</exception>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    public void CopyTo(Span<float> destination)
    {
        elements.RequireReadable(Key);
        RequireLength(destination.Length);
        using var stream = elements.Open(Key);
        if (ElementType == ElementType.Float32)
        {
            while (destination.Length > 0)
            {
                var next = destination[..Math.Min(destination.Length, 1 << 24)];
                stream.Read(MemoryMarshal.AsBytes(next));
                destination = destination[next.Length..];
            }
            return;
        }
        using var chunk = new Chunk(ByteCount);
        int size = ElementType.Size();
        while (destination.Length > 0)
        {
            int count = Math.Min(destination.Length, chunk.Bytes.Length / size);
            var bytes = chunk.Bytes[..(count * size)];
            stream.Read(bytes);
            ElementConversion.ToSingle(ElementType, bytes, destination[..count]);
            destination = destination[count..];
        }
    }

    /// <summary>The elements in row-major order, converted to single precision.</summary>
    /// <exception cref="CheckpointException">The file cannot be read, or the tensor does not fit an array.</exception>
    public float[] ToSingleArray()
    {
        var array = new float[RequireArray()];
        CopyTo(array);
        return array;
    }

    /// <summary>The elements of a tensor of integers or booleans, in row-major order.</summary>
    /// <exception cref="CheckpointException">The elements are no integers, the file cannot be read, or the tensor does not fit an
    /// array.</exception>
    public long[] ToInt64Array()
    {
        if (ElementType is ElementType.Float16 or ElementType.BFloat16 or ElementType.Float32 or ElementType.Float64)
            throw elements.Fail($"tensor '{Printable.Text(Key)}' holds {ElementType.Name()}, not whole numbers; read it as such");
        var array = new long[RequireArray()];
        using var stream = elements.Open(Key);
        using var chunk = new Chunk(ByteCount);
        int size = ElementType.Size();
        for (int done = 0; done < array.Length;)
        {
            int count = Math.Min(array.Length - done, chunk.Bytes.Length / size);
            var bytes = chunk.Bytes[..(count * size)];
            stream.Read(bytes);
            ElementConversion.ToInt64(ElementType, bytes, array.AsSpan(done, count));
            done += count;
        }
        return array;
    }

    /// <summary>Reads the elements in row-major order as they are stored, little-endian.</summary>
    /// <param name="destination">[<see cref="ByteCount"/>] bytes to overwrite.</param>
    /// <exception cref="ArgumentException">The destination is not as long as the tensor.</exception>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    public void CopyBytesTo(Span<byte> destination)
    {
        elements.RequireReadable(Key);
        if (destination.Length != ByteCount)
            throw new ArgumentException($"{destination.Length} bytes do not take the {ByteCount} bytes of tensor '{Key}'");
        using var stream = elements.Open(Key);
        stream.Read(destination);
    }

    /// <summary>Writes the elements in row-major order as they are stored, little-endian, without holding them all.</summary>
    /// <exception cref="CheckpointException">The file cannot be read.</exception>
    public void CopyBytesTo(Stream destination, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using var stream = elements.Open(Key);
        using var chunk = new Chunk(ByteCount);
        for (long left = ByteCount; left > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            var bytes = chunk.Bytes[..(int)Math.Min(left, chunk.Bytes.Length)];
            stream.Read(bytes);
            destination.Write(bytes);
            left -= bytes.Length;
        }
    }

    /// <summary>The key, type and shape: <c>conv1.weight float32 [64, 3, 7, 7]</c>.</summary>
    public override string ToString() => $"{Printable.Text(Key)} {Printable.Text(TypeName)} {ShapeText}";

    internal string ShapeText => $"[{string.Join(", ", Lengths)}]";

    /// <summary>The same tensor under another key.</summary>
    /// <param name="key">The key.</param>
    public StoredTensor Under(string key) => new(key, elements) { FilePath = FilePath, Container = Container };

    internal bool IsSameAs(StoredTensor other) => elements.IsSameAs(other.elements);

    /// <summary>Refuses a tensor of a kind that is only listed.</summary>
    /// <exception cref="CheckpointException">It is one.</exception>
    public void RequireReadable() => elements.RequireReadable(Key);

    private static void RequireWithin(CheckpointFile file, long position, string key, string type, int size, Shape shape, IReadOnlyList<long>? strides)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(key);
        if (strides is not null && strides.Count != shape.Rank) throw new ArgumentException($"{strides.Count} strides do not go with {shape}", nameof(strides));
        long last = shape.ElementCount == 0 ? -1 : strides is null ? shape.ElementCount - 1 : 0;
        for (int axis = 0; strides is not null && last >= 0 && axis < shape.Rank; axis++) last = checked(last + (shape[axis] - 1) * strides[axis]);
        if (position < 0 || position > file.Length || last >= (file.Length - position) / size)
            throw file.Fail($"truncated or damaged: tensor '{Printable.Text(key)}' {shape} of {type} reaches beyond its {file.Length} bytes; fetch it again");
    }

    private void RequireLength(int length)
    {
        if (length != ElementCount) throw new ArgumentException($"{length} numbers do not take tensor '{Key}' {Shape} of {ElementCount}");
    }

    private int RequireArray()
    {
        elements.RequireReadable(Key);
        elements.RequireJustified(Key);
        return ElementCount <= Array.MaxLength
            ? (int)ElementCount
            : throw elements.Fail($"tensor '{Printable.Text(Key)}' {Shape} has more elements than an array can; read it in parts");
    }

    private readonly ref struct Chunk
    {
        private readonly byte[] rented;

        public Chunk(long wanted)
        {
            int length = (int)Math.Min(ChunkBytes, wanted);
            rented = ArrayPool<byte>.Shared.Rent(length);
            Bytes = rented.AsSpan(0, length);
        }

        public Span<byte> Bytes { get; }

        public void Dispose() => ArrayPool<byte>.Shared.Return(rented);
    }
}
