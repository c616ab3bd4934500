namespace Graft.Models;

/// <summary>A checkpoint that cannot be read: which file, what is wrong with it, what to do.</summary>
/// <remarks>Reading a checkpoint throws nothing else for a file that is missing, damaged, hostile or of another kind.</remarks>
public sealed class CheckpointException : IOException
{
    internal CheckpointException(string file, string problem, Exception? cause = null)
        : base($"{Printable.Text(file)}: {problem}", cause) => FileName = file;

    /// <summary>The file or folder, as it was given.</summary>
    public string FileName { get; }
}
