using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>The activation that a config names (<c>hidden_act</c>).</summary>
internal enum Activation
{
    Gelu,
    GeluTanh,
    Relu,
    Silu,
    Tanh,
}

internal static class ActivationExtensions
{
    public static Variable Activate(this Variable x, Activation activation) => activation switch
    {
        Activation.Gelu => x.Gelu(),
        Activation.GeluTanh => x.Map(default(GeluTanh)),
        Activation.Relu => x.Relu(),
        Activation.Silu => x.Map(default(Silu)),
        Activation.Tanh => x.Tanh(),
        _ => throw new ArgumentOutOfRangeException(nameof(activation)),
    };
}
