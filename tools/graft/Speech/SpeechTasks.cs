using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary>The tasks over sounds by their names.</summary>
internal static class SpeechTasks
{
    public const string Classification = "audio-classification", Recognition = "speech-recognition";

    public static IReadOnlyList<string> Names { get; } = [Classification, Recognition];

    /// <summary>The model that a task begins or goes on with, out of a folder.</summary>
    /// <param name="task">The task.</param>
    /// <param name="folder">A folder as on the hub.</param>
    /// <param name="isFromScratch">Whether the weights are random, so that they need not be there.</param>
    /// <param name="seed">The seed of what is new.</param>
    /// <param name="load">What is tolerated of the weights.</param>
    public static SpeechModelSource Open(string task, string folder, bool isFromScratch, ulong seed, LoadOptions load)
    {
        var head = task == Classification ? SpeechHead.SequenceClassification : SpeechRecognizer.HeadIn(folder);
        return isFromScratch ? SpeechModelSource.FromConfig(folder, head, seed) : SpeechModelSource.FromFolder(folder, head, seed, load);
    }

    /// <summary>The trained learner of a folder's model.</summary>
    /// <param name="task">The task.</param>
    /// <param name="folder">A folder as on the hub.</param>
    /// <param name="adapter">The folder of adapters that come on it; null for none.</param>
    /// <param name="where">Where to compute.</param>
    /// <param name="from">Makes the learner.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the head is untrained.</exception>
    public static TTask Load<TTask>(string task, string folder, string? adapter, OpenDevice where, Func<SpeechModelSource, Tensors.Device?, TTask> from) where TTask : SpeechTask
    {
        try
        {
            var source = Open(task, folder, isFromScratch: false, seed: 0, new LoadOptions());
            var learner = from(adapter is null ? source : source.WithAdapter(adapter), where.Device);
            learner.RequireTrainedHead();
            return learner;
        }
        catch (ArgumentException exception)
        {
            throw new WrongInputException($"--model {Printable.Whole(folder)}: {Shell.Line(exception.Message)}");
        }
    }
}
