namespace Graft.Text;

/// <summary>A context and texts, one of which goes on with it or answers a question about it.</summary>
/// <param name="Context">What is read first.</param>
/// <param name="Choices">The texts to choose from, two or more.</param>
/// <param name="Answer">Which of them is right, from 0; null where it is not known.</param>
/// <param name="Question">What stands before each choice: a question, or the beginning of a sentence; empty for nothing.</param>
/// <param name="Line">The line, from 1, where it begins in its file; null where it is of none.</param>
public sealed record ChoiceExample(string Context, IReadOnlyList<string> Choices, int? Answer = null, string Question = "", long? Line = null);
