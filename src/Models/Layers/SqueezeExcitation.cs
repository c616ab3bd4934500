using Graft.Autograd;

namespace Graft.Models;

/// <summary>Each channel times a factor that follows from the means of all channels: x * gate(fc2(f(fc1(mean(x))))) over [N, C, H, W] (Hu et al.
/// 2018; torchvision's <c>SqueezeExcitation</c>). <c>fc1</c> and <c>fc2</c> are convolutions over one pixel.</summary>
public sealed class SqueezeExcitation : Layer
{
    private static readonly int[] Plane = [2, 3];

    private readonly Conv2d first;
    private readonly Conv2d second;
    private readonly Activation activation;
    private readonly Activation gate;

    /// <summary>Makes the two convolutions.</summary>
    /// <param name="channels">C.</param>
    /// <param name="squeezeChannels">The channels between the two.</param>
    /// <param name="activation">What follows the first; null for ReLU.</param>
    /// <param name="gate">What follows the second (<c>scale_activation</c>); null for the logistic function.</param>
    /// <param name="initialiser">The weights' initial values; null for PyTorch's.</param>
    /// <param name="biasInitialiser">The biases' initial values; null for PyTorch's.</param>
    public SqueezeExcitation(
        int channels, int squeezeChannels, Activation? activation = null, Activation? gate = null, Initialiser? initialiser = null,
        Initialiser? biasInitialiser = null)
    {
        first = Add("fc1", new Conv2d(channels, squeezeChannels, 1, initialiser: initialiser, biasInitialiser: biasInitialiser));
        second = Add("fc2", new Conv2d(squeezeChannels, channels, 1, initialiser: initialiser, biasInitialiser: biasInitialiser));
        this.activation = activation ?? Activation.Relu;
        this.gate = gate ?? Activation.Sigmoid;
    }

    /// <inheritdoc/>
    protected override Variable Compute(Variable x) =>
        x * second.Forward(first.Forward(x.Mean(Plane, keepAxes: true), activation), gate);
}
