using System.CommandLine;
using System.Text;
using Graft.Tasks;
using Graft.Text;

namespace Graft.CommandLine;

/// <summary>Which columns of a file hold what.</summary>
internal sealed class TextData
{
    /// <summary>What is given in the place of a file to read standard input.</summary>
    public const string StandardInput = "-";

    private static readonly string[] Words = [".conll", ".bio", ".iob"];

    private const string PairColumn = "pair", LabelColumn = "label";

    private readonly Option<string?> text = Named("--text-column", "The column of the texts, queries or contexts; text where it is not given, sent1 or context of choices.");
    private readonly Option<string?> audio = Named(
        "--audio-column", "The column of the wave files, where speech is learnt or counted; file, file_name, path or audio where it is not given.");
    private readonly Option<string?> pair = Named(
        "--pair-column", "The column of second texts, where pairs are judged or learnt from: of a ranker the documents (pair where it is not given), "
        + "of choices what stands before each (sent2 or question where there is one).");
    private readonly Option<string?> choices = Named(
        "--choices-column", "The column of what there is to choose from: a list in JSON lines, or what columns begin with that are numbered; "
        + "ending (ending0, ending1 ...) or choices where it is not given.");
    private readonly Option<string?> label = Named("--label-column", "The column of the labels; label where it is not given.");
    private readonly Option<string?> from = Named("--source-column", "The column of texts that others are made of, translations or summaries; source where it is not given.");
    private readonly Option<string?> to = Named("--target-column", "The column of what is to be made of them; target where it is not given.");
    private readonly Option<string[]> targets = new("--targets")
    {
        Description = "The file of what is to be made of the texts of --data, line by line, where it is not a column; given again, that of --validation.",
        HelpName = "FILE",
    };

    private readonly Option<string> kind = Options.Choice(
        "--labels", "What labels are: a class, classes with ; between them, or a number.", ["class", "classes", "number"], "class");
    private readonly Option<string> encoding = Options.Choice("--encoding", "How the file is encoded; what a byte order mark says comes first.", ["utf-8", "latin-1"], "utf-8");

    private readonly Option<bool> quotes = new("--no-quotes") { Description = "Take quotation marks for text, as files of GLUE's kind need it, and not for what holds a field together." };

