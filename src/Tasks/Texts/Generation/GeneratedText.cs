namespace Graft.Tasks;

/// <summary>A text that was written behind a prompt.</summary>
/// <param name="Prompt">The prompt's number.</param>
/// <param name="Text">The text behind the prompt, without special tokens, and without the stop string that ended it.</param>
/// <param name="Tokens">Its tokens, an end token among them where one was chosen.</param>
/// <param name="Finish">Why it ended.</param>
/// <param name="Score">With beams its score; else null.</param>
public sealed record GeneratedText(int Prompt, string Text, IReadOnlyList<int> Tokens, FinishReason Finish, double? Score = null);
