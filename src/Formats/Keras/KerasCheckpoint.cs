namespace Graft.Formats;

/// <summary>The weights of a Keras file; its tensors have the file's keys and layouts, <see cref="Checkpoint.InPyTorchLayout"/> PyTorch's.</summary>
internal sealed class KerasCheckpoint : Checkpoint
{
    private readonly CheckpointFile? file;
    private readonly Checkpoint? converted;

    private KerasCheckpoint(
        CheckpointFile named, CheckpointFile? file, string format, IReadOnlyDictionary<string, string> metadata, List<StoredTensor> tensors, Checkpoint? converted)
        : base(named.Path, format, named.Length, metadata, tensors) => (this.file, this.converted) = (file, converted);

    /// <inheritdoc/>
    public override Checkpoint InPyTorchLayout => converted ?? this;

    /// <param name="file">The file; the checkpoint closes it.</param>
    /// <param name="format">The format's name.</param>
    /// <param name="metadata">What it says beside its weights.</param>
    /// <param name="variables">The weights.</param>
    public static KerasCheckpoint Make(CheckpointFile file, string format, IReadOnlyDictionary<string, string> metadata, IReadOnlyList<KerasVariable> variables)
    {
        // what of the tensors is read belongs to the file, which only the outer of the two closes
        var converted = new KerasCheckpoint(file, file: null, format, metadata, KerasTensors.ForPyTorch(variables), converted: null);
        return new KerasCheckpoint(file, file, format, metadata, KerasTensors.AsStored(variables), converted);
    }

    protected override void Close() => file?.Dispose();
}
