namespace Graft.Text;

/// <summary>A question about a context.</summary>
/// <param name="Id">Its name among the questions of a file.</param>
/// <param name="Question">The question.</param>
/// <param name="Context">The text that is to be read.</param>
/// <param name="Answers">The right answers, each as good as the other; none where nobody said or the context does not answer.</param>
/// <param name="IsImpossible">Whether the context does not answer the question.</param>
/// <param name="Title">The article that the context is of; null for none.</param>
public sealed record QuestionExample(
    string Id, string Question, string Context, IReadOnlyList<AnswerSpan> Answers, bool IsImpossible = false, string? Title = null);
