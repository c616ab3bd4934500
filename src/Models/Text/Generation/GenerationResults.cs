namespace Graft.Models;

/// <summary>Why a sequence ended.</summary>
public enum FinishReason
{
    /// <summary>An end token was chosen (<c>eos_token_id</c>).</summary>
    EndToken,

    /// <summary>It has as many tokens as it may have.</summary>
    Length,

    /// <summary>A stop rule matched.</summary>
    Stopped,
}

/// <summary>What was written behind a prompt.</summary>
/// <param name="Prompt">The prompt's number.</param>
/// <param name="Tokens">The tokens behind the prompt, an end token among them where one was chosen.</param>
/// <param name="Finish">Why it ended.</param>
/// <param name="Score">With beams its score, the sum of the logarithms of the tokens' probabilities by the length penalty's rule (Hugging Face's
/// <c>sequences_scores</c>); else null.</param>
public sealed record GeneratedSequence(int Prompt, int[] Tokens, FinishReason Finish, double? Score = null);

/// <summary>A token as it is chosen.</summary>
/// <param name="Sequence">The sequence's number: of several for each prompt, those of the first prompt come first.</param>
/// <param name="Token">The token.</param>
/// <param name="Finish">Why the sequence ends with it; null where it goes on.</param>
public readonly record struct GeneratedToken(int Sequence, int Token, FinishReason? Finish = null);

/// <summary>Says whether a sequence ends with the token that came last.</summary>
/// <param name="generated">The tokens behind the prompt.</param>
public delegate bool StopRule(ReadOnlySpan<int> generated);
