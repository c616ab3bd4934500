using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A convolution over [N, C, H, W] (PyTorch's <c>Conv2d</c>): <c>weight</c> [O, C / groups, KH, KW], <c>bias</c> [O].</summary>
public sealed class Conv2d : Convolution
{
    /// <summary>Makes a convolution with the same window, stride, padding and dilation in both directions.</summary>
    /// <param name="inputChannels">C.</param>
    /// <param name="outputChannels">O.</param>
    /// <param name="kernel">The window's side in pixels.</param>
    /// <param name="stride">Pixels between two windows.</param>
    /// <param name="padding">Pixels of zeros on each side.</param>
    /// <param name="dilation">Pixels between two elements of the kernel.</param>
    /// <param name="groups">Into how many independent groups the channels fall.</param>
    /// <param name="hasBias">Whether there is a bias.</param>
    /// <param name="initialiser">The weight's initial values; null for PyTorch's.</param>
    /// <param name="biasInitialiser">The bias's initial values; null for PyTorch's.</param>
    /// <exception cref="ArgumentException">The channels do not fall into the groups.</exception>
    public Conv2d(
        int inputChannels, int outputChannels, int kernel, int stride = 1, int padding = 0, int dilation = 1, int groups = 1,
        bool hasBias = true, Initialiser? initialiser = null, Initialiser? biasInitialiser = null)
        : this(inputChannels, outputChannels, (kernel, kernel), Conv2dGeometry.Square(stride, padding, dilation, groups), hasBias, initialiser, biasInitialiser)
    {
    }

    /// <summary>Makes a convolution of any window and padding.</summary>
    /// <param name="inputChannels">C.</param>
    /// <param name="outputChannels">O.</param>
    /// <param name="kernel">KH and KW.</param>
    /// <param name="geometry">How the window moves; the padding may differ from side to side, as ONNX has it.</param>
    /// <param name="hasBias">Whether there is a bias.</param>
    /// <param name="initialiser">The weight's initial values; null for PyTorch's.</param>
    /// <param name="biasInitialiser">The bias's initial values; null for PyTorch's.</param>
    /// <exception cref="ArgumentException">The channels do not fall into the groups.</exception>
    public Conv2d(
        int inputChannels, int outputChannels, (int Height, int Width) kernel, Conv2dGeometry geometry, bool hasBias = true, Initialiser? initialiser = null,
        Initialiser? biasInitialiser = null)
        : base("conv2d", inputChannels, outputChannels, [kernel.Height, kernel.Width], geometry, hasBias, initialiser, biasInitialiser)
    {
    }

    /// <summary>The layer's output through an activation: fused into one sweep where no gradient is needed.</summary>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="activation">What follows.</param>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable Forward(Variable x, Activation activation)
    {
        ArgumentNullException.ThrowIfNull(activation);
        return LayerScope.Run(this, x, (Layer: this, activation), static (input, given) => given.Layer.Adapter is null
            ? input.Conv2d(input.Pass.Of(given.Layer.Weight), given.Layer.BiasIn(input.Pass), given.Layer.Geometry, given.activation)
            : given.activation.Apply(given.Layer.Compute(input)));
    }

    /// <inheritdoc/>
    protected override Variable ComputeOwn(Variable x) => x.Conv2d(x.Pass.Of(Weight), BiasIn(x.Pass), Geometry);
}
