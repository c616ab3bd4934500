namespace Graft.Tensors;

/// <summary>What attention does besides its operands: the factor on the scores, whether a query sees only keys up to its own
/// place (the last query sees the last key), and which probabilities are dropped.</summary>
/// <remarks>The probability of query t, key s of head h of sequence b is number t of mask row (b * heads + h) * keys + s; rows start
/// at blocks of 64.</remarks>
public readonly record struct AttentionSettings(float Scale, bool IsCausal, DropoutMask Dropout);
