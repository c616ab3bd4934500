using System.Globalization;

namespace Graft.Text;

/// <summary>A file of texts that cannot be used: what is wrong, where, and what to do.</summary>
public sealed class TextFileException : Exception
{
    /// <summary>Names the place.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">What is wrong and what to do.</param>
    /// <param name="line">The line, from 1; null for the file as a whole.</param>
    /// <param name="column">The column's name or number; null for the line as a whole.</param>
    /// <param name="cause">What brought it about; null for nothing else.</param>
    public TextFileException(string path, string problem, long? line = null, string? column = null, Exception? cause = null)
        : base(MessageOf(path, problem, line, column), cause) => (Path, Line, Column) = (path, line, column);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The line, from 1; null for the file as a whole.</summary>
    public long? Line { get; }

    /// <summary>The column's name or number; null for the line as a whole.</summary>
    public string? Column { get; }

    private static string MessageOf(string path, string problem, long? line, string? column)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(problem);
        string place = Printable.Whole(path);
        if (line is { } number) place += string.Create(CultureInfo.InvariantCulture, $", line {number}");
        if (column is not null) place += $", column {Printable.Text(column)}";
        return $"{place}: {problem}";
    }
}
