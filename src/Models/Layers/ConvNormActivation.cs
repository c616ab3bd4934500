using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>f(norm(convolution(x)) + residual) (torchvision's <c>Conv2dNormActivation</c>, with the residual that blocks add before the
/// last activation). In inference with running statistics the norm is folded into the convolution's epilogue, one sweep over the output,
/// else two.</summary>
public sealed class ConvNormActivation : Layer
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

    /// <summary>A square convolution that keeps the size but for its stride, without a bias, as residual networks and MobileNets start with it: of
    /// Kaiming's normal values by <c>fan_out</c>.</summary>
    internal static ConvNormActivation Same(
        int inputs, int outputs, int kernel, int stride = 1, int groups = 1, Activation? activation = null, float epsilon = 1e-5f, float momentum = 0.1f,
        (string Convolution, string Norm)? keys = null) => new(
            new Conv2d(inputs, outputs, kernel, stride, kernel / 2, groups: groups, hasBias: false, initialiser: Initialiser.KaimingNormal(fanOut: true)),
            new BatchNorm2d(outputs, epsilon, momentum), activation, keys);

    /// <summary>The output with a residual.</summary>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="residual">Of the output's shape; null for none.</param>
    /// <exception cref="ShapeException">The inputs do not fit; the message names the module.</exception>
    public Variable Forward(Variable x, Variable? residual) =>
        LayerScope.Run(this, x, (Layer: this, residual), static (input, given) => given.Layer.Compute(input, given.residual));

    /// <inheritdoc/>
    protected override Variable Compute(Variable x) => Compute(x, residual: null);

    private Variable Compute(Variable x, Variable? residual)
    {
        var pass = x.Pass;
        bool isPlain = convolution.Adapter is null && norm.Probe is null && !norm.UsesBatch(pass);
        bool isWanted = x.NeedsGradient || residual is { NeedsGradient: true } || pass.Of(convolution.Weight).NeedsGradient
            || (convolution.Bias is { } bias && pass.Of(bias).NeedsGradient) || norm.NeedsGradient(pass);
        if (isWanted || !isPlain) return norm.Forward(convolution.Forward(x), activation, residual);
        return LayerScope.Run(convolution, x, (Both: this, residual), static (input, given) => given.Both.Scaled(input, given.residual));
    }

    private Variable Scaled(Variable x, Variable? residual)
    {
        var pass = x.Pass;
        var (shift, scale) = norm.ShiftAndScale(pass);
        if (convolution.Bias is { } bias)
        {
            var scaled = pass.Rent(scale.Shape);
            pass.Device.Zip(default(Multiply), scale, pass.Of(bias).Value, scaled);
            pass.Device.Zip(default(Add), shift, scaled, shift);
        }
        return x.ScaledConv2d(pass.Of(convolution.Weight), shift, scale, convolution.Geometry, activation, residual);
    }
}
