namespace Graft.Tasks;

/// <summary>The tokens of a text and of what is to be made of it, with the special ones that each begins or ends with.</summary>
/// <param name="Source">What the encoder reads, one token or more.</param>
/// <param name="Target">What the decoder is to write, one token or more; the token in front of it is the model's own.</param>
public sealed record SequencePair(int[] Source, int[] Target);
