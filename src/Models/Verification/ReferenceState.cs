namespace Graft.Models;

/// <summary>A state that a model can be in, of which a reference has outputs: with adapters merged, or without them.</summary>
/// <param name="Name">What the reference calls it.</param>
/// <param name="Enter">Brings the model into it.</param>
public sealed record ReferenceState(string Name, Action Enter);
