using System.Globalization;
using System.Text;

namespace Graft.Models;

/// <summary>A file of word vectors: where each word and its numbers are. The numbers are read when they are asked for.</summary>
/// <remarks>Three formats: word2vec's binary (a line with the counts, then each word, a space and float32), its text, and GloVe's text, which has no
/// first line. A binary row may end in a line break, as the original program writes it; then words may hold spaces, as those of texts may, whose
/// numbers are counted from the end of the line.</remarks>
internal sealed class WordVectorFile
{
    private const int LongestLine = 1 << 20;
    private const int LongestWord = 4096;
    private const int MostLooked = 10;

    private readonly CheckpointFile file;
    private readonly long[] starts;
    private readonly int[] wordLengths;
    private readonly long end;

    private WordVectorFile(CheckpointFile file, string format, int count, int dimension, long first)
    {
        this.file = file;
        Format = format;
        Dimension = dimension;
        Count = count;
        starts = new long[count];
        wordLengths = new int[count];
        end = IsBinary ? IndexBinary(first) : IndexText(first);
    }

    public string Format { get; }

    public int Count { get; }

    public int Dimension { get; }

    private bool IsBinary => Format == "word2vec-binary";

    /// <summary>Opens a file of word vectors; null where it is none.</summary>
    public static WordVectorFile? TryOpen(CheckpointFile file, ReadOnlySpan<byte> start)
    {
        if (Header(start) is { } header)
        {
            if (header.Count > Array.MaxLength || header.Dimension > LongestLine / 2) throw file.Fail($"claims {header.Count} words of {header.Dimension} numbers, which no file has");
            bool isText = new LineReader(file, header.Length).Next() is { } line && Split(line.Span, (int)header.Dimension) > 0;
            long least = isText ? 2 * header.Dimension + 2 : 4 * header.Dimension + 2;
            // the last row may lack its line break
            if (header.Count > (file.Length - header.Length + 1) / least)
                throw file.Fail($"truncated or damaged: {header.Count} words of {header.Dimension} numbers do not fit its {file.Length} bytes; fetch it again");
            return new WordVectorFile(file, isText ? "word2vec-text" : "word2vec-binary", (int)header.Count, (int)header.Dimension, header.Length);
        }
        return ForeignFormats.IsText(start) && FindDimension(file) is { } dimension
            ? new WordVectorFile(file, "glove", CountLines(file), dimension, 0) : null;
    }

    /// <summary>The bytes of a word.</summary>
    public byte[] Word(int row) => file.Read(starts[row], wordLengths[row]);

    public int WordLength(int row) => wordLengths[row];

