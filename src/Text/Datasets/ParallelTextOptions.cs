using System.Text;

namespace Graft.Text;

/// <summary>What becomes of pairs of which one side is empty, or white space alone.</summary>
public enum EmptyTexts
{
    /// <summary>They are left out and counted.</summary>
    LeaveOut,

    /// <summary>They are kept.</summary>
    Keep,

    /// <summary>They are an error that names the line.</summary>
    Refuse,
}

/// <summary>How pairs of texts are read.</summary>
public sealed record ParallelTextOptions
{
    /// <summary>The column of the texts, of files with columns.</summary>
    public string Source { get; init; } = "source";

    /// <summary>The column of what is to be made of them, of files with columns.</summary>
    public string Target { get; init; } = "target";

    /// <summary>What becomes of pairs of which one side is empty.</summary>
    public EmptyTexts Empty { get; init; }

    /// <summary>The encoding; null for UTF-8, or UTF-16 behind a byte order mark.</summary>
    public Encoding? Encoding { get; init; }
}
