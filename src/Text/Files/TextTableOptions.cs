using System.Text;

namespace Graft.Text;

/// <summary>What a file of texts does not say of itself.</summary>
public sealed record TextTableOptions
{
    /// <summary>The layout; null for that of the file's ending.</summary>
    public TextTableFormat? Format { get; init; }

    /// <summary>The encoding; null for UTF-8, or UTF-16 behind a byte order mark. Older files are often <see cref="Encoding.Latin1"/>.</summary>
    public Encoding? Encoding { get; init; }

    /// <summary>What separates the columns of CSV; null for a comma, or a semicolon where the header has these alone.</summary>
    public char? Separator { get; init; }

    /// <summary>Whether a quote at the start of a column opens a text that may hold separators, line breaks and, doubled, quotes, as Excel writes them.
    /// Without it a quote is a letter like any other.</summary>
    public bool Quotes { get; init; } = true;
}
