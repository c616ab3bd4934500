namespace Graft.Models;

/// <summary>What stands above a text encoder, by the names of Hugging Face's classes.</summary>
public enum TextHead
{
    /// <summary>The encoder alone: <c>last_hidden_state</c> [B, T, D], and <c>pooler_output</c> [B, D] where there is a pooler
    /// (<c>AutoModel</c>).</summary>
    None,

    /// <summary>A class, several or values for each sequence: <c>logits</c> [B, L] (<c>ForSequenceClassification</c>).</summary>
    SequenceClassification,

    /// <summary>A class for each token: <c>logits</c> [B, T, L] (<c>ForTokenClassification</c>).</summary>
    TokenClassification,

    /// <summary>Where an answer starts and ends: <c>start_logits</c> and <c>end_logits</c> [B, T] (<c>ForQuestionAnswering</c>).</summary>
    QuestionAnswering,

    /// <summary>Which of C texts is right. The choices of an example follow one another in the batch: <c>logits</c> [B C, 1], and labels [B]
    /// (<c>ForMultipleChoice</c>).</summary>
    MultipleChoice,

    /// <summary>The word at each place: <c>logits</c> [B, T, V] (<c>ForMaskedLM</c>).</summary>
    MaskedLanguageModel,

    /// <summary>The next word at each place: <c>logits</c> [B, T, V] (<c>LMHeadModel</c>, <c>ForCausalLM</c>).</summary>
    CausalLanguageModel,

    /// <summary>The next word of a second sequence at each of its places: <c>logits</c> [B, T, V] (<c>ForConditionalGeneration</c>,
    /// <c>AutoModelForSeq2SeqLM</c>).</summary>
    SequenceToSequence,

    /// <summary>Whether each token was put in place of another: <c>logits</c> [B, T] (<c>ElectraForPreTraining</c>).</summary>
    ReplacedTokenDetection,
}
