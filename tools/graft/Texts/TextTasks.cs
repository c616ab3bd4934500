using Graft.Tasks;

namespace Graft.CommandLine;

/// <summary>The text tasks by their names.</summary>
internal static class TextTasks
{
    public const string Classification = "text-classification", Tokens = "token-classification", Questions = "question-answering", Language = "masked-language-model",
        ReplacedTokens = "replaced-token-detection", Sentences = "sentence-embedding", Ranking = "ranking", Choices = "multiple-choice", Writing = "causal-lm",
        Translation = "translation", Summarisation = "summarisation";

    public static IReadOnlyList<string> Names { get; } =
        [Classification, Tokens, Questions, Choices, Ranking, Language, ReplacedTokens, Writing, Translation, Summarisation, Sentences];

    /// <summary>What stands above the encoder for a task.</summary>
    public static TextHead HeadOf(string task) => task switch
    {
        Classification or Ranking => TextHead.SequenceClassification,
        Tokens => TextHead.TokenClassification,
        Questions => TextHead.QuestionAnswering,
        Choices => TextHead.MultipleChoice,
        Language => TextHead.MaskedLanguageModel,
        ReplacedTokens => TextHead.ReplacedTokenDetection,
        Writing => TextHead.CausalLanguageModel,
        Translation or Summarisation => TextHead.SequenceToSequence,
        _ => TextHead.None,
    };

    /// <summary>The task of a folder's head; null where none is built.</summary>
    public static string? Of(TextHead head, string folder) => TextRanker.IsOne(folder) ? Ranking : Names.FirstOrDefault(name => HeadOf(name) == head);
}
