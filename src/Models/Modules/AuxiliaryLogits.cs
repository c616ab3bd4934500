using Graft.Autograd;

namespace Graft.Models;

/// <summary>What an auxiliary head makes of images in training.</summary>
/// <param name="Logits">[N, classes].</param>
/// <param name="LossWeight">The weight of its loss in the whole.</param>
public sealed record AuxiliaryLogits(Variable Logits, float LossWeight);
