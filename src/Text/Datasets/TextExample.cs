namespace Graft.Text;

/// <summary>A text, or a pair of them, to be judged.</summary>
/// <param name="Text">The text.</param>
/// <param name="Pair">The second text of a pair; null for a single text.</param>
/// <param name="Line">The line, from 1, where it begins in its file; null where it is of none.</param>
public readonly record struct TextExample(string Text, string? Pair = null, long? Line = null);
