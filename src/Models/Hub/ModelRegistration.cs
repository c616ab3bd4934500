namespace Graft.Models;

/// <summary>One row of <see cref="ModelRegistry"/>: how an architecture is made, and what is known of its published weights.</summary>
/// <param name="Pretrained">What is known of the weights; for an architecture without any, how its pictures are to be prepared.</param>
/// <param name="Create">Makes the model of a name with that many classes, with initial values from a seed.</param>
public sealed record ModelRegistration(PretrainedInfo Pretrained, Func<string, int, ulong, ImageModel> Create);
