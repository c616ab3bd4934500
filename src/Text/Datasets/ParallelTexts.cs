using Graft.Tensors;

namespace Graft.Text;

/// <summary>Texts with what is to be made of them: two files that agree line by line, a file with two columns, or a program's own.</summary>
public sealed class ParallelTexts
{
    private readonly ParallelExample[] examples;

    private ParallelTexts(string source, ParallelExample[] examples, int leftOut = 0) => (Source, this.examples, LeftOut) = (source, examples, leftOut);

    /// <summary>Takes pairs.</summary>
    /// <param name="source">What they are called in messages.</param>
    /// <param name="examples">The pairs.</param>
    public ParallelTexts(string source, IEnumerable<ParallelExample> examples)
        : this(source, [.. examples]) => ArgumentException.ThrowIfNullOrEmpty(source);

    /// <summary>Reads two files of which each line is the translation of the other's. Files that end in <c>.gz</c> are decompressed.</summary>
    /// <param name="sourcePath">The file of the texts, one a line.</param>
    /// <param name="targetPath">The file of what is to be made of them.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="TextFileException">A file cannot be read, one has more lines than the other, a side is empty where that is refused, or no pair is left.</exception>
    public static ParallelTexts Open(string sourcePath, string targetPath, ParallelTextOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(sourcePath);
        ArgumentException.ThrowIfNullOrEmpty(targetPath);
        options ??= new ParallelTextOptions();
        var table = new TextTableOptions { Format = TextTableFormat.Plain, Encoding = options.Encoding };
        using var sources = TextTable.Open(sourcePath, table).GetEnumerator();
        using var targets = TextTable.Open(targetPath, table).GetEnumerator();
        var reader = new PairReader(options);
        while (true)
        {
            bool hasSource = sources.MoveNext(), hasTarget = targets.MoveNext();
            if (hasSource != hasTarget) throw Unequal(sourcePath, targetPath, reader.Read, hasSource ? sources : targets, hasSource);
            if (!hasSource) return reader.ToTexts(sourcePath);
            reader.Add(sources.Current, TextTable.TextColumn, targets.Current, TextTable.TextColumn);
        }
    }

    /// <summary>Reads a file with a column of texts and one of what is to be made of them: CSV, TSV or JSON lines, by its ending, with <c>.gz</c> behind it or not.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="TextFileException">The file or a column cannot be used, a side is empty where that is refused, or no pair is left.</exception>
    public static ParallelTexts Open(string path, ParallelTextOptions? options = null) =>
        Read(TextTable.Open(path, new TextTableOptions { Encoding = options?.Encoding }), options);

    /// <summary>Reads the pairs of a table, as <see cref="Open(string, ParallelTextOptions)"/> does.</summary>
    /// <param name="table">The table.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="TextFileException">A column cannot be used, a side is empty where that is refused, or no pair is left.</exception>
    public static ParallelTexts Read(TextTable table, ParallelTextOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        options ??= new ParallelTextOptions();
        table.Require(options.Source);
        table.Require(options.Target);
        var reader = new PairReader(options);
        foreach (var row in table) reader.Add(row, options.Source, row, options.Target);
        return reader.ToTexts(table.Path);
    }

    /// <summary>The file, or what the pairs were called.</summary>
    public string Source { get; }

    /// <summary>How many pairs there are.</summary>
    public int Count => examples.Length;

    /// <summary>How many pairs were left out because a side is empty.</summary>
    public int LeftOut { get; }

    /// <summary>The texts, in order.</summary>
    public IReadOnlyList<string> Sources => Array.ConvertAll(examples, static example => example.Source);

    /// <summary>What is to be made of them, in order.</summary>
    public IReadOnlyList<string> Targets => Array.ConvertAll(examples, static example => example.Target);

    /// <summary>A pair.</summary>
    /// <param name="index">From 0.</param>
    public ParallelExample this[int index] => examples[index];

    /// <summary>The pairs the other way round.</summary>
    public ParallelTexts Reversed() =>
        new(Source, Array.ConvertAll(examples, static example => new ParallelExample(example.Target, example.Source, example.Line)), LeftOut);

    /// <summary>The pairs that are wanted, in their order.</summary>
    /// <param name="isWanted">Of a pair's index.</param>
    public ParallelTexts Where(Func<int, bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(isWanted);
        return new ParallelTexts(Source, [.. examples.Where((_, index) => isWanted(index))], LeftOut);
    }

    /// <summary>So many pairs, drawn by a seed, or all where there are fewer; in their order.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is not positive.</exception>
    public ParallelTexts Draw(int count, ulong seed) => Where(StratifiedDraw.Each(new int[Count], count, seed).Contains);

    /// <summary>Splits the pairs in two; which pair goes where depends on the seed and its position alone. Each part keeps the order of the whole.</summary>
    /// <param name="fraction">The share of the second part, in (0, 1).</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside (0, 1).</exception>
    public (ParallelTexts Training, ParallelTexts Validation) Split(double fraction, ulong seed)
    {
        var heldOut = StratifiedDraw.HeldOut(new int[Count], fraction, seed);
        return (Where(index => !heldOut.Contains(index)), Where(heldOut.Contains));
    }

    private static TextFileException Unequal(string sourcePath, string targetPath, long lines, IEnumerator<TextRow> longer, bool isSource)
    {
        long more = lines + 1;
        while (longer.MoveNext()) more++;
        var (path, other) = isSource ? (targetPath, sourcePath) : (sourcePath, targetPath);
        return new TextFileException(path, $"ends behind line {lines}, and {Printable.Whole(other)} has {more}: each line has to be the translation of the other file's line");
    }

    private sealed class PairReader(ParallelTextOptions options)
    {
        private readonly List<ParallelExample> examples = [];
        private int leftOut;

        public long Read => examples.Count + leftOut;

        public void Add(TextRow source, string sourceColumn, TextRow target, string targetColumn)
        {
            var pair = new ParallelExample(source[sourceColumn], target[targetColumn], source.Line);
            bool isEmpty = string.IsNullOrWhiteSpace(pair.Source) || string.IsNullOrWhiteSpace(pair.Target);
            if (isEmpty && options.Empty == EmptyTexts.Refuse)
            {
                var (row, column) = string.IsNullOrWhiteSpace(pair.Source) ? (source, sourceColumn) : (target, targetColumn);
                throw row.Fail("is empty: give it a text, or leave the pair out", column);
            }
            if (isEmpty && options.Empty == EmptyTexts.LeaveOut) leftOut++;
            else examples.Add(pair);
        }

        public ParallelTexts ToTexts(string path) => examples.Count > 0
            ? new ParallelTexts(path, [.. examples], leftOut)
            : throw new TextFileException(path, $"holds {leftOut} pairs, and each has an empty side: there is nothing to learn from");
    }
}
