using Graft.Autograd;

namespace Graft.Models;

/// <summary>f(convolution(x)) under the convolution's own keys: one sweep where no gradient is needed.</summary>
internal sealed class ConvActivation : Layer
{
    private readonly Conv2d convolution;
    private readonly Activation activation;

    public ConvActivation(Conv2d convolution, Activation activation)
    {
        this.convolution = Add("", convolution);
        this.activation = activation;
    }

    protected override Variable Compute(Variable x) => convolution.Forward(x, activation);
}
