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
