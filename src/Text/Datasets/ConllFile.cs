using System.Text;

namespace Graft.Text;

/// <summary>Sentences in CoNLL's layout: a word a line with its columns, an empty line between sentences.</summary>
/// <remarks>Columns are separated by tabs where the first word's line has one, else by spaces. Lines of <c>-DOCSTART-</c> and, between tabs, those of
/// comments (<c># ...</c>) are passed over. Tags are kept as they are: IOB1, IOB2, IOBES.</remarks>
public static class ConllFile
{
    private const string DocumentStart = "-DOCSTART-";

    /// <summary>Reads the sentences of a file, one after the other.</summary>
    /// <param name="path">The file.</param>
    /// <param name="wordColumn">The column of the words; null for the first.</param>
    /// <param name="tagColumn">The column of the tags; null for the last.</param>
    /// <param name="encoding">The encoding; null for UTF-8, or UTF-16 behind a byte order mark.</param>
    /// <exception cref="TextFileException">The file is missing or empty, a line has another number of columns than the first, or a column is missing.</exception>
    public static IEnumerable<TaggedSentence> Read(string path, Index? wordColumn = null, Index? tagColumn = null, Encoding? encoding = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        bool tabs = HasTabs(path, encoding);
        using var text = new CheckedReader(TextFile.Open(path), path, encoding);
        Func<string?> read = text.ReadLine;
        List<string> words = [], tags = [];
        long first = 0, shapeLine = 0;
        int columns = 0, word = 0, tag = 0;
        bool any = false;
        while (true)
        {
            long line = text.Line;
            string? content = TextFile.Guarded(path, read);
            if (string.IsNullOrWhiteSpace(content))
            {
                if (words.Count > 0)
                {
                    any = true;
                    yield return new TaggedSentence(words, tags, first);
                    (words, tags) = ([], []);
                }
                if (content is null) break;
                continue;
            }
            if (tabs && content[0] == '#' && !content.Contains('\t')) continue;
            string[] parts = tabs ? content.Split('\t') : content.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts[0] == DocumentStart) continue;
            if (columns == 0)
            {
                (columns, shapeLine) = (parts.Length, line);
                word = Column(path, wordColumn ?? 0, columns, line, "words");
                tag = Column(path, tagColumn ?? ^1, columns, line, "tags");
            }
            if (parts.Length != columns)
                throw new TextFileException(path, $"expected {columns} columns, as on line {shapeLine}, found {parts.Length}; they are separated by {(tabs ? "tabs" : "spaces")}", line);
            if (parts[word].Length == 0) throw new TextFileException(path, "has no word", line, $"{word + 1}");
            if (parts[tag].Length == 0) throw new TextFileException(path, "has no tag", line, $"{tag + 1}");
            if (words.Count == 0) first = line;
            words.Add(parts[word]);
            tags.Add(parts[tag]);
        }
        if (!any) throw new TextFileException(path, "holds no sentence");
    }

    /// <summary>Whether the first line that is no comment has tabs; spaces may separate a word that begins with the sign of comments.</summary>
    private static bool HasTabs(string path, Encoding? encoding)
    {
        using var text = new CheckedReader(TextFile.Open(path), path, encoding);
        Func<string?> read = text.ReadLine;
        while (TextFile.Guarded(path, read) is { } line)
            if (!string.IsNullOrWhiteSpace(line) && line[0] != '#' && !line.StartsWith(DocumentStart, StringComparison.Ordinal)) return line.Contains('\t');
        return false;
    }

    private static int Column(string path, Index column, int columns, long line, string what)
    {
        int at = column.GetOffset(columns);
        return at >= 0 && at < columns ? at
            : throw new TextFileException(path, $"has {columns} {(columns == 1 ? "column" : "columns")}, and the {what} are said to be in column "
                + (column.IsFromEnd ? $"{column.Value} from the end" : $"{column.Value + 1}"), line);
    }
}