    /// <summary>Reads a row's numbers.</summary>
    /// <param name="row">Which.</param>
    /// <param name="numbers">[<see cref="Dimension"/>] numbers to overwrite, little-endian.</param>
    public void Read(int row, Span<float> numbers)
    {
        long position = starts[row] + wordLengths[row] + 1;
        if (IsBinary)
        {
            file.Read(position, System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers));
            return;
        }
        ReadOnlySpan<byte> line = Trimmed(file.Read(position, (int)((row + 1 < Count ? starts[row + 1] : end) - position)));
        int at = 0;
        foreach (var part in line.Split((byte)' '))
        {
            if (at == numbers.Length || !float.TryParse(line[part], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[at++]))
                throw file.Fail($"damaged: '{Printable.Text(Encoding.UTF8.GetString(line[part]))}' in the row of the word "
                    + $"'{Printable.Text(Encoding.UTF8.GetString(Word(row)))}' is no number; fetch it again");
        }
    }

    public CheckpointException Fail(string problem) => file.Fail(problem);

    // "2747 10", and a line break
    private static (long Count, long Dimension, int Length)? Header(ReadOnlySpan<byte> start)
    {
        int length = start.IndexOf((byte)'\n');
        if (length is < 3 or > 40) return null;
        string[] parts = Encoding.Latin1.GetString(start[..length]).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long dimension) && count > 0 && dimension > 0
            ? (count, dimension, length + 1) : null;
    }

    // Each line has a word and the numbers; where a word holds spaces the line has more parts, so the fewest parts count.
    private static int? FindDimension(CheckpointFile file)
    {
        var lines = new LineReader(file, 0);
        var looked = new List<byte[]>();
        while (looked.Count < MostLooked && lines.Next() is { } line)
            if (Trimmed(line.Span) is { Length: > 0 } trimmed) looked.Add(trimmed.ToArray());
        if (looked.Count == 0) return null;
        int dimension = looked.Min(static line => line.AsSpan().Count((byte)' '));
        return dimension >= 2 && looked.TrueForAll(line => Split(line, dimension) > 0) ? dimension : null;
    }

    private static int CountLines(CheckpointFile file)
    {
        var lines = new LineReader(file, 0);
        int count = 0;
        while (lines.Next() is { } line)
            if (Trimmed(line.Span).Length > 0) count++;
        return count;
    }

    private long IndexText(long first)
    {
        var lines = new LineReader(file, first);
        int row = 0;
        while (true)
        {
            long at = lines.Position;
            if (lines.Next() is not { } line) break;
            var trimmed = Trimmed(line.Span);
            if (trimmed.Length == 0) continue;
            if (row == Count) throw file.Fail($"damaged: more than the {Count} words of its first line; fetch it again");
            int word = Split(trimmed, Dimension, isChecked: false);
            if (word is <= 0 or > LongestWord)
                throw file.Fail($"truncated or damaged: line {row + 1} of the words has no word and {Dimension} numbers; fetch it again");
            (starts[row], wordLengths[row]) = (at, word);
            row++;
        }
        return row == Count ? lines.Position : throw file.Fail($"truncated: {row} of {Count} words; fetch it again");
    }

    private long IndexBinary(long first)
    {
        int bytes = 4 * Dimension;
        var window = new FileWindow(file, LongestWord + 2 + bytes);
        bool endsInBreak = true;
        long at = first;
        for (int row = 0; row < Count; row++)
        {
            // line breaks before a word are none of it
            while (window.At(at) is '\n' or '\r') at++;
            var ahead = window.From(at);
            int word = ahead[..Math.Min(ahead.Length, LongestWord)].IndexOf((byte)' ');
            if (row == 0 && word > 0) endsInBreak = IsEnd(window, at + word + 1 + bytes);
            if (endsInBreak && word > 0)
                for (int next = word; next > 0 && next < LongestWord;)
                {
                    if (IsEnd(window, at + next + 1 + bytes))
                    {
                        word = next;
                        break;
                    }
                    ahead = window.From(at);
                    int more = ahead[(next + 1)..Math.Min(ahead.Length, LongestWord)].IndexOf((byte)' ');
                    next = more < 0 ? 0 : next + 1 + more;
                }
            if (word <= 0 || at + word + 1 + bytes > file.Length) throw file.Fail($"truncated or damaged: word {row + 1} of {Count} has no {Dimension} numbers; fetch it again");
            (starts[row], wordLengths[row]) = (at, word);
            at += word + 1 + bytes;
        }
        while (at < file.Length && window.At(at) is '\n' or '\r') at++;
        return at == file.Length ? at : throw file.Fail($"damaged: {file.Length - at} bytes follow its {Count} words; fetch it again");
    }

    private bool IsEnd(FileWindow window, long at) => at == file.Length || window.At(at) == '\n';

    private static ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> line) => line.TrimEnd(" \t\r\n"u8);

    /// <summary>The length of the word before the last numbers of a line; 0 where they are not so many, or one of them is none.</summary>
    private static int Split(ReadOnlySpan<byte> line, int dimension, bool isChecked = true)
    {
        line = Trimmed(line);
        for (int number = 0; number < dimension; number++)
        {
            int space = line.LastIndexOf((byte)' ');
            if (space <= 0) return 0;
            if (isChecked && !float.TryParse(line[(space + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out _)) return 0;
            line = line[..space];
        }
        return line.Length;
    }

    /// <summary>The lines of a file, one after another.</summary>
    private sealed class LineReader(CheckpointFile file, long position)
    {
        private byte[] buffer = new byte[Math.Min(1 << 16, Math.Max(1, file.Length))];
        private int start;
        private int end;

        /// <summary>Where the next line starts.</summary>
        public long Position { get; private set; } = position;

        /// <summary>The next line, until the call after; null at the end.</summary>
        public ReadOnlyMemory<byte>? Next()
        {
            while (true)
            {
                int length = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
                long read = Position + (end - start);
                bool isLast = length < 0 && read == file.Length;
                if (isLast && start == end) return null;
                if (length >= 0 || isLast)
                {
                    length = isLast ? end - start : length + 1;
                    var line = buffer.AsMemory(start, length);
                    start += length;
                    Position += length;
                    return line;
                }
                buffer.AsSpan(start, end - start).CopyTo(buffer);
                (start, end) = (0, end - start);
                if (end == buffer.Length)
                {
                    if (buffer.Length >= LongestLine) throw file.Fail($"damaged: a line of more than {LongestLine} bytes; fetch it again");
                    Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, Math.Min(LongestLine, file.Length + 1)));
                }
                int count = (int)Math.Min(buffer.Length - end, file.Length - read);
                file.Read(read, buffer.AsSpan(end, count));
                end += count;
            }
        }
    }

    /// <summary>A part of a file that moves with what is looked at.</summary>
    private sealed class FileWindow(CheckpointFile file, int ahead)
    {
        private readonly byte[] buffer = new byte[Math.Min(Math.Max(1 << 16, 2L * ahead), file.Length)];
        private long start;
        private int length;

        /// <summary>A byte; -1 beyond the end.</summary>
        public int At(long position)
        {
            if (position >= file.Length) return -1;
            Cover(position, 1);
            return buffer[position - start];
        }

        /// <summary>As much as is looked at ahead, less at the end of the file.</summary>
        public ReadOnlySpan<byte> From(long position)
        {
            int count = (int)Math.Clamp(file.Length - position, 0, ahead);
            Cover(position, count);
            return count == 0 ? [] : buffer.AsSpan((int)(position - start), count);
        }

        private void Cover(long position, int count)
        {
            if (position >= start && position + count <= start + length) return;
            start = position;
            length = (int)Math.Min(buffer.Length, file.Length - start);
            file.Read(start, buffer.AsSpan(0, length));
        }
    }
}
