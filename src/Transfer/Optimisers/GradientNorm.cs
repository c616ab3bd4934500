using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>The norm of all gradients together, as in PyTorch's <c>clip_grad_norm_</c>.</summary>
internal static class GradientNorm
{
    private const double Epsilon = 1e-6;

    /// <summary>What gradients are multiplied by so that their norm is at most <paramref name="largest"/>.</summary>
    /// <exception cref="NonFiniteException">The norm is infinite or NaN.</exception>
    public static float ClipFactor(List<Movement> moves, double largest)
    {
        if (moves.Count == 0) return 1f;
        var device = moves[0].Gradient.Device;
        // one read for all parameters: on a GPU each would synchronise with the queue
        using var squares = device.Rent<float>([moves.Count]);
        for (int i = 0; i < moves.Count; i++)
        {
            device.Reduce<SumOfSquares>(moves[i].Gradient, squares.View([], default, offset: i));
        }
        double norm = Math.Sqrt(squares.ToArray().Sum(square => (double)square));
        if (!double.IsFinite(norm)) throw new NonFiniteException("the gradients' norm", norm);
        return (float)Math.Min(1, largest / (norm + Epsilon));
    }
}
