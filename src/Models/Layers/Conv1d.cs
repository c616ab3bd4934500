using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A convolution over sequences [N, C, T] (PyTorch's <c>Conv1d</c>): <c>weight</c> [O, C / groups, K], <c>bias</c> [O]. It is a
/// convolution over planes one pixel high.</summary>
public sealed class Conv1d : AdaptableLayer
{
    private readonly Conv2dGeometry geometry;

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
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputChannels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputChannels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(kernel);
        if (groups < 1 || inputChannels % groups != 0 || outputChannels % groups != 0)
            throw new ArgumentException($"conv1d: {inputChannels} and {outputChannels} channels do not fall into {groups} groups of equal size");
        geometry = new Conv2dGeometry(1, stride, 0, padding, 0, padding, 1, dilation, groups);
        int fanIn = inputChannels / groups * kernel;
        Weight = AddParameter("weight", [outputChannels, inputChannels / groups, kernel], initialiser ?? Initialiser.UniformByFanIn(fanIn));
        if (hasBias) Bias = AddParameter("bias", [outputChannels], Initialiser.UniformByFanIn(fanIn));
    }

    /// <summary>[O, C / groups, K].</summary>
    public Parameter Weight { get; }

    /// <summary>[O]; null where there is none.</summary>
    public Parameter? Bias { get; }

    /// <inheritdoc/>
    protected override Variable ComputeOwn(Variable x)
    {
        if (x.Shape.Rank != 3) ShapeException.Throw("conv1d", $"input {x.Shape}", "the input has to be [N, C, T]");
        var y = x.Unsqueeze(2).Conv2d(x.Pass.Of(Weight).Unsqueeze(2), Bias is null ? null : x.Pass.Of(Bias), geometry);
        return y.Squeeze(2);
    }
}
