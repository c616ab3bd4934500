using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>f(norm(convolution(x)) + residual) (torchvision's <c>Conv2dNormActivation</c>, with the residual that blocks add before the
/// last activation). In inference with running statistics the norm is folded into the convolution's epilogue, one sweep over the output,
/// else two.</summary>
public sealed class ConvNormActivation : Layer<Variable?>
{
    private readonly Conv2d convolution;
    private readonly BatchNorm2d norm;
    private readonly Activation activation;

    /// <summary>Joins a convolution, its norm and what follows them.</summary>
    /// <param name="convolution">The convolution.</param>
    /// <param name="norm">The norm behind it.</param>
    /// <param name="activation">What follows; null for nothing.</param>
    /// <param name="keys">The keys of convolution and norm; null for 0 and 1, as in PyTorch's <c>Sequential</c>.</param>
    public ConvNormActivation(Conv2d convolution, BatchNorm2d norm, Activation? activation, (string Convolution, string Norm)? keys = null)
    {
        var (outer, inner) = keys ?? ("0", "1");
        this.convolution = Add(outer, convolution);
        this.norm = Add(inner, norm);
        this.activation = activation ?? Activation.Identity;
    }

    /// <summary>The output without a residual.</summary>
    /// <exception cref="ShapeException">The input does not fit; the message names the module.</exception>
    public Variable Forward(Variable x) => Forward(x, null);

    /// <inheritdoc/>
    protected override Variable Compute(Variable x, Variable? residual)
    {
        var pass = x.Pass;
        bool isPlain = convolution.Bias is null && convolution.Adapter is null && norm.Probe is null && !norm.UsesBatch(pass);
        bool isWanted = x.NeedsGradient || residual is { NeedsGradient: true } || pass.Of(convolution.Weight).NeedsGradient || norm.NeedsGradient(pass);
        if (isWanted || !isPlain) return norm.Forward(convolution.Forward(x), activation, residual);
        return LayerScope.Run(convolution, x, (Both: this, residual), static (input, given) => given.Both.Scaled(input, given.residual));
    }

    private Variable Scaled(Variable x, Variable? residual)
    {
        var (shift, scale) = norm.ShiftAndScale(x.Pass);
        return x.ScaledConv2d(x.Pass.Of(convolution.Weight), shift, scale, convolution.Geometry, activation, residual);
    }
}
