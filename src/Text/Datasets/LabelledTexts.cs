using System.Globalization;
using Graft.Tensors;

namespace Graft.Text;

/// <summary>Texts with their labels: a file's, a program's own, or a part of them.</summary>
public sealed class LabelledTexts
{
    private readonly TextExample[] examples;
    private readonly TextLabelSet labels;

    private LabelledTexts(string source, string labelColumn, TextExample[] examples, TextLabelSet labels) =>
        (Source, LabelColumn, this.examples, this.labels) = (source, labelColumn, examples, labels);

    /// <summary>Takes texts with one class each.</summary>
    /// <param name="source">What they are called in messages.</param>
    /// <param name="classNames">The classes' names in index order.</param>
    /// <param name="examples">The texts.</param>
    /// <param name="classes">Each text's class index.</param>
    /// <exception cref="ArgumentException">There are not as many labels as texts, or one is no class index.</exception>
    public LabelledTexts(string source, IReadOnlyList<string> classNames, IReadOnlyList<TextExample> examples, IReadOnlyList<int> classes)
        : this(source, TextLabelSet.LabelName, [.. examples], TextLabelSet.Single(source, classNames, examples.Count, classes))
    {
    }

    /// <summary>Takes texts with a number each.</summary>
    /// <param name="source">What they are called in messages.</param>
    /// <param name="examples">The texts.</param>
    /// <param name="values">Each text's number.</param>
    /// <exception cref="ArgumentException">There are not as many numbers as texts.</exception>
    public LabelledTexts(string source, IReadOnlyList<TextExample> examples, IReadOnlyList<float> values)
        : this(source, TextLabelSet.LabelName, [.. examples], TextLabelSet.Numbers(source, examples.Count, values))
    {
    }

    /// <summary>Reads the labelled texts of a file. The classes are those that it names, in ordinal order.</summary>
    /// <param name="path">A file with named columns: CSV, TSV or JSON lines, by its ending.</param>
    /// <param name="columns">Which columns hold what.</param>
    /// <param name="options">What the file does not say of itself; null for nothing.</param>
    /// <exception cref="TextFileException">The file, a column or a label cannot be used.</exception>
    public static LabelledTexts Open(string path, TextColumns columns, TextTableOptions? options = null) => Read(TextTable.Open(path, options), columns);

