using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>What convolutions over planes and over sequences share: <c>weight</c> [O, C / groups, kernel...], <c>bias</c> [O].</summary>
public abstract class Convolution : AdaptableLayer
{
    private protected Convolution(
        string operation, int inputChannels, int outputChannels, ReadOnlySpan<int> kernel, Conv2dGeometry geometry, bool hasBias, Initialiser? initialiser,
        Initialiser? biasInitialiser = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inputChannels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outputChannels);
        int groups = geometry.Groups, fanIn = inputChannels / Math.Max(1, groups);
        foreach (int length in kernel)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length, nameof(kernel));
            fanIn *= length;
        }
        if (groups < 1 || inputChannels % groups != 0 || outputChannels % groups != 0)
            throw new ArgumentException($"{operation}: {inputChannels} and {outputChannels} channels do not fall into {groups} groups of equal size");
        Geometry = geometry;
        Weight = AddParameter("weight", [outputChannels, inputChannels / groups, .. kernel], initialiser ?? Initialiser.UniformByFanIn(fanIn));
        if (hasBias) Bias = AddParameter("bias", [outputChannels], biasInitialiser ?? Initialiser.UniformByFanIn(fanIn));
    }

    /// <summary>[O, C / groups, kernel...].</summary>
    public Parameter Weight { get; }

    /// <summary>[O]; null where there is none.</summary>
    public Parameter? Bias { get; }

    /// <summary>How the window moves over a plane.</summary>
    public Conv2dGeometry Geometry { get; }

    private protected Variable? BiasIn(Pass pass) => Bias is null ? null : pass.Of(Bias);
}
