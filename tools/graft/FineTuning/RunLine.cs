using System.CommandLine;
using System.Globalization;
using Graft.Transfer;

namespace Graft.CommandLine;

/// <summary>The options of <c>graft fine-tune</c> that say how a run is kept and watched; what is learnt does not depend on them.</summary>
internal sealed class RunLine
{
    private const string FolderName = "checkpoints", EachEpoch = "epoch";

    private readonly Option<bool> resume = new("--resume")
    {
        Description = "Go on with the run whose checkpoints are in the folder of --out, bit for bit, or begin where there are none. The rest of the command line is that of the run.",
    };
    private readonly Option<string?> every = new("--checkpoint-every")
    {
        Description = "After how many steps a checkpoint is written, or at each epoch's end (epoch). Without it one is written when a minute has gone by since the last, at an epoch's end "
            + "a quarter of it, so that short runs are not slowed; and when the run is interrupted.",
        HelpName = "N|epoch",
        Arity = ArgumentArity.ExactlyOne,
    };
    private readonly Option<int> keep = Options.WholeNumber(
        "--keep-checkpoints", "Keep the last N checkpoints and the best, also when the run is done. Without it the last two and the best are kept until then.", least: 1, preset: null);

    private readonly Option<string> events = Options.FilePath("--log-dir", "DIR", "Write TensorBoard's event files there: loss and rates of each step, evaluations of each epoch.");
    private readonly Option<string> table = Options.FilePath("--log-csv", "FILE", "Write a table there, a row for each step and each epoch.");

    public RunLine(Command command)
    {
        every.CustomParser = result =>
        {
            string given = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (given != EachEpoch && Steps(given) is null)
                result.AddError($"--checkpoint-every is a whole number from 1 up or epoch, not '{Printable.Whole(given)}'{NearName.Hint(given, [EachEpoch])}");
            return given;
        };
        command.Add(resume);
        command.Add(every);
        command.Add(keep);
        command.Add(events);
        command.Add(table);
    }

    /// <summary>How the run is kept and watched.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="folder">The folder of --out.</param>
    /// <param name="note">Takes what is worth knowing.</param>
    public RunOptions Read(ParseResult parsed, string folder, Action<string> note)
    {
        string? given = parsed.GetValue(every);
        var checkpoints = new TrainingCheckpoints(Path.Combine(folder, FolderName))
        {
            Resume = parsed.GetValue(resume),
            EveryEpoch = given == EachEpoch,
            EverySteps = given is null ? null : Steps(given),
            Note = text => note($"graft: note: {Shell.Line(text)}"),
        };
        if (parsed.Find(keep) is { } number) checkpoints = checkpoints with { Keep = number };
        if (!checkpoints.Resume && checkpoints.Exist)
            checkpoints.Note($"{checkpoints.Folder} has checkpoints of a run that was not done, which this one takes the place of; --resume goes on with it");
        TrainingObserver?[] logs = [parsed.GetValue(events) is { } place ? new EventLog(place) : null, parsed.GetValue(table) is { } file ? new CsvLog(file) : null];
        return new RunOptions { Checkpoints = checkpoints, Observers = [.. logs.OfType<TrainingObserver>()] };
    }

    /// <summary>Closes logs, and takes checkpoints away that a run which is done and saved has no more use for.</summary>
    public void Clear(ParseResult parsed, RunOptions run)
    {
        foreach (var log in run.Observers.OfType<IDisposable>()) log.Dispose();
        if (parsed.Find(keep) is null) run.Checkpoints!.Clear();
    }

    private static int? Steps(string given) => int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int steps) && steps > 0 ? steps : null;
}