    /// <summary>Reads the labelled texts of a table, as <see cref="Open"/> does.</summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">Which columns hold what.</param>
    /// <exception cref="TextFileException">A column or a label cannot be used.</exception>
    public static LabelledTexts Read(TextTable table, TextColumns columns)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(columns);
        table.Require(columns.Text);
        if (columns.Pair is { } second) table.Require(second);
        table.Require(columns.Label);
        var examples = new List<TextExample>();
        var labels = new TextLabelReader(columns);
        foreach (var row in table)
        {
            labels.Add(row);
            examples.Add(new TextExample(row[columns.Text], columns.Pair is { } pair ? row[pair] : null, row.Line));
        }
        return new LabelledTexts(table.Path, columns.Label, [.. examples], labels.ToSet());
    }

    /// <summary>The file, or what the texts were called.</summary>
    public string Source { get; }

    /// <summary>What the labels are.</summary>
    public TextLabelKind Kind => labels.Kind;

    /// <summary>The classes' names in index order; empty for numbers.</summary>
    public IReadOnlyList<string> ClassNames => labels.ClassNames;

    /// <summary>How many texts there are.</summary>
    public int Count => examples.Length;

    /// <summary>A text.</summary>
    /// <param name="index">From 0.</param>
    public TextExample this[int index] => examples[index];

    private string LabelColumn { get; }

    /// <summary>The class of a text that has one.</summary>
    /// <param name="index">From 0.</param>
    /// <exception cref="InvalidOperationException">The labels are of another kind.</exception>
    public int Class(int index) => labels.Class(index);

    /// <summary>The classes of a text, in ascending order.</summary>
    /// <param name="index">From 0.</param>
    /// <exception cref="InvalidOperationException">The labels are numbers.</exception>
    public IReadOnlyList<int> Classes(int index) => labels.Classes(index);

    /// <summary>The number of a text.</summary>
    /// <param name="index">From 0.</param>
    /// <exception cref="InvalidOperationException">The labels are classes.</exception>
    public float Value(int index) => labels.Value(index);

    /// <summary>How many texts each class has, in index order.</summary>
    /// <exception cref="InvalidOperationException">The labels are numbers.</exception>
    public IReadOnlyList<int> ClassCounts()
    {
        var counts = new int[ClassNames.Count];
        for (int index = 0; index < Count; index++)
            foreach (int label in Classes(index)) counts[label]++;
        return counts;
    }

    /// <summary>Splits the texts in two, the same share of each class; which text goes where depends on the seed, the class and the text's position in
    /// it alone. Each part keeps the order of the whole and all class names.</summary>
    /// <param name="fraction">The share of the second part, in (0, 1). Every class with two texts or more has at least one in each part; a class of one
    /// text trains. Texts of several classes and those with numbers are drawn as one class.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is outside (0, 1).</exception>
    public (LabelledTexts Training, LabelledTexts Validation) Split(double fraction, ulong seed)
    {
        var heldOut = StratifiedDraw.HeldOut(labels.Strata(), fraction, seed);
        return (Where(index => !heldOut.Contains(index)), Where(heldOut.Contains));
    }

    /// <summary>As many texts of each class, drawn by a seed, or all where a class has fewer; in their order.</summary>
    /// <param name="count">How many of each class.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is not positive.</exception>
    public LabelledTexts OfEachClass(int count, ulong seed) => Where(StratifiedDraw.Each(labels.Strata(), count, seed).Contains);

    /// <summary>The texts that are wanted, in their order.</summary>
    /// <param name="isWanted">Of a text's index.</param>
    public LabelledTexts Where(Func<int, bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(isWanted);
        int[] kept = [.. Enumerable.Range(0, Count).Where(isWanted)];
        return new LabelledTexts(Source, LabelColumn, [.. kept.Select(index => examples[index])], labels.At(kept));
    }

    /// <summary>The same texts with the class indices of a trained model: by name, or by order where the model's classes have no names.</summary>
    /// <param name="names">The model's classes, in index order.</param>
    /// <param name="note">How they were matched where it was not by name; otherwise null.</param>
    /// <exception cref="TextFileException">A text is of a class that the model does not know; the message has its line and the nearest class.</exception>
    public LabelledTexts Match(IReadOnlyList<string> names, out string? note)
    {
        ArgumentNullException.ThrowIfNull(names);
        note = null;
        if (Kind == TextLabelKind.Regression) return this;
        if (!IsUnnamed(names) || ClassNames.All(names.Contains)) return new LabelledTexts(Source, LabelColumn, examples, labels.With(names, ByName(names)));
        if (NumbersOf(names.Count) is { } numbers)
        {
            note = "the labels were taken for the numbers of the model's classes";
            return new LabelledTexts(Source, LabelColumn, examples, labels.With(names, numbers));
        }
        if (ClassNames.Count != names.Count)
        {
            throw new TextFileException(Source, $"has {ClassNames.Count} classes and the model {names.Count}, whose names are not known (LABEL_0, LABEL_1 ...); "
                + "without names they can only be matched by order, one to one", column: LabelColumn);
        }
        note = "the names of the model's classes are not known, so the file's were taken in order: "
            + string.Join(", ", ClassNames.Take(3).Index().Select(static name => $"{Printable.Text(name.Item)} is class {name.Index}")) + (names.Count > 3 ? " ..." : "");
        return new LabelledTexts(Source, LabelColumn, examples, labels.With(names, [.. Enumerable.Range(0, names.Count)]));
    }

    private static bool IsUnnamed(IReadOnlyList<string> names) => names.Index().All(static name => name.Item == PretrainedInfo.Unnamed(name.Index));

    /// <summary>The labels as numbers of a model's classes; null where one is no such number.</summary>
    private int[]? NumbersOf(int classes)
    {
        var numbers = new int[ClassNames.Count];
        for (int label = 0; label < numbers.Length; label++)
        {
            bool isNumber = int.TryParse(ClassNames[label], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[label]);
            if (!isNumber || numbers[label] >= classes) return null;
        }
        return numbers;
    }

    private int[] ByName(IReadOnlyList<string> names)
    {
        var numberOf = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int label = 0; label < names.Count; label++) numberOf.TryAdd(names[label], label);
        int[] numbers = [.. ClassNames.Select(name => numberOf.GetValueOrDefault(name, -1))];
        for (int index = 0; index < Count; index++)
        {
            foreach (int label in Classes(index))
            {
                if (numbers[label] >= 0) continue;
                string name = ClassNames[label];
                throw new TextFileException(Source, $"the model does not know the label '{Printable.Text(name)}'{NearName.Hint(name, names)}; it knows "
                    + Printable.Some(names, 20), examples[index].Line, LabelColumn);
            }
        }
        return numbers;
    }
}
