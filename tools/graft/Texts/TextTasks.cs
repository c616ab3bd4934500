namespace Graft.CommandLine;

/// <summary>The text tasks by their names.</summary>
internal static class TextTasks
{
    public const string Classification = "text-classification", Tokens = "token-classification", Questions = "question-answering", Language = "masked-language-model",
        Sentences = "sentence-embedding", ReplacedTokens = "replaced-token-detection";

    public static IReadOnlyList<string> Names { get; } = [Classification, Tokens, Questions, Language, ReplacedTokens, Sentences];

    /// <summary>What stands above the encoder for a task.</summary>
    public static TextHead HeadOf(string task) => task switch
    {
        Classification => TextHead.SequenceClassification,
        Tokens => TextHead.TokenClassification,
        Questions => TextHead.QuestionAnswering,
        Language => TextHead.MaskedLanguageModel,
        ReplacedTokens => TextHead.ReplacedTokenDetection,
        _ => TextHead.None,
    };

    /// <summary>The task of a head; null where none is built.</summary>
    public static string? Of(TextHead head) => Names.FirstOrDefault(name => HeadOf(name) == head);
}
