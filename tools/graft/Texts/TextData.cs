using System.CommandLine;
using System.Text;
using Graft.Text;

namespace Graft.CommandLine;

/// <summary>Which columns of a file hold what.</summary>
internal sealed class TextData
{
    private static readonly string[] Words = [".conll", ".bio", ".iob"];

    private readonly Option<string?> text = Named("--text-column", "The column of the texts; text where it is not given.");
    private readonly Option<string?> pair = Named("--pair-column", "The column of second texts, where pairs are judged or learnt from.");
    private readonly Option<string?> label = Named("--label-column", "The column of the labels; label where it is not given.");
    private readonly Option<string> kind = Options.Choice(
        "--labels", "What labels are: a class, classes with ; between them, or a number.", ["class", "classes", "number"], "class");
    private readonly Option<string> encoding = Options.Choice("--encoding", "How the file is encoded; what a byte order mark says comes first.", ["utf-8", "latin-1"], "utf-8");

    private readonly Option<bool> quotes = new("--no-quotes") { Description = "Take quotation marks for text, as files of GLUE's kind need it, and not for what holds a field together." };

    public TextData(Command command, bool hasLabels = true)
    {
        command.Add(text);
        if (hasLabels)
        {
            command.Add(pair);
            command.Add(label);
            command.Add(kind);
        }
        command.Add(encoding);
        command.Add(quotes);
    }

    /// <summary>Whether a path is that of a file of texts, by its ending.</summary>
    public static bool IsOne(string path) => File.Exists(path) && (TextTable.FormatOf(path) is not null || IsTagged(path) || IsQuestions(path));

    /// <summary>Labelled texts.</summary>
    /// <exception cref="TextFileException">The file cannot be used.</exception>
    public LabelledTexts Labelled(string path, ParseResult parsed) => LabelledTexts.Open(path, new TextColumns
    {
        Text = parsed.GetValue(text) ?? TextTable.TextColumn,
        Pair = parsed.GetValue(pair),
        Label = parsed.GetValue(label) ?? "label",
        Kind = parsed.GetValue(kind) switch { "classes" => TextLabelKind.MultiLabel, "number" => TextLabelKind.Regression, _ => TextLabelKind.SingleLabel },
    }, TableOptions(parsed));

    /// <summary>Whether a column of labels is asked for.</summary>
    public bool HasLabels(ParseResult parsed) => parsed.GetValue(label) is not null;

    /// <summary>Texts, or pairs where a second column is asked for, read as they are needed.</summary>
    /// <exception cref="TextFileException">The file cannot be used.</exception>
    public IEnumerable<TextExample> Texts(string path, ParseResult parsed) => Texts(TextTable.Open(path, TableOptions(parsed)), parsed);

    /// <summary>The same from standard input, a text a line.</summary>
    public IEnumerable<TextExample> Texts(Stream input, ParseResult parsed) =>
        Texts(TextTable.Read(input, "standard input", TextTableFormat.Plain, TableOptions(parsed)), parsed);

    /// <summary>Tagged sentences of a CoNLL file.</summary>
    public static TaggedTexts Tagged(string path) => TaggedTexts.Open(path);

    private IEnumerable<TextExample> Texts(TextTable table, ParseResult parsed)
    {
        string column = parsed.GetValue(text) ?? TextTable.TextColumn;
        string? second = parsed.GetResult(pair) is null ? null : parsed.GetValue(pair);
        table.Require(column);
        if (second is not null) table.Require(second);
        return table.Select(row => new TextExample(row[column], second is null ? null : row[second], row.Line));
    }

    private TextTableOptions TableOptions(ParseResult parsed) => new()
    {
        Encoding = parsed.GetValue(encoding) == "latin-1" ? Encoding.Latin1 : null,
        Quotes = !parsed.GetValue(quotes),
    };

    private static bool IsTagged(string path) => Words.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static bool IsQuestions(string path) => path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    private static Option<string?> Named(string name, string description) => new(name) { Description = description, HelpName = "NAME", Arity = ArgumentArity.ExactlyOne };
}
