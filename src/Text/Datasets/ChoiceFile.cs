using System.Globalization;

namespace Graft.Text;

/// <summary>Examples of multiple choice in files with named columns: CSV, TSV or JSON lines.</summary>
public static class ChoiceFile
{
    private static readonly string[] Contexts = ["sent1", "context"], Questions = ["sent2", "question"], Beginnings = ["ending", "endings", "choices", "choice"];

    /// <summary>Reads the examples of a file, in its order. They may have different numbers of choices: a list as long as it is, or the last of the
    /// numbered columns empty.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Which columns hold what; null to find them by their names.</param>
    /// <param name="options">What the file does not say of itself; null for nothing.</param>
    /// <exception cref="TextFileException">The file, a column or a label cannot be used.</exception>
    public static IReadOnlyList<ChoiceExample> Read(string path, ChoiceColumns? columns = null, TextTableOptions? options = null) =>
        [.. Read(TextTable.Open(path, options), columns)];

    /// <summary>As <see cref="Read(string, ChoiceColumns, TextTableOptions)"/>, of a table, whose rows are read as they are needed.</summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">Which columns hold what; null to find them by their names.</param>
    /// <exception cref="TextFileException">A column or a label cannot be used; those of rows are found when they are read.</exception>
    public static IEnumerable<ChoiceExample> Read(TextTable table, ChoiceColumns? columns = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        columns ??= new ChoiceColumns();
        string context = columns.Context ?? Contexts.FirstOrDefault(table.Columns.Contains)
            ?? throw Unknown(table, "contexts", $"call it {string.Join(" or ", Contexts)}, or say its name");
        string? question = columns.Question ?? Questions.FirstOrDefault(table.Columns.Contains);
        string choices = columns.Choices ?? Beginnings.FirstOrDefault(name => HasChoices(table, name))
            ?? throw Unknown(table, "choices", "give a list of texts in JSON lines, or columns with numbers behind one name (ending0, ending1 ...), and say the name");
        table.Require(context);
        if (question is not null) table.Require(question);
        if (!HasChoices(table, choices)) throw Unknown(table, "choices", $"there is neither '{Printable.Text(choices)}' nor '{Printable.Text(choices)}0'");
        if (columns.Label is { } label) table.Require(label);
        return table.Select(row => Example(row, context, question, choices, columns.Label));
    }

    private static ChoiceExample Example(TextRow row, string context, string? question, string choices, string? label)
    {
        var texts = row.FindList(choices) ?? Numbered(row, choices);
        for (int choice = 0; choice < texts.Count; choice++)
            if (string.IsNullOrWhiteSpace(texts[choice])) throw row.Fail($"choice {choice} of {texts.Count} is empty: give each a text, or fewer choices", choices);
        if (texts.Count < 2) throw row.Fail($"has {texts.Count} of the two choices or more that are needed: there is nothing to choose from", choices);
        return new ChoiceExample(row[context], texts, label is null ? null : Answer(row, label, texts.Count), question is null ? "" : row[question], row.Line);
    }

    private static List<string> Numbered(TextRow row, string beginning)
    {
        if (row.Columns.Contains(beginning)) throw row.Fail("is no list of texts: give [\"...\", \"...\"] in JSON lines, or a column for each choice", beginning);
        var texts = new List<string>();
        for (int number = row.Columns.Contains(Column(beginning, 0)) ? 0 : 1; row.Find(Column(beginning, number)) is { } text; number++) texts.Add(text);
        while (texts.Count > 0 && string.IsNullOrWhiteSpace(texts[^1])) texts.RemoveAt(texts.Count - 1);
        return texts;
    }

    private static int Answer(TextRow row, string column, int choices)
    {
        string label = row[column].Trim();
        if (label.Length == 0) throw row.Fail("is empty: give each row the number of the right choice, from 0, or leave the row out", column);
        int answer = label is [>= 'A' and <= 'Z'] ? label[0] - 'A'
            : int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
        if ((uint)answer < (uint)choices) return answer;
        char last = (char)('A' + Math.Min(25, choices - 1));
        throw row.Fail($"'{Printable.Text(label)}' is none of the {choices} choices: they are counted from 0 to {choices - 1}, or by letters from A to {last}", column);
    }

    private static bool HasChoices(TextTable table, string name) =>
        table.Columns.Contains(name) || table.Columns.Contains(Column(name, 0)) || table.Columns.Contains(Column(name, 1));

    private static string Column(string beginning, int number) => string.Create(CultureInfo.InvariantCulture, $"{beginning}{number}");

    private static TextFileException Unknown(TextTable table, string what, string remedy) =>
        new(table.Path, $"no column is known to hold the {what}; there are {Printable.Some(table.Columns, 20)}: {remedy}", line: table.Format == TextTableFormat.Plain ? null : 1);
}
