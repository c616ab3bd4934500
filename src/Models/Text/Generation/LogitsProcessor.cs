namespace Graft.Models;

/// <summary>Changes the scores of the next token before one is chosen (Hugging Face's <c>LogitsProcessor</c>).</summary>
/// <remarks>One object serves one search at a time: it may keep memory to work in.</remarks>
public abstract class LogitsProcessor
{
    /// <summary>Changes the scores of one row.</summary>
    /// <param name="tokens">The row's tokens so far, the prompt's first, without padding.</param>
    /// <param name="promptLength">How many of them are the prompt's.</param>
    /// <param name="scores">[V]: logits, or with beams logarithms of probabilities; negative infinity forbids a token.</param>
    public abstract void Apply(ReadOnlySpan<int> tokens, int promptLength, Span<float> scores);
}
