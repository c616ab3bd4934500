using Graft.Tensors;

namespace Graft.Samples.OwnNetwork;

/// <summary>An op of one's own: y = x / (1 + e^(-b x)) (Ramachandran et al. 2017). Written once, it runs on every lane width of the CPU,
/// on the GPU, and behind convolutions and norms, with its gradient.</summary>
/// <param name="steepness">b.</param>
internal readonly struct Swish(float steepness) : IUnaryOp
{
    /// <summary>The derivative reads the input and the output, so both are kept until backward.</summary>
    public static Saves Saves => Saves.Input | Saves.Output;

    public S Forward<S>(S x) where S : unmanaged, ILane<S> => x * Gate(x);

    public S Derivative<S>(S x, S y) where S : unmanaged, ILane<S>
    {
        var gate = Gate(x);
        return gate + S.Splat(steepness) * y * (S.Splat(1) - gate);
    }

    private S Gate<S>(S x) where S : unmanaged, ILane<S> => S.Splat(1) / (S.Splat(1) + S.Exp(S.Splat(-steepness) * x));
}
