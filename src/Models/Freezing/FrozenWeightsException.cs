namespace Graft.Models;

/// <summary>What is frozen changed while a model was trained.</summary>
public sealed class FrozenWeightsException : InvalidOperationException
{
    internal FrozenWeightsException(string tensor, string model, string when)
        : base($"'{tensor}' of {model} is frozen and changed {when}: something wrote to it beside the optimiser; unfreeze it first, or write to a copy") => Tensor = tensor;

    /// <summary>The key of the first tensor that changed, in the order of the checkpoint.</summary>
    public string Tensor { get; }
}
