using Graft.Tensors;

namespace Graft.Models;

/// <summary>Where the bytes of a storage lie in a file.</summary>
internal readonly record struct StorageRange(long Position, long Length);

/// <summary>A PyTorch file of whatever format, once its pickle has been interpreted and its storages have been found.</summary>
internal sealed class PyTorchCheckpoint : Checkpoint
{
    private readonly CheckpointFile file;

    private PyTorchCheckpoint(
        CheckpointFile file, string format, IReadOnlyDictionary<string, string> metadata, IReadOnlyList<StoredTensor> tensors)
        : base(file.Path, format, file.Length, metadata, tensors) => this.file = file;

    /// <param name="file">The file; the checkpoint closes it.</param>
    /// <param name="format">The name of the format.</param>
    /// <param name="state">What the pickle holds.</param>
    /// <param name="find">Where a storage lies.</param>
    /// <param name="bigEndian">Whether the most significant byte of an element comes first.</param>
    public static PyTorchCheckpoint Make(
        CheckpointFile file, string format, StateDictionary state, Func<PickleStorage, StorageRange> find, bool bigEndian = false)
    {
        var tensors = new List<StoredTensor>(state.Tensors.Count);
        foreach (var (key, tensor) in state.Tensors)
        {
            var storage = tensor.Storage;
            int size = storage.ElementType.Size();
            var range = find(storage);
            if (range.Length != storage.TotalCount * size)
                throw file.Fail($"damaged: the storage of tensor '{Printable.Text(key)}' should have {storage.TotalCount} elements of "
                    + $"{storage.ElementType.Name()}, but has {range.Length} bytes; fetch it again");
            long position = range.Position + (storage.Start + tensor.Offset) * size;
            tensors.Add(new StoredTensor(key, new StoredElements(
                file, position, storage.ElementType, tensor.Shape, InOrder(tensor.Shape, tensor.Strides) ? null : tensor.Strides, bigEndian)));
        }
        return new PyTorchCheckpoint(file, format, state.Metadata, tensors);
    }

    // Row-major without gaps; the stride of an axis of length 1 says nothing.
    private static bool InOrder(Shape shape, long[] strides)
    {
        long due = 1;
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            if (shape[axis] != 1 && strides[axis] != due) return false;
            due *= shape[axis];
        }
        return true;
    }

    private protected override void Close() => file.Dispose();
}
