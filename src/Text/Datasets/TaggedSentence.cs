namespace Graft.Text;

/// <summary>The words of a sentence, each with its tag.</summary>
/// <param name="Words">The words, in order.</param>
/// <param name="Tags">A tag each: <c>B-PER</c>, <c>O</c> ...</param>
/// <param name="Line">The line, from 1, of the first word in its file; null where it is of none.</param>
public sealed record TaggedSentence(IReadOnlyList<string> Words, IReadOnlyList<string> Tags, long? Line = null);
