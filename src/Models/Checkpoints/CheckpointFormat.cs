namespace Graft.Models;

/// <summary>A format of checkpoints that <see cref="Checkpoint.Open"/> recognises once it is registered by
/// <see cref="Checkpoint.Register"/>.</summary>
/// <remarks>Files come from strangers: a reader runs nothing of what it reads, believes lengths only as far as the file's own size bears them
/// out, takes no more memory than four times the file, and says what is wrong by <see cref="CheckpointFile.Fail"/> alone.</remarks>
public abstract class CheckpointFormat
{
    /// <summary>The ends of the names of such files, with their dots, by which a folder's checkpoint is found: <c>.onnx</c>.</summary>
    public abstract IReadOnlyList<string> Extensions { get; }

    /// <summary>Whether a file is of this format. Formats built in are asked before.</summary>
    /// <param name="start">The file's first bytes, at most 512.</param>
    /// <param name="file">The file, where its start does not tell.</param>
    public abstract bool Recognises(ReadOnlySpan<byte> start, CheckpointFile file);

    /// <summary>Opens such a file: reads what its tensors are, not their numbers.</summary>
    /// <param name="file">The file; the checkpoint closes it.</param>
    /// <exception cref="CheckpointException">It is damaged or hostile, or asks for what is not read here.</exception>
    public abstract Checkpoint Open(CheckpointFile file);
}
