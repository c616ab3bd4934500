using System.Buffers;
using System.Runtime.InteropServices;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A tensor to be written to a checkpoint: its key, type and shape, and where its values come from when it is their
/// turn.</summary>
public sealed class TensorEntry
{
    private readonly Action<Stream, CancellationToken> write;

    internal TensorEntry(string key, ElementType elementType, Shape shape, Action<Stream, CancellationToken> write)
    {
        ArgumentNullException.ThrowIfNull(key);
        Key = key;
        ElementType = elementType;
        Shape = shape;
        this.write = write;
    }

    /// <summary>The tensor's name in the file.</summary>
    public string Key { get; }

    /// <summary>What one element is.</summary>
    public ElementType ElementType { get; }

    /// <summary>Its shape.</summary>
    public Shape Shape { get; }

    /// <summary>The bytes of all elements.</summary>
    public long ByteCount => Shape.ElementCount * ElementType.Size();

    /// <summary>A float32 tensor in memory.</summary>
    /// <param name="key">The tensor's name in the file.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="elements">The elements in row-major order.</param>
    /// <exception cref="ArgumentException">The number of elements is not the shape's.</exception>
    public static TensorEntry From(string key, Shape shape, ReadOnlyMemory<float> elements)
    {
        RequireCount(key, shape, elements.Length);
        return new(key, ElementType.Float32, shape, (stream, cancellation) => Write(stream, elements.Span, cancellation));
    }

    /// <summary>An int64 tensor in memory (PyTorch's <c>num_batches_tracked</c>, labels).</summary>
    /// <param name="key">The tensor's name in the file.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="elements">The elements in row-major order.</param>
    /// <exception cref="ArgumentException">The number of elements is not the shape's.</exception>
    public static TensorEntry From(string key, Shape shape, ReadOnlyMemory<long> elements)
    {
        RequireCount(key, shape, elements.Length);
        return new(key, ElementType.Int64, shape, (stream, cancellation) => Write(stream, elements.Span, cancellation));
    }

    /// <summary>A tensor of bytes in memory: text, whole pictures.</summary>
    /// <param name="key">The tensor's name in the file.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="elements">The elements in row-major order.</param>
    /// <exception cref="ArgumentException">The number of elements is not the shape's.</exception>
    public static TensorEntry From(string key, Shape shape, ReadOnlyMemory<byte> elements)
    {
        RequireCount(key, shape, elements.Length);
        return new(key, ElementType.UInt8, shape, (stream, cancellation) => Write(stream, elements.Span, cancellation));
    }

    /// <summary>A float32 tensor whose values are asked for when it is written, so that no second copy of a model is held.</summary>
    /// <param name="key">The tensor's name in the file.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="copyTo">Fills its argument with all elements in row-major order.</param>
    /// <exception cref="ArgumentException">The shape has more elements than a span can.</exception>
    public static TensorEntry From(string key, Shape shape, SpanAction<float> copyTo)
    {
        ArgumentNullException.ThrowIfNull(copyTo);
        if (shape.ElementCount > Array.MaxLength) throw new ArgumentException($"tensor '{key}' {shape} has more elements than a span can");
        return new(key, ElementType.Float32, shape, (stream, cancellation) =>
        {
            int count = (int)shape.ElementCount;
            float[] rented = ArrayPool<float>.Shared.Rent(count);
            try
            {
                copyTo(rented.AsSpan(0, count));
                Write<float>(stream, rented.AsSpan(0, count), cancellation);
            }
            finally
            {
                ArrayPool<float>.Shared.Return(rented);
            }
        });
    }

    /// <summary>The elements of a tensor on whatever device, downloaded when they are written.</summary>
    /// <param name="key">The tensor's name in the file.</param>
    /// <param name="tensor">The tensor; it has to live until the file is written.</param>
    public static TensorEntry From(string key, Tensor<float> tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return From(key, tensor.Shape, tensor.CopyTo);
    }

    /// <summary>A tensor of another checkpoint, byte for byte.</summary>
    /// <param name="tensor">The tensor; its checkpoint has to be open until the file is written.</param>
    public static TensorEntry From(StoredTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new(tensor.Key, tensor.ElementType, tensor.Shape, tensor.CopyBytesTo);
    }

    internal void Write(Stream stream, CancellationToken cancellation) => write(stream, cancellation);

    private static void RequireCount(string key, Shape shape, int count)
    {
        if (count != shape.ElementCount) throw new ArgumentException($"{count} elements do not fill tensor '{key}' {shape} of {shape.ElementCount}");
    }

    private static void Write<T>(Stream stream, ReadOnlySpan<T> elements, CancellationToken cancellation) where T : unmanaged
    {
        const int Chunk = 1 << 20;
        while (elements.Length > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(elements.Length, Chunk);
            stream.Write(MemoryMarshal.AsBytes(elements[..count]));
            elements = elements[count..];
        }
    }
}

/// <summary>Fills a span.</summary>
/// <typeparam name="T">The element.</typeparam>
/// <param name="destination">What to overwrite.</param>
public delegate void SpanAction<T>(Span<T> destination);
