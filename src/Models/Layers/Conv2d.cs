using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>A convolution over [N, C, H, W] (PyTorch's <c>Conv2d</c>): <c>weight</c> [O, C / groups, KH, KW], <c>bias</c> [O].</summary>
internal sealed class Conv2d : Layer
{
    private readonly Conv2dGeometry geometry;
    private readonly ModuleParameter weight;
    private readonly ModuleParameter? bias;

    public Conv2d(
        int inputChannels, int outputChannels, int kernel, int stride = 1, int padding = 0, int dilation = 1, int groups = 1,
        bool hasBias = true, Initialiser? initialiser = null)
    {
        geometry = Conv2dGeometry.Square(stride, padding, dilation, groups);
        int fanIn = inputChannels / groups * kernel * kernel;
        weight = Add("weight", [outputChannels, inputChannels / groups, kernel, kernel], initialiser ?? Initialiser.UniformByFanIn(fanIn));
        if (hasBias) bias = Add("bias", [outputChannels], Initialiser.UniformByFanIn(fanIn));
    }

    /// <summary>f(norm(this(x)) + residual), f a ReLU or nothing: two sweeps, and one where the norm's statistics are stored ones and no
    /// gradient is wanted.</summary>
    public Variable Forward(Variable x, BatchNorm2d norm, bool relu, Variable? residual = null)
    {
        var pass = x.Pass;
        bool wanted = x.NeedsGradient || residual is { NeedsGradient: true } || pass.Of(weight).NeedsGradient || norm.NeedsGradient(pass);
        if (wanted || bias is not null || norm.UsesBatch(pass)) return norm.Forward(Forward(x), relu, residual);
        return Scoped(x, (Layer: this, norm, relu, residual), static (input, given) => given.Layer.Scaled(input, given.norm, given.relu, given.residual));
    }

    private Variable Scaled(Variable x, BatchNorm2d norm, bool relu, Variable? residual) =>
        Conv2dFunction.Scaled(x, x.Pass.Of(weight), norm.ShiftAndScale(x.Pass), residual, relu, geometry);

    private protected override Variable Compute(Variable x) =>
        Conv2dFunction.Apply(x, x.Pass.Of(weight), bias is null ? null : x.Pass.Of(bias), geometry);
}
