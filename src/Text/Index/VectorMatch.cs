namespace Graft.Text;

/// <summary>A vector that was found.</summary>
/// <param name="Key">What it was added under.</param>
/// <param name="Index">Its place in the index, from 0.</param>
/// <param name="Score">How near it is, computed in double precision.</param>
public readonly record struct VectorMatch(string Key, int Index, double Score);
