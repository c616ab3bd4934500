using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Graft.Text;

/// <summary>Writes word vectors for other programs and for <see cref="WordVectors.Load(string)"/>; numbers in text are read back to the bit.</summary>
public static class WordVectorWriter
{
    private static readonly (string Ending, WordVectorFormat Format)[] Formats =
    [
        (".bin", WordVectorFormat.Word2VecBinary), (".vec", WordVectorFormat.Word2VecText), (".txt", WordVectorFormat.Glove),
        (".safetensors", WordVectorFormat.Safetensors),
    ];

    /// <summary>Writes a file.</summary>
    /// <param name="path">The file to make or replace.</param>
    /// <param name="vectors">The vectors.</param>
    /// <param name="format">The format; null for that of the ending: <c>.bin</c>, <c>.vec</c>, <c>.txt</c>, <c>.safetensors</c>.</param>
    /// <exception cref="ArgumentException">The ending says no format, or a word cannot stand in it.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, WordVectors vectors, WordVectorFormat? format = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(vectors);
        var chosen = format ?? FormatOf(path)
            ?? throw new ArgumentException($"{Printable.Whole(path)}: its ending says no format of word vectors: call it {Endings}", nameof(path));
        bool spacesMayStand = chosen == WordVectorFormat.Safetensors;
        for (int row = 0; row < vectors.Count; row++)
        {
            string word = vectors.Word(row);
            if (word.Length == 0 || word.AsSpan().ContainsAny('\n', '\r') || (!spacesMayStand && word.Contains(' ')))
                throw new ArgumentException($"the word '{Printable.Text(word)}' of row {row} cannot stand in such a file: words are not empty and hold no "
                    + (spacesMayStand ? "line break" : "space or line break"));
        }
        if (chosen == WordVectorFormat.Safetensors) WriteSafetensors(path, vectors);
        else AtomicFile.Write(path, stream => WriteRows(stream, vectors, chosen));
    }

    /// <summary>The endings that say a format, for a message.</summary>
    public static string Endings => $"{string.Join(", ", Formats.SkipLast(1).Select(static row => row.Ending))} or {Formats[^1].Ending}";

    /// <summary>The format that a file's ending says; null where it says none.</summary>
    /// <param name="path">The file.</param>
    public static WordVectorFormat? FormatOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        foreach (var (ending, format) in Formats)
            if (path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) return format;
        return null;
    }

    private static void WriteRows(Stream stream, WordVectors vectors, WordVectorFormat format)
    {
        using var writer = new BinaryWriter(new BufferedStream(stream, 1 << 16), Encoding.UTF8, leaveOpen: true);
        if (format != WordVectorFormat.Glove) writer.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{vectors.Count} {vectors.Dimension}\n")));
        var line = new StringBuilder();
        for (int row = 0; row < vectors.Count; row++)
        {
            if (format == WordVectorFormat.Word2VecBinary)
            {
                writer.Write(Encoding.UTF8.GetBytes(vectors.Word(row) + " "));
                writer.Write(MemoryMarshal.AsBytes(vectors.Vector(row)));
                writer.Write((byte)'\n');
                continue;
            }
            line.Clear().Append(vectors.Word(row));
            foreach (float number in vectors.Vector(row)) line.Append(' ').Append(number.ToString("R", CultureInfo.InvariantCulture));
            writer.Write(Encoding.UTF8.GetBytes(line.Append('\n').ToString()));
        }
    }

    private static void WriteSafetensors(string path, WordVectors vectors)
    {
        var words = new MemoryStream();
        for (int row = 0; row < vectors.Count; row++)
        {
            words.Write(Encoding.UTF8.GetBytes(vectors.Word(row)));
            words.WriteByte((byte)'\n');
        }
        SafetensorsWriter.Write(path,
        [
            TensorEntry.From("weight", [vectors.Count, vectors.Dimension], vectors.Matrix), TensorEntry.From("words", [(int)words.Length], words.ToArray().AsMemory()),
        ]);
    }
}