    /// <param name="command">The command that has the options.</param>
    /// <param name="hasLabels">Whether it learns or counts.</param>
    /// <param name="hasPairs">Whether it knows more of an example than one text.</param>
    /// <param name="hasTargets">Whether what is made of texts may come in a file of its own.</param>
    public TextData(Command command, bool hasLabels = true, bool hasPairs = true, bool hasTargets = false)
    {
        command.Add(text);
        if (hasPairs)
        {
            command.Add(pair);
            command.Add(choices);
        }
        if (hasLabels)
        {
            command.Add(audio);
            command.Add(label);
            command.Add(from);
            command.Add(to);
            command.Add(kind);
        }
        if (hasTargets) command.Add(targets);
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
        Label = parsed.GetValue(label) ?? LabelColumn,
        Kind = parsed.GetValue(kind) switch { "classes" => TextLabelKind.MultiLabel, "number" => TextLabelKind.Regression, _ => TextLabelKind.SingleLabel },
    }, TableOptions(parsed));

    /// <summary>The options with the texts of the target that they adapt to: of the column of the others, or of the only one.</summary>
    /// <exception cref="WrongInputException">The file is not there.</exception>
    /// <exception cref="TextFileException">It cannot be used.</exception>
    public TextFineTuneOptions WithTarget(TextFineTuneOptions options, ParseResult parsed)
    {
        if (options.Adaptation.Target is not { } path) return options;
        if (!File.Exists(path)) throw new WrongInputException($"--target {Printable.Whole(path)}: there is no such file");
        return options with { Adaptation = options.Adaptation with { Texts = UnlabelledTexts.Open(path, parsed.GetValue(text), parsed.GetValue(pair), TableOptions(parsed)) } };
    }

    /// <summary>Queries and documents with numbers.</summary>
    /// <exception cref="TextFileException">The file cannot be used.</exception>
    public LabelledTexts Rated(string path, ParseResult parsed) => LabelledTexts.Open(path, new TextColumns
    {
        Text = parsed.GetValue(text) ?? TextTable.TextColumn,
        Pair = parsed.GetValue(pair) ?? PairColumn,
        Label = parsed.GetValue(label) ?? LabelColumn,
        Kind = TextLabelKind.Regression,
    }, TableOptions(parsed));

    /// <summary>Examples of multiple choice that say which choice is right.</summary>
    /// <exception cref="TextFileException">The file cannot be used.</exception>
    public IReadOnlyList<ChoiceExample> Choices(string path, ParseResult parsed) =>
        ChoiceFile.Read(path, ChoiceColumns(parsed, parsed.GetValue(label) ?? LabelColumn), TableOptions(parsed));

    /// <summary>Texts and what is to be made of them: two columns of a file, or two files that agree line by line.</summary>
    /// <param name="path">The file of the texts.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="number">Which pair of files it is: 0 for --data, 1 for --validation.</param>
    /// <exception cref="TextFileException">A file cannot be used, or one has more lines than the other.</exception>
    /// <exception cref="WrongInputException">A file is missing.</exception>
    public ParallelTexts Parallel(string path, ParseResult parsed, int number = 0)
    {
        var standard = new ParallelTextOptions();
        if (parsed.GetValue(targets) is { Length: > 0 } others)
        {
            if (number >= others.Length) throw new WrongInputException($"--targets is given for --data alone: give it again for --validation {Printable.Whole(path)}");
            if (!File.Exists(others[number])) throw new WrongInputException($"--targets {Printable.Whole(others[number])}: there is no such file");
            if (parsed.GetValue(from) is not null || parsed.GetValue(to) is not null)
                throw new WrongInputException("--source-column and --target-column are of files with columns: leave them out with --targets");
            return ParallelTexts.Open(path, others[number], standard with { Encoding = TableOptions(parsed).Encoding });
        }
        return ParallelTexts.Read(
            TextTable.Open(path, TableOptions(parsed)), standard with { Source = parsed.GetValue(from) ?? standard.Source, Target = parsed.GetValue(to) ?? standard.Target });
    }

    /// <summary>Sounds and what is said in them: a table, or a folder with one.</summary>
    /// <exception cref="TextFileException">The table cannot be used.</exception>
    /// <exception cref="Audio.AudioException">The folder has no table.</exception>
    public TranscribedSounds Transcribed(string path, ParseResult parsed) =>
        TranscribedSounds.Open(path, parsed.GetValue(audio), parsed.GetValue(text), TableOptions(parsed));

    /// <summary>Texts of a file, or of standard input with a text a line.</summary>
    /// <exception cref="TextFileException">It cannot be used.</exception>
    public IEnumerable<TextExample> Lines(string input, ParseResult parsed) => Texts(Table(input, TextTableFormat.Plain, parsed), parsed, second: null);

    /// <summary>Whether a column of labels is asked for.</summary>
    public bool HasLabels(ParseResult parsed) => parsed.GetValue(label) is not null;

    /// <summary>Texts, or pairs where a second column is asked for, read as they are needed.</summary>
    /// <exception cref="TextFileException">The file cannot be used.</exception>
    public IEnumerable<TextExample> Texts(string path, ParseResult parsed) =>
        Texts(TextTable.Open(path, TableOptions(parsed)), parsed, parsed.GetResult(pair) is null ? null : parsed.GetValue(pair));

    /// <summary>What a text model is asked about: a file, or standard input with a text a line, or a JSON object where an example has several texts.</summary>
    /// <exception cref="TextFileException">It cannot be used.</exception>
    public IEnumerable<TextExample> Asked(string input, ParseResult parsed) => Texts(
        Table(input, parsed.GetValue(pair) is null ? TextTableFormat.Plain : TextTableFormat.JsonLines, parsed), parsed, parsed.GetValue(pair));

    /// <summary>The queries and documents that a ranker is asked about.</summary>
    /// <inheritdoc cref="Asked"/>
    public IEnumerable<TextExample> AskedPairs(string input, ParseResult parsed) =>
        Texts(Table(input, TextTableFormat.JsonLines, parsed), parsed, parsed.GetValue(pair) ?? PairColumn);

    /// <summary>The examples that an answerer is asked about; which choice is right does not matter.</summary>
    /// <inheritdoc cref="Asked"/>
    public IEnumerable<ChoiceExample> AskedChoices(string input, ParseResult parsed) =>
        ChoiceFile.Read(Table(input, TextTableFormat.JsonLines, parsed), ChoiceColumns(parsed, label: null));

    /// <summary>Refuses files of targets where a task has no use for so many.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="most">How many it has a use for.</param>
    /// <exception cref="WrongInputException">There are more.</exception>
    public void RequireTargets(ParseResult parsed, int most)
    {
        if (parsed.GetValue(targets) is { } others && others.Length > most)
            throw new WrongInputException(most == 0 ? "--targets is for tasks that make texts of texts: leave it out"
                : $"--targets is given {others.Length} times, and there is use for {most}");
    }

    /// <summary>Tagged sentences of a CoNLL file.</summary>
    public static TaggedTexts Tagged(string path) => TaggedTexts.Open(path);

    private IEnumerable<TextExample> Texts(TextTable table, ParseResult parsed, string? second)
    {
        string column = parsed.GetValue(text) ?? TextTable.TextColumn;
        table.Require(column);
        if (second is not null) table.Require(second);
        return table.Select(row => new TextExample(row[column], second is null ? null : row[second], row.Line));
    }

    private TextTable Table(string input, TextTableFormat ofStandardInput, ParseResult parsed) => input == StandardInput
        ? TextTable.Read(Console.OpenStandardInput(), "standard input", ofStandardInput, TableOptions(parsed)) : TextTable.Open(input, TableOptions(parsed));

    private ChoiceColumns ChoiceColumns(ParseResult parsed, string? label) =>
        new() { Context = parsed.GetValue(text), Question = parsed.GetValue(pair), Choices = parsed.GetValue(choices), Label = label };

    private TextTableOptions TableOptions(ParseResult parsed) => new()
    {
        Encoding = parsed.GetValue(encoding) == "latin-1" ? Encoding.Latin1 : null,
        Quotes = !parsed.GetValue(quotes),
    };

    private static bool IsTagged(string path) => Words.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static bool IsQuestions(string path) => path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    private static Option<string?> Named(string name, string description) => new(name) { Description = description, HelpName = "NAME", Arity = ArgumentArity.ExactlyOne };
}
