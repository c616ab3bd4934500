using Graft.Tasks;
using Graft.Tensors;

namespace Graft.CommandLine;

/// <summary>The learner of a text task.</summary>
internal static class TextLearners
{
    /// <param name="task">The task.</param>
    /// <param name="source">Its model.</param>
    /// <exception cref="ArgumentException">The model has another head.</exception>
    public static TextTask Open(string task, TextModelSource source) => task switch
    {
        TextTasks.Classification => TextClassifier.From(source),
        TextTasks.Tokens => TokenClassifier.From(source),
        TextTasks.Questions => QuestionAnswerer.From(source),
        TextTasks.Choices => MultipleChoiceAnswerer.From(source),
        TextTasks.Ranking => TextRanker.From(source),
        TextTasks.Language => LanguageModelPretraining.From(source),
        TextTasks.ReplacedTokens => ReplacedTokenPretraining.From(source),
        TextTasks.Writing => TextGenerator.From(source),
        TextTasks.Translation or TextTasks.Summarisation => SequenceToSequence.From(source),
        _ => TextEmbedder.From(source),
    };

    /// <summary>The trained learner of a folder's model.</summary>
    /// <param name="task">The task.</param>
    /// <param name="folder">A folder as on the hub.</param>
    /// <param name="adapter">The folder of adapters that come on it; null for none.</param>
    /// <param name="where">Where to compute.</param>
    /// <param name="from">Makes the learner.</param>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the head is untrained.</exception>
    public static TTask Load<TTask>(string task, string folder, string? adapter, OpenDevice where, Func<TextModelSource, Device?, TTask> from) where TTask : TextTask
    {
        var learner = from(TextSources.Open(task, folder, adapter), where.Device);
        learner.RequireTrainedHead();
        return learner;
    }
}
