using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary>The model that a text task begins or goes on with, out of a folder.</summary>
internal static class TextSources
{
    /// <param name="task">The task.</param>
    /// <param name="folder">A folder as on the hub; without weights it is enough to begin from nothing.</param>
    /// <param name="isFromScratch">Whether to begin with random weights.</param>
    /// <param name="seed">The seed of what is new.</param>
    /// <param name="load">What is tolerated of the weights.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed.</exception>
    /// <exception cref="WrongInputException">The model's family has no head for the task.</exception>
    public static TextModelSource Open(string task, string folder, bool isFromScratch, ulong seed, LoadOptions load)
    {
        try
        {
            return Of(task, folder, isFromScratch, seed, load);
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException($"--model {Printable.Whole(folder)}: {Shell.Line(exception.Message)}");
        }
    }

    private static TextModelSource Of(string task, string folder, bool isFromScratch, ulong seed, LoadOptions load) => (task, isFromScratch) switch
    {
        (TextTasks.Sentences, true) => TextModelSource.SentencesFromConfig(folder, null, seed),
        (TextTasks.Sentences, false) => TextModelSource.Sentences(folder, null, load),
        (TextTasks.ReplacedTokens, true) => TextModelSource.ElectraFromConfig(folder, seed),
        (TextTasks.ReplacedTokens, false) => TextModelSource.Electra(folder, seed, load),
        (_, true) => TextModelSource.FromConfig(folder, TextTasks.HeadOf(task), seed),
        _ => TextModelSource.FromFolder(folder, TextTasks.HeadOf(task), seed, load),
    };

    /// <summary>The trained model of a task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="folder">A folder as on the hub.</param>
    /// <param name="adapter">The folder of adapters that come on it; null for none.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed.</exception>
    public static TextModelSource Open(string task, string folder, string? adapter)
    {
        var source = Open(task, folder, isFromScratch: false, seed: 0, new LoadOptions());
        return adapter is null ? source : source.WithAdapter(adapter);
    }
}
