using Graft.Tensors;

namespace Graft.Models;

/// <summary>Where the bytes of a storage are: in the checkpoint's file, or in another that stands for a part of it.</summary>
internal readonly record struct StorageRange(long Position, long Length, CheckpointFile? File = null);

/// <summary>A PyTorch file of whatever format, once its pickle has been interpreted and its storages have been found.</summary>
internal sealed class PyTorchCheckpoint : Checkpoint
{
    private readonly CheckpointFile file;

    private PyTorchCheckpoint(CheckpointFile file, string format, StateDictionary state, IReadOnlyList<StoredTensor> tensors)
        : base(file.Path, format, file.Length, state.Metadata, tensors, state.ForeignNames) =>
        (this.file, UnknownTensors) = (file, state.Unknown);

    /// <inheritdoc/>
    public override IReadOnlyList<UnknownTensor> UnknownTensors { get; }

    /// <param name="file">The file; the checkpoint closes it.</param>
    /// <param name="format">The name of the format.</param>
    /// <param name="state">What the pickle holds.</param>
    /// <param name="find">Finds a storage in the file.</param>
    /// <param name="bigEndian">Whether the most significant byte of an element comes first.</param>
    public static PyTorchCheckpoint Make(
        CheckpointFile file, string format, StateDictionary state, Func<PickleStorage, StorageRange> find, bool bigEndian = false)
    {
        string start = state.Unnamed is { } unnamed ? unnamed + "." : "";
        var tensors = new List<StoredTensor>(state.Tensors.Count);
        foreach (var placed in state.Tensors)
        {
            string key = placed.Path.StartsWith(start, StringComparison.Ordinal) ? placed.Path[start.Length..] : placed.Path;
            tensors.Add(new StoredTensor(key, Elements(placed)) { FilePath = placed.Path, Container = placed.Container });
        }
        // A name that another tensor has in full is needed after all.
        if (start.Length > 0 && tensors.DistinctBy(tensor => tensor.Key, StringComparer.Ordinal).Count() < tensors.Count)
            tensors = [.. tensors.Select(tensor => tensor.Under(tensor.FilePath))];
        return new PyTorchCheckpoint(file, format, state, tensors);

        StoredElements Elements(PlacedTensor placed)
        {
            var tensor = placed.Tensor;
            if (tensor is not PickleView view) return StoredElements.Listed(file, tensor.Kind.Name, tensor.Lengths, ((PickleListed)tensor).What);
            var storage = view.Storage;
            var range = find(storage);
            if (range.Length != storage.TotalCount * storage.Kind.Size)
                throw file.Fail($"damaged: the storage of tensor '{Printable.Text(placed.Path)}' should have {storage.TotalCount} elements of "
                    + $"{storage.Kind.Name}, but has {range.Length} bytes; fetch it again");
            if (view.Kind.Type == ElementType.Other) return StoredElements.Listed(file, view.Kind.Name, view.Lengths, $"of {view.Kind.Name}");
            if (StoredShape.TooManyAxes(view.Lengths) is { } many) return StoredElements.Listed(file, view.Kind.Name, view.Lengths, many);
            long position = range.Position + storage.Start * storage.Kind.Size + view.Offset * view.Kind.Size;
            var shape = StoredShape.Of(view.Lengths);
            return new StoredElements(
                range.File ?? file, position, view.Kind.Type, shape, InOrder(shape, view.Strides) ? null : view.Strides, bigEndian);
        }
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

    protected override void Close() => file.Dispose();
}
