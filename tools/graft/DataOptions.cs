using System.CommandLine;
using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary><c>--data</c>, and what has to be said of a NumPy archive: which part of it, and what its classes are called.</summary>
internal sealed class DataOptions
{
    private readonly Option<string> data = Options.FilePath(
        "--data", "DIR|FILE", "The pictures: a folder with a sub-folder a class, or a NumPy archive (.npz) of images and labels. Texts: a file of CSV, TSV, JSON lines (.jsonl), "
        + "plain lines (.txt), SQuAD's JSON or CoNLL's columns, by its ending. "
        + "Sounds: a folder with a sub-folder of wave files a class, or a table of files and of what is said in them.", required: true);
    private readonly Option<string> split = Split();
    private readonly Option<string[]> classNames = Options.Names(
        "--class-names", "NAME,NAME...", "What the classes of an archive are called, by number; without it they are LABEL_0, LABEL_1 ...");

    /// <param name="command">The command that gets them.</param>
    /// <param name="alias">What else <c>--data</c> is called, where a command can do without it; null where it cannot.</param>
    public DataOptions(Command command, string? alias = null)
    {
        if (alias is not null)
        {
            data.Aliases.Add(alias);
            data.Required = false;
        }
        command.Add(data);
        command.Add(split);
        command.Add(classNames);
    }

    /// <summary><c>--split</c>.</summary>
    public static Option<string> Split() => Options.Choice(
        "--split", "The part of a NumPy archive that is meant (MedMNIST's train_images, Keras's x_train); train to learn from and test otherwise.", [.. LabelledData.Splits], preset: null);

    /// <summary>Whether a path was given.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetResult(data) is not null;

    /// <summary>The path that was given.</summary>
    public string Path(ParseResult parsed) => parsed.GetRequiredValue(data);

    /// <summary>The part of an archive that was asked for.</summary>
    public string? SplitOf(ParseResult parsed) => parsed.GetValue(split);

    /// <summary>The class names that were given.</summary>
    public IReadOnlyList<string>? ClassNames(ParseResult parsed) => parsed.GetValue(classNames) is { Length: > 0 } names ? names : null;

    /// <exception cref="ImageException">The folder or archive cannot be used.</exception>
    public LabelledImages Open(ParseResult parsed, DataUse use) => LabelledImages.Open(Path(parsed), use, SplitOf(parsed), ClassNames(parsed));
}
