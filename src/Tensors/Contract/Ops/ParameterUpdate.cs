namespace Graft.Tensors;

/// <summary>An optimiser's step over one parameter, as <see cref="Device.Update{TRule}(ReadOnlySpan{ParameterUpdate{TRule}})"/> makes several.</summary>
/// <param name="Rule">The step on each weight.</param>
/// <param name="Weight">The weights, dense.</param>
/// <param name="Gradient">Their gradients, of the weights' strides.</param>
/// <param name="First">What the rule remembers first, of the weights' strides; null where it remembers nothing.</param>
/// <param name="Second">What it remembers second; null where it remembers one number at most.</param>
public readonly record struct ParameterUpdate<TRule>(TRule Rule, Tensor<float> Weight, Tensor<float> Gradient, Tensor<float>? First, Tensor<float>? Second)
    where TRule : unmanaged, IUpdateRule;
