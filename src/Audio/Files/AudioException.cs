namespace Graft.Audio;

/// <summary>A sound that cannot be used: what is wrong and what to do.</summary>
public sealed class AudioException : Exception
{
    /// <summary>Names the file.</summary>
    /// <param name="path">The file, or what the sound is called.</param>
    /// <param name="problem">What is wrong and what to do.</param>
    /// <param name="cause">What brought it about; null for nothing else.</param>
    public AudioException(string path, string problem, Exception? cause = null) : base(MessageOf(path, problem), cause) => Path = path;

    /// <summary>The file, or what the sound is called.</summary>
    public string Path { get; }

    private static string MessageOf(string path, string problem)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(problem);
        return $"{Printable.Whole(path)}: {problem}";
    }
}
