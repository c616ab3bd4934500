using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A convolution over sequences [N, C, T] (PyTorch's <c>Conv1d</c>): <c>weight</c> [O, C / groups, K], <c>bias</c> [O]. It is a
/// convolution over planes one pixel high.</summary>
public sealed class Conv1d : Convolution
{
    /// <summary>Makes a convolution.</summary>
    /// <param name="inputChannels">C.</param>
    /// <param name="outputChannels">O.</param>
    /// <param name="kernel">K, the window's length.</param>
    /// <param name="stride">Steps between two windows.</param>
    /// <param name="padding">Zeros before and after.</param>
    /// <param name="dilation">Steps between two elements of the kernel.</param>
    /// <param name="groups">Into how many independent groups the channels fall.</param>
    /// <param name="hasBias">Whether there is a bias.</param>
    /// <param name="initialiser">The weight's initial values; null for PyTorch's.</param>
    /// <exception cref="ArgumentException">The channels do not fall into the groups.</exception>
    public Conv1d(
        int inputChannels, int outputChannels, int kernel, int stride = 1, int padding = 0, int dilation = 1, int groups = 1,
        bool hasBias = true, Initialiser? initialiser = null)
        : base(
            "conv1d", inputChannels, outputChannels, [kernel], new Conv2dGeometry(1, stride, 0, padding, 0, padding, 1, dilation, groups), hasBias, initialiser)
    {
    }

    /// <inheritdoc/>
    protected override Variable ComputeOwn(Variable x)
    {
        if (x.Shape.Rank != 3) ShapeException.Throw("conv1d", $"input {x.Shape}", "the input has to be [N, C, T]");
        return x.Unsqueeze(2).Conv2d(x.Pass.Of(Weight).Unsqueeze(2), BiasIn(x.Pass), Geometry).Squeeze(2);
    }
}
