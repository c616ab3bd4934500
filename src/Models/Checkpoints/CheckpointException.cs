namespace Graft.Models;

/// <summary>A checkpoint or another file of a model's folder that cannot be read: which file, what is wrong with it, what to do.</summary>
/// <remarks>Reading a model's files throws nothing else for one that is missing, damaged, hostile or of another kind.</remarks>
#pragma warning disable CA1032 // always with a file and what is wrong with it
public sealed class CheckpointException : IOException
#pragma warning restore CA1032
{
    /// <summary>Says what is wrong with a file.</summary>
    /// <param name="file">The file or folder, as it was given.</param>
    /// <param name="problem">What is wrong with it, and what to do.</param>
    /// <param name="cause">What threw; null for nothing.</param>
    public CheckpointException(string file, string problem, Exception? cause = null)
        : base($"{Printable.Text(file)}: {problem}", cause) => FileName = file;

    /// <summary>The file or folder, as it was given.</summary>
    public string FileName { get; }
}
