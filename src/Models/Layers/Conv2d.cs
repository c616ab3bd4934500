using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A convolution over [N, C, H, W] (PyTorch's <c>Conv2d</c>): <c>weight</c> [O, C / groups, KH, KW], <c>bias</c> [O].</summary>
public sealed class Conv2d : AdaptableLayer
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
    /// <exception cref="ArgumentException">The channels do not fall into the groups.</exception>
    public Conv2d(
        int inputChannels, int outputChannels, int kernel, int stride = 1, int padding = 0, int dilation = 1, int groups = 1,
        bool hasBias = true, Initialiser? initialiser = null)
        : this(inputChannels, outputChannels, (kernel, kernel), Conv2dGeometry.Square(stride, padding, dilation, groups), hasBias, initialiser)
    {
    }

    /// <summary>Makes a convolution of any window and padding.</summary>
    /// <param name="inputChannels">C.</param>
    /// <param name="outputChannels">O.</param>
    /// <param name="kernel">KH and KW.</param>
    /// <param name="geometry">How the window moves; the padding may differ from side to side, as ONNX has it.</param>
    /// <param name="hasBias">Whether there is a bias.</param>
    /// <param name="initialiser">The weight's initial values; null for PyTorch's.</param>
    /// <exception cref="ArgumentException">The channels do not fall into the groups.</exception>
    public Conv2d(
        int inputChannels, int outputChannels, (int Height, int Width) kernel, Conv2dGeometry geometry, bool hasBias = true, Initialiser? initialiser = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputChannels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputChannels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(kernel.Height, nameof(kernel));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(kernel.Width, nameof(kernel));
        int groups = geometry.Groups;
        if (groups < 1 || inputChannels % groups != 0 || outputChannels % groups != 0)
            throw new ArgumentException($"conv2d: {inputChannels} and {outputChannels} channels do not fall into {groups} groups of equal size");
        Geometry = geometry;
        int fanIn = inputChannels / groups * kernel.Height * kernel.Width;
        Weight = AddParameter(
            "weight", [outputChannels, inputChannels / groups, kernel.Height, kernel.Width], initialiser ?? Initialiser.UniformByFanIn(fanIn));
        if (hasBias) Bias = AddParameter("bias", [outputChannels], Initialiser.UniformByFanIn(fanIn));
    }

    /// <summary>[O, C / groups, KH, KW].</summary>
    public Parameter Weight { get; }

    /// <summary>[O]; null where there is none.</summary>
    public Parameter? Bias { get; }

    /// <summary>How the window moves.</summary>
    public Conv2dGeometry Geometry { get; }

    /// <inheritdoc/>
    protected override Variable ComputeOwn(Variable x) =>
        x.Conv2d(x.Pass.Of(Weight), Bias is null ? null : x.Pass.Of(Bias), Geometry);
}
