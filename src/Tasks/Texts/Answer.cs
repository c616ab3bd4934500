namespace Graft.Tasks;

/// <summary>An answer to a question, as a part of the context.</summary>
/// <param name="Text">The answer; empty where the context is thought to have none.</param>
/// <param name="Start">Where it begins in the context, in UTF-16 units.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Score">The sum of the logits of its first and its last token.</param>
/// <param name="Probability">Its share among the best answers that were considered.</param>
/// <param name="NoAnswerScore">By how much the score of having no answer is above that of the best answer.</param>
public sealed record Answer(string Text, int Start, int End, double Score, double Probability, double NoAnswerScore);

/// <summary>How a question is answered.</summary>
public sealed record AnswerOptions
{
    /// <summary>The most tokens of an answer (<c>max_answer_length</c>).</summary>
    public int MaximumTokens { get; init; } = 30;

    /// <summary>How many tokens a window of a long context shares with the one before it (<c>doc_stride</c>).</summary>
    public int Stride { get; init; } = 128;

    /// <summary>The no-answer score above which the answer is empty; null to answer always.</summary>
    public double? NoAnswerThreshold { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumTokens, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(Stride);
    }
}
