using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>y = x weight^T + bias over the last axis (PyTorch's <c>Linear</c>): <c>weight</c> [O, K], <c>bias</c> [O].</summary>
public sealed class Linear : AdaptableLayer
{
    private static readonly int[] Swapped = [1, 0];

    /// <summary>Makes a linear layer.</summary>
    /// <param name="inputs">K.</param>
    /// <param name="outputs">O.</param>
    /// <param name="hasBias">Whether there is a bias.</param>
    /// <param name="initialiser">The weight's initial values; null for PyTorch's.</param>
    /// <param name="biasInitialiser">The bias's initial values; null for PyTorch's.</param>
    /// <param name="isTransposed">Whether the weight is kept as [K, O], as GPT-2's checkpoints have it (Hugging Face's <c>Conv1D</c>,
    /// PEFT's <c>fan_in_fan_out</c>).</param>
    public Linear(
        int inputs, int outputs, bool hasBias = true, Initialiser? initialiser = null, Initialiser? biasInitialiser = null, bool isTransposed = false)
        : this(("weight", "bias"), inputs, outputs, hasBias, initialiser, biasInitialiser, isTransposed)
    {
    }

    /// <summary>Makes a linear layer whose parameters have other keys.</summary>
    internal Linear(
        (string Weight, string Bias) keys, int inputs, int outputs, bool hasBias = true, Initialiser? initialiser = null, Initialiser? biasInitialiser = null,
        bool isTransposed = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputs);
        (Inputs, Outputs, IsTransposed) = (inputs, outputs, isTransposed);
        Weight = AddParameter(keys.Weight, isTransposed ? [inputs, outputs] : [outputs, inputs], initialiser ?? Initialiser.UniformByFanIn(inputs));
        if (hasBias) Bias = AddParameter(keys.Bias, [outputs], biasInitialiser ?? Initialiser.UniformByFanIn(inputs));
    }

    /// <summary>K.</summary>
    public int Inputs { get; }

    /// <summary>O.</summary>
    public int Outputs { get; }

    /// <summary>Whether the weight is kept as [K, O] (PEFT's <c>fan_in_fan_out</c>).</summary>
    public bool IsTransposed { get; }

    /// <summary>[O, K], or [K, O] where it is kept transposed.</summary>
    public Parameter Weight { get; }

    /// <summary>[O]; null where there is none.</summary>
    public Parameter? Bias { get; }

    /// <summary>The layer's output through an activation: fused into one sweep where no gradient is needed.</summary>
    /// <param name="x">[..., K].</param>
    /// <param name="activation">What follows.</param>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable Forward(Variable x, Activation activation)
    {
        ArgumentNullException.ThrowIfNull(activation);
        return LayerScope.Run(this, x, (Layer: this, activation), static (input, given) => given.Layer.Adapter is null
            ? input.Linear(given.Layer.WeightIn(input.Pass), given.Layer.BiasIn(input.Pass), given.activation)
            : given.activation.Apply(given.Layer.Compute(input)));
    }

    /// <summary>The layer's output and a residual: fused into one sweep where no gradient is needed.</summary>
    /// <param name="x">[..., K].</param>
    /// <param name="residual">[..., O].</param>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable Forward(Variable x, Variable residual)
    {
        ArgumentNullException.ThrowIfNull(residual);
        return LayerScope.Run(this, x, (Layer: this, residual), static (input, given) => given.Layer.Adapter is null
            ? input.Linear(given.Layer.WeightIn(input.Pass), given.Layer.BiasIn(input.Pass), given.residual)
            : given.Layer.Compute(input) + given.residual);
    }

    /// <inheritdoc/>
    protected override Variable ComputeOwn(Variable x) => x.Linear(WeightIn(x.Pass), BiasIn(x.Pass));

    private Variable WeightIn(Pass pass) => IsTransposed ? pass.Of(Weight).Permute(Swapped) : pass.Of(Weight);

    private Variable? BiasIn(Pass pass) => Bias is null ? null : pass.Of(Bias);
}
