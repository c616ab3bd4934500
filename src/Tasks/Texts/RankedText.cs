namespace Graft.Tasks;

/// <summary>A document at its place in a ranking.</summary>
/// <param name="Index">Its place among the documents that were given, from 0.</param>
/// <param name="Score">How relevant it is to the query: from 0 to 1, or a logit where the model's folder says so.</param>
/// <param name="Text">The document.</param>
public sealed record RankedText(int Index, double Score, string Text);
