namespace Graft.Text;

/// <summary>A text and what is to be made of it: its translation, its summary.</summary>
/// <param name="Source">The text.</param>
/// <param name="Target">What is to be made of it.</param>
/// <param name="Line">The line, from 1, where it begins in its file; null where it is of none.</param>
public readonly record struct ParallelExample(string Source, string Target, long? Line = null);
