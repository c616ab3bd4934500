using Graft.Audio;
using Graft.Tensors;
using Graft.Text;

namespace Graft.Tasks;

/// <summary>Sounds and what is said in them: a table of files and texts, a folder with such a table, or a program's own.</summary>
public sealed class TranscribedSounds
{
    /// <summary>The tables that a folder may have, as Hugging Face's audio folders do.</summary>
    private static readonly string[] Tables = ["metadata.csv", "metadata.tsv", "metadata.jsonl", "transcripts.csv", "transcripts.tsv", "transcripts.jsonl"];

    private static readonly string[] SoundColumns = ["file", "file_name", "path", "audio"], TextColumns = ["text", "transcription", "sentence", "transcript"];

    private readonly SoundList sounds;
    private readonly string[] texts;
    private readonly int[] chosen;

    private TranscribedSounds(string source, SoundList sounds, string[] texts, int[] chosen) => (Source, this.sounds, this.texts, this.chosen) = (source, sounds, texts, chosen);

    /// <summary>Takes sounds and their texts.</summary>
    /// <param name="source">What they are called in messages.</param>
    /// <param name="examples">The sounds with what is said in them.</param>
    public TranscribedSounds(string source, IReadOnlyList<(Waveform Sound, string Text)> examples)
        : this(source, new SoundList((examples ?? throw new ArgumentNullException(nameof(examples))).Select(static one => one.Sound), source),
            [.. examples.Select(static one => one.Text)], [.. Enumerable.Range(0, examples.Count)]) => ArgumentException.ThrowIfNullOrEmpty(source);

    /// <summary>The file or folder, or what the sounds were called.</summary>
    public string Source { get; }

    /// <summary>How many sounds there are.</summary>
    public int Count => chosen.Length;

    /// <summary>What is said in each, in order.</summary>
    public IReadOnlyList<string> Texts => Array.ConvertAll(chosen, index => texts[index]);

    /// <summary>Reads a table of files and texts: CSV, TSV or JSON lines by its ending, or a folder with <c>metadata.csv</c> or its like (Hugging Face's
    /// audio folders). Files lie where the table does, unless they are named from the root; no sound is read yet.</summary>
    /// <param name="path">The table or folder.</param>
    /// <param name="soundColumn">The column of the files; null for file, file_name, path or audio, whichever there is.</param>
    /// <param name="textColumn">The column of what is said; null for text, transcription, sentence or transcript.</param>
    /// <param name="options">What the table does not say of itself; null for nothing.</param>
    /// <exception cref="AudioException">A folder has no table, or a sound is not there.</exception>
    /// <exception cref="TextFileException">The table or a column cannot be used, or a text is empty.</exception>
    public static TranscribedSounds Open(string path, string? soundColumn = null, string? textColumn = null, TextTableOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = path;
        if (Directory.Exists(path))
        {
            file = Tables.Select(name => Path.Combine(path, name)).FirstOrDefault(File.Exists)
                ?? throw new AudioException(path, $"has no table of what is said in its sounds: call it {string.Join(", ", Tables.Take(3))}, with the columns file and text");
        }
        var table = TextTable.Open(file, options);
        string sound = ColumnOf(table, soundColumn, SoundColumns), text = ColumnOf(table, textColumn, TextColumns), root = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var (files, said) = (new List<string>(), new List<string>());
        foreach (var row in table)
        {
            string one = Path.Combine(root, row[sound]);
            if (!File.Exists(one)) throw row.Fail($"'{Printable.Text(row[sound])}' is no file beside the table", sound);
            if (string.IsNullOrWhiteSpace(row[text])) throw row.Fail("is empty: write what is said, or leave the sound out", text);
            files.Add(one);
            said.Add(row[text]);
        }
        return new TranscribedSounds(path, new SoundList(files), [.. said], [.. Enumerable.Range(0, files.Count)]);
    }

    /// <summary>The file of a sound, or what it is called.</summary>
    /// <param name="index">From 0.</param>
    public string Name(int index) => sounds.Name(chosen[index]);

    /// <summary>What is said in a sound.</summary>
    /// <param name="index">From 0.</param>
    public string Text(int index) => texts[chosen[index]];

    /// <summary>The sounds that are wanted, in their order.</summary>
    /// <param name="isWanted">Of a sound's index.</param>
    public TranscribedSounds Where(Func<int, bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(isWanted);
        return new TranscribedSounds(Source, sounds, texts, [.. chosen.Where((_, index) => isWanted(index))]);
    }

    /// <summary>Splits the sounds in two; which goes where depends on the seed and the order alone.</summary>
    /// <param name="fraction">The share of the second part, in (0, 1).</param>
    /// <param name="seed">The seed of the draw.</param>
    public (TranscribedSounds Training, TranscribedSounds Validation) Split(double fraction, ulong seed)
    {
        var heldOut = StratifiedDraw.HeldOut(new int[Count], fraction, seed);
        return (Where(index => !heldOut.Contains(index)), Where(heldOut.Contains));
    }

    internal float[] Samples(int index, int rate) => sounds.Samples(chosen[index], rate);

    private static string ColumnOf(TextTable table, string? given, string[] usual)
    {
        string column = given ?? usual.FirstOrDefault(table.Columns.Contains) ?? usual[0];
        table.Require(column);
        return column;
    }
}
