namespace Graft.Tensors;

/// <summary>How rotary position embeddings read rows.</summary>
/// <param name="Heads">H, how many heads lie side by side in a row.</param>
/// <param name="Tokens">T: where no positions are given, row r is at position r modulo T.</param>
/// <param name="IsInverse">Whether angles are turned back, as backward does.</param>
public readonly record struct RotarySettings(int Heads, int Tokens, bool IsInverse = false);
